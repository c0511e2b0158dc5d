"""Dialogs and panels that open over a page: axe finds nothing in any, in two languages and two themes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.dashboards.console import accessible, violations_by_theme
from tests.dashboards.fact_room import FactRoom, fact_room
from tests.support.web_centre import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("built"),
]
Opening = Callable[[Page], Awaitable[object]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FactRoom]:
    async with fact_room(tmp_path_factory.mktemp("dialogs")) as room:
        yield room


def key(chord: str) -> Opening:
    return lambda page: page.keyboard.press(chord)


def click(selector: str) -> Opening:
    return lambda page: page.locator(selector).first.click()


BETWEEN: Final = {
    "keys": (key("Shift+Slash"), "dialog"),
    "palette": (key("Control+k"), "#palette"),
    "hand": (key("Alt+h"), "#hand-text"),
}
IN_CALL: Final = {
    "keys": (key("Shift+Slash"), "dialog"),
    "pass": (key("F8"), "#pass"),
    "promise": (key("Alt+b"), "#promise"),
    "keypad": (key("Alt+k"), "#keypad"),
    "case": (key("Alt+n"), "#case"),
    "question": (key("Alt+q"), ".record"),
    "end": (key("F4"), "#asking"),
    "reason": (key("Alt+r"), ".record"),
}
LEADERS: Final = {
    "keys": (key("Shift+Slash"), "dialog"),
    "palette": (key("Control+k"), "#palette"),
    "agent": (click("#agents-on button"), "dialog"),
    "loans": (click("#agents-on button"), ".loans summary"),
    "waiting": (key("Alt+o"), "dialog"),
}


@pytest.mark.parametrize("name", BETWEEN)
async def test_over_the_desk_between_calls(room: FactRoom, name: str) -> None:
    opening, there = BETWEEN[name]
    async with room.page("lilei") as page:
        await expect(page.locator("#state .pill")).to_be_visible()
        await opening(page)
        await page.locator(there).first.wait_for()
        assert await accessible(page) == []


@pytest.mark.parametrize("name", IN_CALL)
async def test_over_the_desk_in_a_call(room: FactRoom, name: str) -> None:
    opening, there = IN_CALL[name]
    async with room.talk("1001", name="张老板"), room.page("lilei") as page:
        await expect(page.locator("#record")).to_be_visible()
        await opening(page)
        await page.locator(there).first.wait_for()
        assert await accessible(page) == []


@pytest.mark.parametrize("name", LEADERS)
async def test_over_the_floor(room: FactRoom, name: str) -> None:
    opening, there = LEADERS[name]
    waiting = await room.waits("13800138001")
    async with room.talk("1001", "13800138002"), room.page("boss") as page:
        await expect(page.locator("#agents-on li")).to_have_count(2)
        await expect(page.locator("#calls tbody tr")).not_to_have_count(0)
        await opening(page)
        await page.locator(there).first.click()
        assert await accessible(page) == []
    await room.gives_up(waiting)


async def test_phrases_are_offered_chosen_and_read_by_keyboard(room: FactRoom) -> None:
    async with room.talk("1001"), room.page("lilei") as page:
        field = page.get_by_label("处理进度")
        await field.click()
        await field.press_sequentially("::so")
        await expect(page.locator("#phrases")).to_contain_text("已向客户致歉并说明原因。")
        assert await violations_by_theme(page) == []
        await page.keyboard.press("Enter")
        await expect(field).to_have_value("已向客户致歉并说明原因。")
        await expect(page.locator("#phrases")).to_have_count(0)
        await expect(page.locator("#kept")).to_have_text("已保存")
        # Escape leaves what was typed, and a phrase is found by its own words.
        await field.press_sequentially("::致歉")
        await page.locator("#phrases").wait_for()
        await page.keyboard.press("Escape")
        await expect(page.locator("#phrases")).to_have_count(0)
        await expect(field).to_have_value("已向客户致歉并说明原因。::致歉")
        # Over a dialog it is still seen.
        await page.keyboard.press("Alt+h")
        await page.locator("#hand-text").press_sequentially("::so")
        await expect(page.locator("#phrases")).to_be_visible()
        await page.locator("#phrases li").click()
        await expect(page.locator("#hand-text")).to_have_value("已向客户致歉并说明原因。")


async def test_the_sign_in_over_the_page_in_both_languages(room: FactRoom) -> None:
    async with room.page("lilei") as page:
        await page.keyboard.press("Alt+p")
        await expect(page.locator("#pause")).to_be_visible()
        await page.context.clear_cookies()
        # Dispatched: when another request of the page is refused first, the sign-in already lies over the button.
        await page.locator("#pause").dispatch_event("click")
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("请重新登录")
        assert await accessible(page) == []
        await page.locator("#password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(dialog).to_have_count(0)
