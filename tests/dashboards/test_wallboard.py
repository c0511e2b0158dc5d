"""Tests what the board on the wall shows (S1), in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.dashboards.console import violations
from tests.dashboards.standin import PERSON, Standin, agent, call, instant, offer
from tests.support.waiting import until, until_true

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("built")]


async def before_the_wall(page: Page, service: Standin) -> None:
    service.person = None
    await page.goto(f"{service.url}/wall#token=abc123")
    await expect(page.locator("#answered .number")).to_have_text("0")


async def test_S1_waiting_and_the_longest_wait_are_counted_up(page: Page, service: Standin) -> None:
    service.floor["queues"] = [
        {"code": "orders", "waiting": 2, "longest_since": instant(58.5), "agents_free": 0, "next": []},
        {"code": "vip", "waiting": 0, "longest_since": None, "agents_free": 1, "next": []},
    ]
    await before_the_wall(page, service)
    await expect(page.locator("#waiting .number")).to_contain_text("2")
    await expect(page.locator("#longest.warn")).to_contain_text("注意")
    # A threshold is shown by icon and word, never by colour alone.
    await expect(page.locator("#longest.bad")).to_contain_text("不良")
    await expect(page.locator("#longest .icon")).to_be_visible()
    assert await violations(page) == []


async def test_S1_agents_are_sorted_by_state_and_those_off_duty_stand_last_in_grey(
    page: Page, service: Standin
) -> None:
    service.floor["agents"] = [
        agent("1003", "陈静", "paused", reason="meal"),
        agent("1002", "王强", "on_call", ago=125),
        agent("1001", "李娜", "ringing"),
        agent("1004", "赵敏", reachable=False),
        agent("1005", "周杰"),
        agent("1006", "吴用", "signed_out"),
    ]
    service.floor["duty"] = {"orders": ["1001", "1002", "1003", "1004"]}
    await before_the_wall(page, service)
    people = page.locator("#agents li")
    await expect(people.locator("bdi")).to_have_text(["李娜", "王强", "陈静", "赵敏", "周杰"])
    await expect(people.nth(1)).to_contain_text("通话中")
    await expect(people.nth(1).locator("time")).to_contain_text("2:")
    await expect(people.nth(3)).to_contain_text("话机离线")
    await expect(people.nth(4)).to_contain_text("不在班")
    assert await people.nth(4).locator(".good").count() == 0
    assert await people.locator(".pill .icon").count() == 5
    await service.publish("duty", {"orders": ["1005"]})
    await expect(people.first.locator("bdi")).to_have_text("周杰")


async def test_S1_a_ring_past_the_third_is_marked_while_it_rings(page: Page, service: Standin) -> None:
    await before_the_wall(page, service)
    hostile = "<img src=x onerror=alert(1)>"
    await service.publish("call", call("c1", hostile, offers=[offer(ringing_ago=12)]))
    await expect(page.locator("#calls")).to_contain_text("已超过第 3 声")
    await expect(page.locator("#calls")).to_contain_text("<img src=x")
    await expect(page.locator("#late.bad")).to_contain_text("此刻 1")
    assert await page.locator("#calls img").count() == 0
    # While the link is lost, a ring that the clock calls late may have ended long ago.
    await service.publish("link", {"connected": False, "state": "stale", "rings_watched": False, "since": instant()})
    await expect(page.locator("#late")).to_contain_text("此刻 0")


async def test_S1_the_days_figures_are_those_of_the_records(page: Page, service: Standin) -> None:
    await before_the_wall(page, service)
    service.today = {"answered": 2, "abandoned": 1, "level": 1 / 3, "late_rings": 3}
    await service.publish("flag", {"id": "f1", "clause": "R1", "state": "raised"})
    await service.publish("figures", service.figures())
    await expect(page.locator("#answered .number")).to_have_text("2")
    await expect(page.locator("#abandoned .number")).to_have_text("1")
    await expect(page.locator("#level .number")).to_contain_text("33%")
    await expect(page.locator("#late .number")).to_contain_text("3")


@pytest.mark.parametrize("number", ["", "anonymous", "Restricted"])
async def test_a_withheld_number_is_called_so_in_both_languages(page: Page, service: Standin, number: str) -> None:
    service.floor["calls"] = [call("c1", number, "Anonymous")]
    await before_the_wall(page, service)
    await expect(page.locator("#calls li")).to_contain_text("未显示号码")
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("#calls li")).to_contain_text("Number withheld")


async def test_more_people_than_fit_turn_by_pages_until_someone_stops_them(page: Page, service: Standin) -> None:
    service.floor["agents"] = [agent(str(1001 + index), f"坐席{index}") for index in range(10)]
    service.floor["duty"] = {"orders": [str(1001 + index) for index in range(10)]}
    await page.clock.install()
    await before_the_wall(page, service)
    people, title = page.locator("#agents bdi"), page.locator("#agents-title")
    await expect(title).to_contain_text("第 1 / 2 页")
    await expect(people).to_have_count(8)
    await page.clock.run_for(13_000)
    await expect(title).to_contain_text("第 2 / 2 页")
    await expect(people).to_have_text(["坐席8", "坐席9"])
    await page.get_by_role("button", name="停止翻页").click()
    await page.clock.run_for(30_000)
    await expect(title).to_contain_text("第 2 / 2 页")


async def test_a_stale_wallboard_shows_since_when(page: Page, service: Standin) -> None:
    await before_the_wall(page, service)
    await service.cut()
    await expect(page.locator("#banner")).to_contain_text("以下数据停留在")
    await expect(page.locator("#main")).to_have_class(re.compile("stale"))
    service.away = False
    await expect(page.locator("#banner")).to_be_hidden()


async def test_a_connection_that_has_fallen_silent_is_called_stale(page: Page, service: Standin) -> None:
    await page.clock.install()
    await before_the_wall(page, service)
    service.away = True
    await page.clock.run_for(45_000)
    await expect(page.locator("#banner")).to_contain_text("以下数据停留在")


async def test_a_screen_with_a_token_needs_no_login_and_hides_the_token(page: Page, service: Standin) -> None:
    service.person = None
    # The address that screens had before leads here, with its token.
    await page.goto(f"{service.url}/wallboard#token=abc123")
    await expect(page.locator("#answered .number")).to_have_text("0")
    assert page.url == f"{service.url}/wall"
    assert service.offered == ["cc.live, cc.bearer.abc123"]


async def test_a_new_version_is_loaded_between_two_calls_and_once(page: Page, service: Standin) -> None:
    service.floor["calls"] = [call("c1")]
    service.build = "another"
    await page.clock.install()
    await before_the_wall(page, service)
    await expect(page.locator("#calls li")).to_have_count(1)
    await page.clock.run_for(20_000)
    assert len(service.opened) == 1
    service.floor["calls"] = []
    await service.publish("call", call("c1", outcome="answered", ended_at=instant()))
    await expect(page.locator("#calls li")).to_have_count(0)
    async with page.expect_event("load"):
        await page.clock.run_for(6_000)
    await expect(page.locator("#answered .number")).to_have_text("0")
    # The service still names another build: loading again would help nobody.
    await page.clock.run_for(20_000)
    assert len(service.opened) == 2


WALL_TOKEN = "cc_wall_0123456789abcdef"


async def follows(page: Page, calls: int) -> bool:
    """Whether the screen shows so many calls; some seconds of its time pass first."""
    await page.clock.run_for(7_000)
    return await page.locator("#calls li").count() == calls


async def before_the_board(page: Page, service: Standin) -> None:
    service.person = None
    await page.goto(f"{service.url}/wall#token={WALL_TOKEN}")
    await expect(page.locator("h1")).to_contain_text("大厅")


async def test_S1_the_screen_of_a_board_shows_its_lines_and_parts_and_turns_between_its_lines(
    page: Page, service: Standin
) -> None:
    service.floor["calls"] = [call("c1"), call("c2", "13800138002", line="care")]
    service.floor["queues"] = [
        {"code": code, "waiting": waiting, "longest_since": None, "agents_free": 1, "next": []}
        for code, waiting in (("orders", 1), ("care", 3))
    ]
    service.floor["agents"] = [agent("1001", "李娜"), agent("1002", "王强"), agent("1003", "陈静")]
    service.floor["duty"] = {"orders": ["1001"], "care": ["1002"], "night": ["1003"]}
    service.wall = service.board()
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status in (401, 403, 404) else None)
    await page.clock.install()
    await before_the_board(page, service)
    await expect(page.locator("#calls li")).to_have_count(1)
    await expect(page.locator("#queues tbody tr")).to_have_count(1)
    await expect(page.locator("#waiting .number")).to_contain_text("1")
    await expect(page.locator("#agents bdi")).to_have_text(["李娜"])
    await expect(page.locator("#shown-line")).to_contain_text("orders热线")
    # A leader adds a line and takes the agents away: the screen follows by itself, with a feed of its new sight.
    service.wall = service.board(lines=["orders", "care"], parts=["figures", "calls"])
    await until_true(lambda: follows(page, 2), 30)
    await expect(page.locator("#agents")).to_have_count(0)
    assert len(service.opened) >= 2
    title, seen = page.locator("#shown-line"), set[str]()
    while len(seen) < 2:
        seen.add(await title.inner_text())
        await page.clock.run_for(3_000)
    assert {text.strip(" ·") for text in seen} == {"orders热线", "care热线"}
    # It asks for nothing that its token does not open, nor with an address or referrer that holds the token.
    assert refused == []
    assert all(WALL_TOKEN not in address for address, _ in service.headers)
    assert all(WALL_TOKEN not in headers.get("Referer", "") for _, headers in service.headers)
    assert page.url == f"{service.url}/wall"
    assert await violations(page) == []


async def test_a_screen_whose_token_was_revoked_shows_that_and_no_old_figures_as_new(
    page: Page, service: Standin
) -> None:
    service.wall = service.board()
    await before_the_board(page, service)
    await expect(page.locator("#answered .number")).to_have_text("0")
    for socket in list(service.sockets):
        await socket.close(code=4401)
    await expect(page.locator("#ended")).to_contain_text("访问权限已失效")
    await expect(page.locator("#main")).to_have_class(re.compile("stale"))
    # Opened with it again, it says the same.
    service.wall = None
    await page.reload()
    await expect(page.locator("#ended")).to_contain_text("访问权限已失效")


async def test_a_board_keeps_its_screen_awake_and_closes_its_feed_behind_it(page: Page, service: Standin) -> None:
    service.person = {**PERSON, "roles": ["supervisor"], "agent": None}
    await page.add_init_script(WATCHED_LOCK)
    await page.goto(f"{service.url}/wall")
    await expect(page.locator("#answered .number")).to_have_text("0")
    await until_true(lambda: page.evaluate("window.locks.length === 1 && !window.locks[0].released"), 15)
    # A browser that has taken the lock away, as a battery does, is asked again.
    await page.evaluate("window.locks[0].release()")
    await until_true(lambda: page.evaluate("window.locks.length === 2 && !window.locks[1].released"), 30)
    await page.evaluate("history.pushState({}, '', '/floor'); dispatchEvent(new PopStateEvent('popstate'))")
    await expect(page.locator("#urgent-title")).to_be_visible()
    await until(lambda: len(service.sockets) == 1, 15)
    assert len(service.opened) == 2


WATCHED_LOCK = """
window.locks = [];
const request = navigator.wakeLock.request.bind(navigator.wakeLock);
navigator.wakeLock.request = async (kind) => {
  const lock = await request(kind);
  window.locks.push(lock);
  return lock;
};
"""
"""The browser's own locks, kept so that a test sees their state."""
