"""What a leader sees before an agent leaves the desk, and why the last one goes (D5), in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from playwright.async_api import Browser, Page, expect

from callcenter.clock import now
from tests.dashboards.console import accessible, choose_language
from tests.dashboards.test_attendance_page import sign_in_both
from tests.dashboards.test_roster_pages import signed_in
from tests.roster.test_changes_http import HOUR, Floor, floor
from tests.roster.test_day_http import on_duty, shift

__all__ = ["floor"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.usefixtures("built")]


@asynccontextmanager
async def live(floor: Floor) -> AsyncIterator[None]:
    """The live picture runs, so that the floor shows the agents."""
    task = asyncio.create_task(floor.centre.live.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def opened(page: Page, agent: str) -> None:
    await page.locator("li button.person", has_text=agent).click()
    await expect(page.locator("#agent-note")).to_be_visible()


async def staffed(floor: Floor) -> None:
    start = now() - HOUR
    await on_duty(floor, *(shift(agent, start, start + 9 * HOUR) for agent in ("1001", "1002")))
    skill = {"skill": "en", "level": 4, "agents": 2}
    needs = [{"weekday": day, "start": "00:00", "end": "24:00", "agents": 2, "skills": [skill]} for day in range(1, 8)]
    await floor.done("boss", "PUT", "/lines/orders/needs", {"needs": needs})
    await sign_in_both(floor)


async def test_D5_the_dialog_of_an_agent_states_what_is_left_in_both_languages(browser: Browser, floor: Floor) -> None:
    async with live(floor), signed_in(browser, floor, "boss") as (boss,):
        await staffed(floor)
        await opened(boss, "1001")
        effect = boss.locator("dialog .without")
        await expect(effect).to_contain_text("此人现在离席")
        await expect(effect.locator("li.warn")).to_contain_text("剩 1 人，需要 2 人")
        await expect(effect).to_contain_text("服务水平暂无预测")
        await expect(effect.locator(".bad")).to_have_text("会英语的只剩 1 人，需要 2 人。")
        assert await accessible(boss) == []
        await choose_language(boss, "en")
        await expect(effect).to_contain_text("If this agent leaves the desk now")
        await expect(effect.locator("li.warn")).to_contain_text("keeps 1 agents and needs 2")
        await expect(effect).to_contain_text("no forecast of the service level yet")
        await expect(effect.locator(".bad")).to_have_text("English: 1 left, 2 needed.")
        await expect(boss.locator("label[for='agent-despite']")).to_contain_text("although a line is left short")


async def test_D5_the_last_agent_is_paused_with_a_reason_and_never_for_lunch(browser: Browser, floor: Floor) -> None:
    async with live(floor), signed_in(browser, floor, "boss") as (boss,):
        await on_duty(floor, shift("1001", now() - HOUR, now() + HOUR))
        await floor.done("lilei", "POST", "/agents/1001/presence/sign-in", {})
        await opened(boss, "1001")
        dialog = boss.locator("dialog")
        await boss.locator("#agent-despite").fill("饿了")
        await boss.locator("#agent-reason").select_option("meal")
        await dialog.get_by_role("button", name="示忙", exact=True).click()
        await expect(dialog.get_by_role("alert")).to_contain_text("至少要留 1 人")
        await boss.locator("#agent-despite").fill("")
        await boss.locator("#agent-reason").select_option("other")
        await dialog.get_by_role("button", name="示忙", exact=True).click()
        await expect(dialog.get_by_role("alert")).to_contain_text("请写明原因")
        await boss.locator("#agent-despite").fill("晕倒，送医")
        assert await accessible(boss) == []
        await dialog.get_by_role("button", name="示忙", exact=True).click()
        await expect(dialog).to_have_count(0)
        assert (await floor.done("boss", "GET", "/agents/1001/presence"))["state"] == "paused"
