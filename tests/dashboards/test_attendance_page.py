"""Breaks of the floor in turn and attendance of the day, as a supervisor sees them, in a real browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from callcenter.clock import now
from tests.dashboards.console import accessible, choose_language, fits, violations_by_theme
from tests.dashboards.test_roster_pages import signed_in, to
from tests.roster.test_changes_http import HOUR, Floor, floor
from tests.roster.test_day_http import on_duty, shift

__all__ = ["floor"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.usefixtures("built")]
PATH = "/floor/attendance"


async def sign_in_both(floor: Floor) -> None:
    for login, agent in (("lilei", "1001"), ("hanmei", "1002")):
        await floor.done(login, "POST", f"/agents/{agent}/presence/sign-in", {})


async def test_D5_D6_breaks_of_the_floor_are_granted_refused_and_extended(browser: Browser, floor: Floor) -> None:
    start = now() - HOUR
    await on_duty(floor, *(shift(agent, start, start + 9 * HOUR) for agent in ("1001", "1002")))
    await sign_in_both(floor)
    breaks = floor.centre.contributions.roster.breaks
    async with signed_in(browser, floor, "boss", "hanmei") as (boss, hanmei):
        await to(boss, PATH)
        await expect(boss.locator("#breaks-title + .empty")).to_be_visible()
        # The feed brings each step: the page is not loaded again.
        await floor.done("lilei", "POST", "/agents/1001/presence/pause", {"reason": "meal"})
        await breaks.once()
        gone = boss.locator("#breaks li", has_text="1001")
        await expect(gone).to_contain_text("休息中")
        await expect(gone).to_contain_text("45:00")
        status, _ = await floor.ask("hanmei", "POST", "/agents/1002/presence/pause", {"reason": "break"})
        assert status == 409
        waits = boss.locator("#breaks li", has_text="1002")
        await expect(waits).to_contain_text("排队第 1 位")
        await expect(waits).to_contain_text("按计划")
        await expect(waits).to_contain_text("只剩 0 人")
        # The last of a line stays, so nothing is offered that the service refuses.
        await expect(waits.get_by_role("button", name="现在批准")).to_have_count(0)
        assert await accessible(boss) == []
        assert await fits(boss)

        await waits.get_by_role("button", name="不批准").click()
        assert await accessible(boss) == []
        await boss.locator("#break-reason").fill("高峰时段")
        await boss.locator("#break-decision").get_by_role("button", name="不批准").click()
        await expect(waits).to_have_count(0)
        await expect(hanmei.locator("#break-refused")).to_contain_text("高峰时段")
        await hanmei.locator("#break-refused button").click()
        await expect(hanmei.locator("#break-refused")).to_have_count(0)

        await gone.get_by_role("button", name="延长").click()
        await boss.locator("#break-minutes").fill("15")
        await boss.locator("#break-reason").fill("堵车")
        await boss.locator("#break-decision").get_by_role("button", name="延长").click()
        await expect(gone).to_contain_text("1:00:00")
        await expect(gone).to_contain_text("堵车")


async def test_D5_a_break_below_the_need_takes_a_reason(browser: Browser, floor: Floor) -> None:
    start = now() - HOUR
    await on_duty(floor, *(shift(agent, start, start + 9 * HOUR) for agent in ("1001", "1002")))
    needs = [{"weekday": day, "start": "00:00", "end": "24:00", "agents": 2} for day in range(1, 8)]
    await floor.done("boss", "PUT", "/lines/orders/needs", {"needs": needs})
    await sign_in_both(floor)
    status, _ = await floor.ask("hanmei", "POST", "/agents/1002/presence/pause", {"reason": "break"})
    assert status == 409
    async with signed_in(browser, floor, "boss", "hanmei") as (boss, hanmei):
        await to(boss, PATH)
        await boss.locator("#breaks").get_by_role("button", name="现在批准").click()
        await expect(boss.locator("#break-decision .without")).to_contain_text("剩 1 人，需要 2 人")
        await boss.locator("#break-reason").fill("身体不适")
        await boss.locator("#break-despite").check()
        assert await accessible(boss) == []
        await boss.locator("#break-decision").get_by_role("button", name="现在批准").click()
        await expect(boss.locator("#breaks li")).to_contain_text("已批准，尚未离席")
        await expect(hanmei.locator("#take-break")).to_be_visible()


async def test_D3_D6_who_is_missing_is_seen_at_once_and_named_on_the_floor(browser: Browser, floor: Floor) -> None:
    start = now() - timedelta(minutes=20)
    await on_duty(floor, *(shift(agent, start, start + 9 * HOUR) for agent in ("1001", "1002", "1003")))
    room = floor.centre.contributions.roster
    await floor.done("hanmei", "POST", "/agents/1002/presence/sign-in", {})
    await room.attendance.once()
    await room.adherence_now.once()
    async with signed_in(browser, floor, "boss") as (boss,):
        urgent = boss.locator("#urgent li", has_text="1003")
        await expect(urgent).to_contain_text("迟到，尚未签到")
        await to(boss, PATH)
        row = boss.locator("#present tbody tr")
        await expect(row).to_have_count(3)
        await expect(boss.locator("#present tr", has_text="1001")).to_contain_text("应到未到")
        late = boss.locator("#findings li", has_text="1001")
        await expect(late.locator(".pill.bad")).to_have_text("迟到")
        await floor.done("lilei", "POST", "/agents/1001/presence/sign-in", {})
        await room.adherence_now.once()
        await room.attendance.once()
        await expect(boss.locator("#present tr", has_text="1001")).to_contain_text("在岗")
        await expect(late.locator(".pill.off")).to_have_text("迟到")
        assert await accessible(boss) == []
        assert await fits(boss)
        await choose_language(boss, "en")
        await expect(boss.locator("#present tr", has_text="1003")).to_contain_text("Missing")
        assert await fits(boss)


async def test_D2_the_day_of_a_line_is_drawn_and_its_shortage_said_in_words(browser: Browser, floor: Floor) -> None:
    start = now() - HOUR
    await on_duty(floor, shift("1001", start, start + 3 * HOUR))
    await floor.done("lilei", "POST", "/agents/1001/presence/sign-in", {})
    needs = [{"weekday": day, "start": "00:00", "end": "24:00", "agents": 2, "skills": []} for day in range(1, 8)]
    await floor.done("boss", "PUT", "/lines/orders/needs", {"needs": needs})
    async with signed_in(browser, floor, "boss") as (boss,):
        await to(boss, PATH)
        await boss.locator("#coverage-line").select_option("orders")
        chart = boss.locator("#coverage")
        await expect(chart).to_have_attribute("aria-label", re.compile("最多 2 人"))
        await expect(boss.locator("#coverage-short li").first).to_contain_text("少")
        await expect(chart.locator("path.available")).to_have_attribute("d", re.compile("^M"))
        assert await violations_by_theme(boss) == []
        assert await fits(boss)
        tomorrow = (now() + timedelta(days=2)).date().isoformat()
        await boss.locator("#coverage-day").fill(tomorrow)
        await expect(boss.locator("#coverage-short li")).to_have_count(1)
        await choose_language(boss, "en")
        await expect(boss.locator("#coverage-short li")).to_contain_text("00:00–24:00: 2 too few")
