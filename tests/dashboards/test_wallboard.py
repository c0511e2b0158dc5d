"""Tests what the wallboard shows (S1), in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.dashboards.standin import Standin, agent, call, instant, offer

pytestmark = pytest.mark.browser


async def before_the_wall(page: Page, service: Standin) -> None:
    await page.goto(f"{service.url}/wallboard")
    await expect(page.locator("#live")).to_have_text("实时")


async def test_S1_waiting_and_the_longest_wait_are_counted_up(page: Page, service: Standin) -> None:
    service.floor["queues"] = [
        {"code": "orders", "waiting": 2, "longest_since": instant(58.5), "agents_free": 0},
        {"code": "vip", "waiting": 0, "longest_since": None, "agents_free": 1},
    ]
    await before_the_wall(page, service)
    await expect(page.locator("#waiting .number")).to_have_text("2")
    await expect(page.locator("#longest .mark")).to_contain_text("偏长")
    await expect(page.locator("#longest .number")).to_have_text("1:00")
    # A threshold is shown by icon and word, never by colour alone.
    await expect(page.locator("#longest .mark")).to_contain_text("超时")
    assert await page.locator("#longest .mark use").get_attribute("href") == "/static/icons.svg#alert"
    await expect(page.locator("#queues tbody tr")).to_have_count(2)


async def test_S1_agents_are_grouped_by_state_with_icon_and_word(page: Page, service: Standin) -> None:
    service.floor["agents"] = [
        agent("1003", "陈静", "paused", reason="meal"),
        agent("1002", "王强", "on_call", ago=125),
        agent("1001", "李娜", "ringing"),
        agent("1004", "赵敏", reachable=False),
    ]
    service.floor["duty"] = {"orders": ["1001", "1002", "1003", "1004"]}
    await before_the_wall(page, service)
    people = page.locator("#agents .person")
    await expect(people).to_have_count(4)
    assert [text.split()[0] for text in await people.locator(".name").all_text_contents()] == [
        "李娜",
        "王强",
        "陈静",
        "赵敏",
    ]
    await expect(people.nth(1)).to_contain_text("通话中")
    await expect(people.nth(1).locator("time")).to_contain_text("2:")
    await expect(people.nth(3)).to_contain_text("话机离线")
    assert await page.locator("#agents .person .pill .icon").count() == 4


async def test_S1_a_ring_past_the_third_is_marked_while_it_rings(page: Page, service: Standin) -> None:
    await before_the_wall(page, service)
    await service.publish("call", call("c1", name="<img src=x onerror=alert(1)>", offers=[offer(ringing_ago=12)]))
    await expect(page.locator("#calls")).to_contain_text("振铃 · 超时")
    await expect(page.locator("#calls")).to_contain_text("<img src=x")
    await expect(page.locator("#late .mark")).to_contain_text("此刻 1")
    assert await page.locator("#calls img").count() == 0
    flag = {"id": 1, "clause": "R1", "policy_version": "2026-11", "raised_at": instant(), "call": "c1", "agent": "1001"}
    await service.publish("flag", {**flag, "facts": {}, "state": "raised"})
    await expect(page.locator("#late .number")).to_have_text("1")
    await expect(page.locator("#flags")).to_contain_text("李娜")
    stale = {"connected": False, "state": "stale", "rings_watched": False, "since": instant()}
    await service.publish("link", stale)
    await expect(page.locator("#late .mark")).to_contain_text("此刻 0")
    await service.publish("flag", {**flag, "facts": {}, "state": "annulled", "by": "system", "reason": "x"})
    await expect(page.locator("#late .number")).to_have_text("0")


async def test_S1_the_days_figures_are_those_of_the_records(page: Page, service: Standin) -> None:
    service.today = {"answered": 2, "abandoned": 0, "level": 0.5, "late_rings": 3}
    await before_the_wall(page, service)
    await expect(page.locator("#answered .number")).to_have_text("2")
    await expect(page.locator("#level .number")).to_have_text("50%")
    # More late rings than the feed keeps are counted all the same.
    await expect(page.locator("#late .number")).to_have_text("3")
    service.today = {"answered": 2, "abandoned": 1, "level": 1 / 3, "late_rings": 3}
    await service.publish("call", call("c1", outcome="abandoned", ended_at=instant()))
    await expect(page.locator("#abandoned .number")).to_have_text("1")
    await expect(page.locator("#level .number")).to_have_text("33%")


async def test_R1_a_late_call_is_shown_and_counted_once(page: Page, service: Standin) -> None:
    service.floor["agents"] = [agent("1001", "李娜"), agent("1002", "王强")]
    await before_the_wall(page, service)
    flag = {"clause": "R1", "policy_version": "2026-11", "raised_at": instant(), "facts": {}, "state": "raised"}
    await service.publish("flag", {**flag, "id": "R1:c1:caller", "call": "c1", "agent": None})
    await service.publish("flag", {**flag, "id": "R1:c1:leg1", "call": "c1", "agent": "1001"})
    await service.publish("flag", {**flag, "id": "R1:c1:leg2", "call": "c1", "agent": "1002"})
    await expect(page.locator("#flags li strong")).to_have_text(["李娜 · 王强"])
    await expect(page.locator("#late .number")).to_have_text("1")


async def test_S1_people_off_duty_are_separate_and_grey(page: Page, service: Standin) -> None:
    service.floor["agents"] = [agent("1001", "李娜"), agent("1002", "王强"), agent("1003", "陈静", "on_call")]
    service.floor["duty"] = {"orders": ["1001"]}
    await before_the_wall(page, service)
    await expect(page.locator("#agents .name")).to_have_text(["李娜"])
    await expect(page.locator("#off-duty .name")).to_have_text(["陈静", "王强"])
    await expect(page.locator("#off-duty-title")).to_have_text("不在班")
    assert await page.locator("#off-duty .good, #off-duty .busy").count() == 0
    await service.publish("duty", {"orders": []})
    await expect(page.locator("#agents .name")).to_have_count(0)
    await expect(page.locator("#off-duty .name")).to_have_count(3)
    await service.publish("duty", {"orders": ["1001"], "vip": ["1002", "1003"]})
    await expect(page.locator("#off-duty-title")).to_be_hidden()


@pytest.mark.parametrize("number", ["", "anonymous", "Restricted"])
async def test_a_withheld_number_is_called_so_in_both_languages(page: Page, service: Standin, number: str) -> None:
    service.floor["calls"] = [call("c1", number, "Anonymous")]
    await before_the_wall(page, service)
    await expect(page.locator("#calls tbody th")).to_have_text("未显示号码")
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("#calls tbody th")).to_have_text("Number withheld")


async def test_a_stale_wallboard_shows_since_when(page: Page, service: Standin) -> None:
    await before_the_wall(page, service)
    await service.cut()
    await expect(page.locator("#banner")).to_contain_text("以下数据停留在")
    await expect(page.locator("body")).to_have_class("stale")
    service.away = False
    await expect(page.locator("#banner")).to_be_hidden()


async def test_a_lost_link_to_the_phone_system_is_shown(page: Page, service: Standin) -> None:
    await before_the_wall(page, service)
    await service.publish("link", {"connected": False, "since": instant(30)})
    await expect(page.locator("#banner")).to_contain_text("与电话交换机的连接自")
    await service.publish("link", {"connected": True, "since": instant()})
    await expect(page.locator("#banner")).to_be_hidden()


async def test_a_connection_that_has_fallen_silent_is_called_stale(page: Page, service: Standin) -> None:
    await page.clock.install()
    await before_the_wall(page, service)
    service.away = True
    await page.clock.run_for(45_000)
    await expect(page.locator("#banner")).to_contain_text("以下数据停留在")


async def test_a_screen_with_a_token_needs_no_login_and_hides_the_token(page: Page, service: Standin) -> None:
    service.person = None
    await page.goto(f"{service.url}/wallboard#token=abc123")
    await expect(page.locator("#live")).to_have_text("实时")
    assert page.url == f"{service.url}/wallboard"
    assert service.offered == ["cc.live, cc.bearer.abc123"]


async def test_a_session_that_has_ended_leads_to_the_login(page: Page, service: Standin) -> None:
    await before_the_wall(page, service)
    service.person = None
    await service.cut()
    await page.wait_for_url("**/login?next=%2Fwallboard")
