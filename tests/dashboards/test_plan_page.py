"""A draft of the roster is edited by keyboard, reviewed and published in a real browser (D1, D2)."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Page, expect

from callcenter.clock import now
from tests.dashboards.console import accessible
from tests.dashboards.test_roster_pages import signed_in, to
from tests.roster.test_changes_http import Floor, floor

__all__ = ["floor"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.usefixtures("built")]
ZONE = ZoneInfo("Asia/Shanghai")
WORKDAYS = range(1, 6)


def a_monday() -> date:
    """A Monday of the week after next: at no time of the day does the test reach it."""
    today = now().astimezone(ZONE).date()
    return today + timedelta(days=14 - today.weekday())


async def narrow_enough(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def draft(floor: Floor, monday: date) -> str:
    """An empty draft of a week in which the line needs one agent on Monday, with two patterns."""
    needs = [{"weekday": 1, "start": "08:00", "end": "17:00", "agents": 1}]
    await floor.done("boss", "PUT", "/lines/orders/needs", {"needs": needs})
    for code, start, end in (("早", "08:00", "17:00"), ("夜", "22:00", "06:00")):
        pattern = {"name": f"{code}班", "start": start, "end": end, "active": True}
        await floor.done("boss", "PUT", f"/roster/patterns/{code}", pattern)
    days = {"first_day": monday.isoformat(), "last_day": (monday + timedelta(days=6)).isoformat()}
    plan = await floor.done("boss", "POST", "/roster/plans", {"line": "orders", "source": "empty", **days})
    return str(plan["id"])


async def test_D1_D2_a_draft_is_edited_by_keyboard_and_a_shortage_takes_a_reason(
    browser: Browser, floor: Floor
) -> None:
    monday = a_monday()
    plan = await draft(floor, monday)
    async with signed_in(browser, floor, "boss") as (boss,):
        await to(boss, "/roster")
        await boss.locator(f"#plans a[href='/roster/plan/{plan}']").click()
        cells = boss.locator("#plan-grid tbody tr", has_text="1001").locator("button")
        await expect(cells).to_have_count(7)
        await expect(boss.locator("#review-shortages")).to_contain_text("人手不足")
        publish = boss.locator("#publish button[type=submit]")
        await expect(publish).to_be_disabled()
        assert await accessible(boss) == []
        assert await narrow_enough(boss)

        # By keyboard alone: Enter opens the cell, a pattern is chosen, Escape leads back to the cell.
        await cells.first.focus()
        await boss.keyboard.press("ArrowRight")
        await expect(cells.nth(1)).to_be_focused()
        await boss.keyboard.press("Enter")
        await boss.locator("#cell-patterns button", has_text="早").focus()
        await boss.keyboard.press("Enter")
        await expect(boss.locator("#cell-shifts")).to_contain_text("08:00–17:00")
        assert await accessible(boss) == []
        # Two shifts at one time are refused in words, and the draft stays as it was.
        await boss.locator("#cell-start").fill("12:00")
        await boss.locator("#cell-end").fill("20:00")
        await boss.locator("#cell-times button").click()
        await expect(boss.get_by_role("dialog").get_by_role("alert")).to_be_visible()
        await expect(boss.locator("#cell-shifts > li")).to_have_count(1)
        await boss.locator("#cell-pattern-0").select_option("夜")
        await expect(boss.locator("#cell-shifts")).to_contain_text("22:00–06:00")
        await boss.keyboard.press("Escape")
        await expect(cells.nth(1)).to_contain_text("夜")
        await expect(boss.locator("#review-differences")).to_contain_text(re.compile("lilei.*新增"))
        await expect(boss.locator("#review-shortages")).to_contain_text("人手不足")

        await expect(publish).to_be_disabled()
        await boss.locator("#publish-despite").check()
        await boss.locator("#publish-reason").fill("周一由主管顶班")
        await boss.locator("#publish-to").fill("行政部")
        await publish.click()
        await expect(boss.locator("#plan-grid")).to_be_visible()
        await expect(boss.locator("#publish")).to_have_count(0)
        await expect(boss.get_by_text("周一由主管顶班")).to_be_visible()
        begins = datetime.combine(monday + timedelta(days=1), time(22), ZONE)
        (shift,) = (await floor.done("boss", "GET", "/shifts?agent=1001"))["items"]
        assert datetime.fromisoformat(shift["starts_at"]) == begins
        assert (await floor.done("boss", "GET", f"/roster/plans/{plan}"))["handed_to"] == "行政部"


async def test_D2_a_plan_without_shortages_is_published_at_once_and_a_cell_is_emptied(
    browser: Browser, floor: Floor
) -> None:
    monday = a_monday()
    plan = await draft(floor, monday)
    entries = [
        {"agent": "1001", "day": (monday + timedelta(days=day - 1)).isoformat(), "pattern": "早"} for day in WORKDAYS
    ]
    await floor.done("boss", "PUT", f"/roster/plans/{plan}", {"entries": entries})
    async with signed_in(browser, floor, "boss") as (boss,):
        await to(boss, "/roster")
        await boss.locator(f"#plans a[href='/roster/plan/{plan}']").click()
        cells = boss.locator("#plan-grid tbody tr", has_text="1001").locator("button")
        await expect(cells.nth(4)).to_contain_text("早")
        await expect(boss.locator("#review-shortages")).to_contain_text("人手足够")
        await cells.nth(4).focus()
        await boss.keyboard.press("Delete")
        await expect(cells.nth(4)).not_to_contain_text("早")
        await expect(boss.locator("#publish-despite")).to_have_count(0)
        await boss.locator("#publish button[type=submit]").click()
        await expect(boss.locator("#publish")).to_have_count(0)
        assert len((await floor.done("boss", "GET", "/shifts?agent=1001"))["items"]) == 4


async def test_D1_the_rest_of_a_draft_is_planned_and_what_is_fixed_stays(browser: Browser, floor: Floor) -> None:
    monday = a_monday()
    plan = await draft(floor, monday)
    fixed = {"agent": "1001", "day": (monday + timedelta(days=2)).isoformat(), "pattern": "夜", "fixed": True}
    await floor.done("boss", "PUT", f"/roster/plans/{plan}", {"entries": [fixed]})
    planner = asyncio.create_task(floor.centre.contributions.roster.planner.run())
    async with signed_in(browser, floor, "boss") as (boss,):
        await to(boss, "/roster")
        await boss.locator(f"#plans a[href='/roster/plan/{plan}']").click()
        await expect(boss.locator("#review-shortages")).to_contain_text("人手不足")
        await boss.locator("#planning button").click()
        await expect(boss.locator("#planning")).to_contain_text("排班完成", timeout=60_000)
        await expect(boss.locator("#review-shortages")).to_contain_text("人手足够")
        await expect(boss.locator("#plan-grid tbody tr", has_text="1001").locator("button").nth(2)).to_contain_text(
            "夜"
        )
        await expect(boss.locator("#plan-grid tbody")).to_contain_text("早")
    planner.cancel()
    with suppress(asyncio.CancelledError):
        await planner


async def test_D1_a_planner_names_a_pattern_and_changes_it(browser: Browser, floor: Floor) -> None:
    plan = await draft(floor, a_monday())
    async with signed_in(browser, floor, "boss") as (boss,):
        await to(boss, "/roster")
        await boss.locator(f"#plans a[href='/roster/plan/{plan}']").click()
        await boss.locator("#edit-patterns").click()
        await boss.locator("#pattern-code").fill("中")
        await boss.locator("#pattern-name").fill("中班")
        await boss.locator("#pattern-start").fill("12:00")
        await boss.locator("#pattern-end").fill("20:00")
        await boss.locator("#pattern button[type=submit]").click()
        row = boss.locator("#patterns li", has_text="中班")
        await expect(row).to_contain_text("12:00–20:00")
        assert await accessible(boss) == []
        await row.get_by_role("button", name="修改").click()
        await boss.locator("#pattern-end").fill("21:00")
        await boss.locator("#pattern button[type=submit]").click()
        await expect(row).to_contain_text("12:00–21:00")
        await boss.keyboard.press("Escape")
        await boss.locator("#plan-grid tbody button").first.click()
        await boss.locator("#cell-patterns button", has_text="中").click()
        await expect(boss.locator("#cell-shifts")).to_contain_text("12:00–21:00")
