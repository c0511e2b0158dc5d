"""An agent's day in the page: its line, favourites, a fault of the page, the sign-out that waits for relief."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import expect

from callcenter.clock import now
from callcenter.roster.rows import ShiftRow
from tests.dashboards.console import accessible
from tests.dashboards.fact_room import LINE, FactRoom, fact_room

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("built"),
]
HOUR = timedelta(hours=1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FactRoom]:
    async with fact_room(tmp_path_factory.mktemp("day")) as room:
        for agent in ("1001", "1002"):
            await room.signed_in(agent, agent, "signed_out")
        yield room


async def test_D7_the_day_line_shows_what_the_agent_did_by_time(room: FactRoom) -> None:
    async with room.page("lilei") as page:
        await page.keyboard.press("Alt+a")
        await expect(page.locator("#state")).to_contain_text("空闲")
        await page.goto(f"{room.origin}/day")
        line = page.locator("#my-line")
        await expect(line.locator(".totals")).to_contain_text("空闲")
        await expect(line.locator(".totals")).not_to_contain_text("示忙")
        # A pause that a leader sets meanwhile joins the line without a reload.
        async with room.page("boss") as boss:
            await boss.locator("#agents-on button").first.click()
            await boss.get_by_role("dialog").get_by_role("button", name="示忙").click()
            await expect(boss.get_by_role("dialog")).to_have_count(0)
        await expect(line.locator(".totals")).to_contain_text("示忙")
        spans = line.locator(".line i")
        last = await spans.last.get_attribute("title") or ""
        assert last.startswith("示忙"), last
        places = [await span.bounding_box() for span in await spans.all()]
        lefts = [place["x"] for place in places if place is not None]
        assert lefts == sorted(lefts)
        assert await accessible(page) == []
        await page.goto(f"{room.origin}/desk")
        await expect(page.locator("#resume")).to_be_visible()
        await page.keyboard.press("Alt+a")
        await expect(page.locator("#state")).to_contain_text("空闲")


async def test_the_codes_of_the_phone_stand_beside_the_agents_own_state(room: FactRoom) -> None:
    async with room.page("lilei") as page:
        await expect(page.locator("#phone-codes")).to_contain_text("*61 签入")


async def test_a_favourite_is_marked_when_a_call_is_passed_on_and_stays_after_a_reload(room: FactRoom) -> None:
    async with room.talk("1001"), room.page("lilei") as page:
        await page.locator("#record").wait_for()
        await page.keyboard.press("F8")
        targets = page.locator("#targets li")
        await expect(targets.first).to_contain_text("hanmei")
        await page.locator("#pass-text").fill("普通队列")
        await expect(targets).to_have_count(1)
        await page.keyboard.press("Alt+f")
        await expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
        await page.reload()
        await page.locator("#record").wait_for()
        await page.keyboard.press("F8")
        await expect(targets.first).to_contain_text("hanmei")
        await expect(targets.nth(1)).to_contain_text("普通队列")
        await expect(targets.nth(1).locator(".icon").first).to_be_visible()
        await page.keyboard.press("ArrowDown")
        await expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
        await page.keyboard.press("Alt+f")
        await expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "false")


async def test_a_fault_of_a_page_is_shown_to_administrators_without_what_is_personal(room: FactRoom) -> None:
    async with room.page("lilei") as page:
        cookies = await page.context.cookies()
    # Not a faultless page: the fault is the point.
    context = await room.context()
    await context.add_cookies([{"name": each["name"], "value": each["value"], "url": room.origin} for each in cookies])
    broken = await context.new_page()
    await broken.goto(f"{room.origin}/desk")
    await expect(broken.locator("#live .good")).to_be_visible()
    async with broken.expect_response("**/api/v1/client-faults") as reported:
        await broken.evaluate("setTimeout(() => { throw new TypeError('no caller 13974812346') })")
    assert (await reported.value).status == 204
    await context.close()
    async with room.page("admin") as page:
        fault = page.locator("#faults li").first
        await expect(fault).to_contain_text("脚本错误")
        await expect(fault).to_contain_text("/desk TypeError: no caller #")
        await expect(fault).to_contain_text("1 次")
        assert await accessible(page) == []
    async with room.page("boss") as page:
        await expect(page.locator("#agents-on li").first).to_be_visible()
        await expect(page.locator("#faults")).to_have_count(0)


async def test_H1_a_sign_out_without_relief_says_what_to_do_and_a_supervisor_lets_the_agent_go(room: FactRoom) -> None:
    start = now() - 8 * HOUR
    async with room.centre.database.write() as session:
        for agent, begin in (("1001", start), ("1002", start + 8 * HOUR)):
            session.add(ShiftRow(agent=agent, line=LINE, starts_at=begin, ends_at=begin + 8 * HOUR))
    async with room.page("lilei") as page, room.page("boss", "/handover") as boss:
        await expect(page.locator("#state")).to_contain_text("空闲")
        await page.locator("#sign-out").click()
        refused = page.locator("#refused")
        await expect(refused).to_contain_text("1002")
        await expect(refused).to_contain_text("主管准许")
        await expect(page.locator("#state")).to_contain_text("空闲")
        await expect(page.locator("#to-handover")).to_have_attribute("href", "/handover")
        assert await accessible(page) == []
        await boss.locator("#release-agent").select_option("1001")
        await boss.locator("#release-reason").fill("身体不适")
        await boss.get_by_role("button", name="准许").click()
        await expect(page.locator("#may-leave")).to_be_visible()
        assert await accessible(page) == []
        await page.locator("#sign-out").click()
        await expect(page.locator("#state")).to_contain_text("未签入")
