"""Tests what an agent sees, in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.dashboards.standin import Standin, agent, call, instant, offer

pytestmark = pytest.mark.browser


async def at_the_desk(page: Page, service: Standin) -> None:
    await page.goto(f"{service.url}/agent")
    await expect(page.locator("#live")).to_have_text("实时")


async def test_the_caller_is_shown_before_the_answer_with_their_last_calls(page: Page, service: Standin) -> None:
    service.history = [call("old", outcome="abandoned", ago=90_000, ended_at=instant(89_000))]
    service.customers["13800138000"] = {"name": "老街超市"}
    await at_the_desk(page, service)
    await expect(page.locator("#call")).to_contain_text("等待来电")
    await service.publish("call", call("c1", name="李先生", offers=[offer(ringing_ago=0)], customer_id="c-1"))
    card = page.locator("#call")
    await expect(card).to_contain_text("来电")
    await expect(card.locator(".number")).to_have_text("13800138000")
    await expect(card.locator(".name")).to_have_text("李先生")
    await expect(card).to_contain_text("老街超市")
    await expect(card.locator(".facts")).to_contain_text("订购热线")
    await expect(card.locator(".last")).to_contain_text("来电者放弃")
    await service.publish("call", call("c1", offers=[], agent="1001", answered_at=instant()))
    await expect(card.locator("h1")).to_have_text("通话中")
    await service.publish("call", call("c1", ended_at=instant(), outcome="answered"))
    await expect(card).to_contain_text("等待来电")


async def test_a_hostile_caller_name_is_shown_as_text(page: Page, service: Standin) -> None:
    hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    service.customers["<b>1</b>"] = {"name": hostile}
    await at_the_desk(page, service)
    title = await page.title()
    await service.publish("call", call("c1", "<b>1</b>", hostile, offers=[offer()], line=hostile))
    await expect(page.locator("#call .facts")).to_contain_text(hostile)
    await expect(page.locator("#call .name")).to_have_text(hostile)
    await expect(page.locator("#call .number")).to_have_text("<b>1</b>")
    assert await page.locator("#call img, #call script, #call b").count() == 0
    assert await page.title() == title


async def test_another_agents_ring_is_not_mine(page: Page, service: Standin) -> None:
    await at_the_desk(page, service)
    await service.publish("call", call("c1", offers=[offer("1002")]))
    await service.publish("call", call("c2", "10086", offers=[offer("1001")]))
    await expect(page.locator("#call .number")).to_have_text("10086")


async def test_R1_the_rings_are_counted_and_late_has_icon_and_word(page: Page, service: Standin) -> None:
    await at_the_desk(page, service)
    ringing = offer(ringing_ago=1)
    await service.publish("call", call("c1", offers=[ringing]))
    rings = page.locator(".rings")
    await expect(rings).to_contain_text("第 1 声")
    await expect(rings.locator("li.on")).to_have_count(1)
    await service.publish("call", call("c1", offers=[{**ringing, "ringing_at": instant(6)}]))
    await expect(rings).to_contain_text("第 2 声")
    # 10.4 s of ringing: the third tone is sounding and will end within the second.
    await service.publish("call", call("c1", offers=[{**ringing, "ringing_at": instant(10.4)}]))
    await expect(rings).to_contain_text("已超过第三声", timeout=3000)
    await expect(page.locator("#call")).to_have_class("card call incoming late")
    assert await rings.locator(".pill use").get_attribute("href") == "/static/icons.svg#alert"


async def test_R1_a_late_ring_reported_by_the_service_counts_at_once(page: Page, service: Standin) -> None:
    await at_the_desk(page, service)
    await service.publish("call", call("c1", offers=[offer(ringing_ago=2, late=True)]))
    await expect(page.locator(".rings")).to_contain_text("已超过第三声")


async def test_an_anonymous_caller_is_a_caller(page: Page, service: Standin) -> None:
    await at_the_desk(page, service)
    await service.publish("call", call("c1", "", offers=[offer(ringing_ago=None)]))
    await expect(page.locator("#call .number")).to_have_text("未显示号码")
    await expect(page.locator(".rings")).to_contain_text("正在接通话机")


async def test_presence_is_changed_by_keyboard_and_the_timer_begins(page: Page, service: Standin) -> None:
    await at_the_desk(page, service)
    await expect(page.locator("#reason option")).to_have_text(["用餐", "小休", "其他"])
    await page.locator("#reason").select_option("meal")
    await page.locator("#pause").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#state")).to_contain_text("示忙 · 用餐")
    await expect(page.locator("#state-since")).to_have_text("0:01")
    await page.locator("#resume").press("Enter")
    await expect(page.locator("#state")).to_contain_text("空闲")
    await page.locator("#sign-out").press("Enter")
    await expect(page.locator("#call")).to_contain_text("来电不会分配给您")
    await page.locator("#sign-in").press("Enter")
    await expect(page.locator("#state")).to_contain_text("空闲")
    assert [(verb, body) for verb, _, body in service.asked] == [
        ("pause", {"reason": "meal"}),
        ("resume", {}),
        ("sign-out", {}),
        ("sign-in", {}),
    ]
    assert {headers["csrf"] for _, headers, _ in service.asked} == {"csrf-1"}


async def test_a_refusal_is_shown(page: Page, service: Standin) -> None:
    await at_the_desk(page, service)
    await page.locator("#reason").select_option("other")
    await page.locator("#pause").click()
    await expect(page.locator("#refused")).to_have_text("操作没有成功：not now")


async def test_the_agent_page_switches_to_english_and_remembers_it(page: Page, service: Standin) -> None:
    await at_the_desk(page, service)
    assert await page.locator("html").get_attribute("lang") == "zh-CN"
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("#call")).to_contain_text("Waiting for a call")
    await expect(page.locator("#state")).to_contain_text("Available")
    await page.reload()
    await expect(page.locator("#call")).to_contain_text("Waiting for a call")
    assert await page.locator("html").get_attribute("lang") == "en"
    assert await page.title() == "Agent desk · Service centre"


async def test_flags_about_me_are_shown_and_those_about_others_are_not(page: Page, service: Standin) -> None:
    await at_the_desk(page, service)
    flag = {
        "clause": "R1",
        "policy_version": "2026-11",
        "raised_at": instant(),
        "call": "c1",
        "facts": {},
        "state": "raised",
    }
    await service.publish("flag", {"id": 1, "agent": "1002", **flag})
    await service.publish("flag", {"id": 2, "agent": "1001", **flag})
    await expect(page.locator("#flags li.flag")).to_have_count(1)
    await expect(page.locator("#flags")).to_contain_text("R1 · 第三声内未接听")


async def test_after_a_break_the_agent_page_resumes(page: Page, service: Standin) -> None:
    await at_the_desk(page, service)
    await service.cut()
    await expect(page.locator("#banner")).to_contain_text("实时连接已中断")
    await service.publish("call", call("c1", offers=[offer()]))
    service.away = False
    await expect(page.locator("#call .number")).to_have_text("13800138000")
    await expect(page.locator("#banner")).to_be_hidden()
    assert service.opened[-1] == {"resume": "10", "epoch": "e1"}


async def test_after_a_restart_of_the_service_the_agent_page_takes_a_new_snapshot(page: Page, service: Standin) -> None:
    service.floor["calls"] = [call("gone", offers=[offer()])]
    await at_the_desk(page, service)
    await expect(page.locator("#call .number")).to_be_visible()
    await service.cut()
    service.epoch, service.seq = "e2", 1
    service.floor["calls"] = []
    service.away = False
    await expect(page.locator("#call")).to_contain_text("等待来电")
    await expect(page.locator("#banner")).to_be_hidden()
    await service.publish("agent", agent("1001", "李娜", "paused", reason="break"))
    await expect(page.locator("#state")).to_contain_text("示忙 · 小休")
