"""The phone in the page after a reload, a crash, an outdated secret and a restart of the PBX, with a real Asterisk."""

from __future__ import annotations

from playwright.async_api import expect

from tests.dashboards.console import console_page
from tests.dashboards.phone_room import (
    CALLER_HERTZ,
    KEEP_SPEAKERS,
    PHONE_MARKS,
    Room,
    answered,
    at_rest,
    at_the_desk,
    crash,
    hears,
    is_heard,
    outdated_at_first,
    room,
)
from tests.support.waiting import until

__all__ = ["room"]
pytestmark = PHONE_MARKS


async def test_a_caller_stays_while_the_page_is_loaded_again_or_crashes(room: Room) -> None:
    async with console_page(room.browser) as page:
        await at_the_desk(room, page)
        caller = await answered(room, page, "13974813007")
        # Typed right before: nothing waits for it.
        await page.get_by_label("处理进度").fill("已核对订单")
        await page.keyboard.press("Alt+n")
        await page.keyboard.type("货晚到两天")
        # On hold, too: the phone that comes back talks with the caller.
        await page.keyboard.press("F6")
        await expect(page.locator("#hold")).to_have_attribute("aria-pressed", "true")
        await page.reload()
        await expect(page.locator("#kept-caller")).to_be_visible()
        await page.locator("#hold").wait_for()
        await expect(page.locator("#hold")).to_have_attribute("aria-pressed", "false")
        await expect(page.locator("#call.talking .number")).to_have_text("13974813007")
        await expect(page.get_by_label("处理进度")).to_have_value("已核对订单")
        await expect(page.locator("#case-what")).to_have_value("货晚到两天")
        await hears(page, CALLER_HERTZ)
        await is_heard(caller)
        await expect(page.locator("#no-sound")).to_have_count(0)
        # The window dies; another one is open and has the phone next.
        second = await page.context.new_page()
        await second.add_init_script(KEEP_SPEAKERS)
        await second.goto(f"{room.origin}/desk")
        await expect(second.locator("#phone")).to_contain_text("在另一个窗口中")
        await crash(page)
        await hears(second, CALLER_HERTZ)
        await is_heard(caller)
        await second.locator("#hold").wait_for()
        await expect(second.get_by_label("处理进度")).to_have_value("已核对订单")
        # The only window dies, and a new one is opened.
        await crash(second)
        third = await page.context.new_page()
        await third.add_init_script(KEEP_SPEAKERS)
        await third.goto(f"{room.origin}/desk")
        await hears(third, CALLER_HERTZ)
        await is_heard(caller)
        await third.keyboard.press("F4")
        await third.keyboard.press("Tab")
        await third.keyboard.press("Enter")
        await caller.gone()
        await third.locator("#call.idle").wait_for()
    record = await room.centre.call("13974813007")
    assert (record["outcome"], record["agent"], record["hung_up_by"]) == ("answered", "1001", "agent")
    notes = await room.centre.api.get(f"/calls/{record['id']}/record")
    assert notes["progress"] == "已核对订单"


async def test_R7_a_desk_recovers_from_an_outdated_secret_and_a_restart_of_the_pbx_without_a_reload(room: Room) -> None:
    async with console_page(room.browser) as page:
        asked = await outdated_at_first(page)
        await page.clock.install()
        # The proxy refuses the first secret, as after a sleep of the computer; the page takes the next.
        await at_the_desk(room, page)
        await expect(page.locator("#phone")).to_contain_text("就绪")
        assert len(asked) == 2
        # And another one before that is too old.
        await page.clock.fast_forward(241_000)
        await until(lambda: len(asked) > 2, 15)
        await room.registered()
        await page.evaluate("window.same = true")
        await room.centre.centre.pbx_restart_now()
        await expect(page.locator("#phone")).to_contain_text("正在连接")
        await expect(page.locator("#phone")).to_contain_text("就绪", timeout=60_000)
        await at_rest(room)
        caller = await answered(room, page, "13974813009")
        await hears(page, CALLER_HERTZ)
        caller.hang_up()
        await page.locator("#call.idle").wait_for()
        assert await page.evaluate("window.same")
