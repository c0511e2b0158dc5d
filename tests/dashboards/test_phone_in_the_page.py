"""The phone in the page: a real Chromium with a sound file for a microphone, a real Asterisk, a caller with a tone."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect

from tests.dashboards.console import accessible, console_page, fits, sign_in
from tests.dashboards.phone_room import (
    CALLER_HERTZ,
    COLLEAGUE_HERTZ,
    KEEP_SPEAKERS,
    PHONE_MARKS,
    Room,
    answered,
    at_rest,
    at_the_desk,
    hears,
    is_heard,
    placed,
    room,
)
from tests.e2e.centre import SALES
from tests.support.waiting import until, until_true

__all__ = ["room"]
pytestmark = PHONE_MARKS


async def test_a_whole_call_by_keyboard_alone_with_sound_both_ways_and_the_focus_never_lost(room: Room) -> None:
    await room.centre.api.put("/agents/1001/presence", {"state": "signed_out", "despite_reason": "测试"})
    async with console_page(room.browser) as page:
        await page.add_init_script(KEEP_SPEAKERS)
        await sign_in(page, room.origin, "lina", room.password, "/desk")
        await room.registered()
        await placed(page)
        await page.keyboard.press("Alt+a")
        await expect(page.locator("#state")).to_contain_text("空闲")
        await placed(page)
        await at_rest(room)
        caller = await room.carrier.call(SALES, "13974813001")
        await expect(page.locator("#call.incoming .number")).to_have_text("13974813001")
        await page.locator("#answer").wait_for()
        await page.keyboard.press("Enter")
        await page.locator("#call.talking").wait_for()
        await placed(page)
        await hears(page, CALLER_HERTZ)
        await is_heard(caller)
        await page.keyboard.press("F6")
        await expect(page.locator("#hold")).to_have_attribute("aria-pressed", "true")
        # A key during the request before is not taken.
        await expect(page.locator("#hold")).to_be_enabled()
        await placed(page)
        await page.keyboard.press("F6")
        await expect(page.locator("#hold")).to_have_attribute("aria-pressed", "false")
        await is_heard(caller)
        # Long enough for two looks at the sound.
        await expect(page.locator("#quality")).to_be_visible()
        await page.keyboard.press("Alt+r")
        await page.keyboard.type("破损")
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("来电原因")).not_to_have_value("")
        await page.keyboard.press("Alt+n")
        await page.keyboard.type("货晚到两天")
        for _ in range(2):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#case-open")).to_be_visible()
        await placed(page)
        await page.keyboard.press("F4")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await caller.gone()
        await expect(page.locator("#state")).to_contain_text("话后处理")
        await placed(page)
        # What the record lacks gets the focus, once the record is on the page again.
        await expect(page.locator("#kept")).to_have_text("已保存")
        await page.keyboard.press("Alt+Enter")
        await expect(page.get_by_label("处理进度")).to_be_focused()
        await page.keyboard.type("已答应补发")
        await page.keyboard.press("Alt+Enter")
        await expect(page.locator("#state")).to_contain_text("空闲")
        await placed(page)
        # The next one gives up; the line has answered, so it hangs up.
        await at_rest(room)
        caller = await room.carrier.call(SALES, "13974813011")
        await page.locator("#answer").wait_for()
        await placed(page)
        caller.hang_up()
        await expect(page.locator("#withdrawn")).to_contain_text("13974813011")
        await placed(page)
    record = await room.centre.call("13974813001")
    assert (record["outcome"], record["agent"], record["hung_up_by"]) == ("answered", "1001", "agent")
    note = await room.centre.api.get(f"/calls/{record['id']}/record")
    assert (note["state"], note["reason"] is not None) == ("done", True)
    # What the page measured of the sound is with the call.
    measured: list[dict[str, Any]] = []

    async def is_measured() -> bool:
        measured[:] = (await room.centre.api.get(f"/calls/{record['id']}/quality"))["items"]
        return measured != []

    await until_true(is_measured, 15)
    assert all(each["agent"] == "1001" and each["codec"] != "" for each in measured)


async def test_a_caller_is_passed_to_a_desk_phone_after_asking(room: Room) -> None:
    async with console_page(room.browser) as page:
        await at_the_desk(room, page)
        await room.centre.api.put("/agents/1002/presence", {"state": "available"})
        caller = await answered(room, page, "13974813002")
        await page.keyboard.press("F8")
        await page.keyboard.type("1002")
        await expect(page.locator("#targets li").first).to_contain_text("1002")
        rings = len(room.colleague.incoming)
        await page.keyboard.press("Enter")
        colleague = await room.colleague.called(rings + 1)
        colleague.answer()
        await colleague.acknowledged()
        await expect(page.locator("#consulting")).to_contain_text("1002")
        await hears(page, COLLEAGUE_HERTZ)
        await is_heard(colleague)
        await page.keyboard.press("F9")
        await colleague.gone()
        await expect(page.locator("#consulting")).to_have_count(0)
        await hears(page, CALLER_HERTZ)
        await page.keyboard.press("F8")
        await page.keyboard.type("1002")
        await expect(page.locator("#targets li").first).to_contain_text("1002")
        await page.keyboard.press("Enter")
        colleague = await room.colleague.called(rings + 2)
        colleague.answer()
        await colleague.acknowledged()
        await hears(page, COLLEAGUE_HERTZ)
        await page.keyboard.press("F8")
        await page.locator("#call.idle").wait_for()
        await is_heard(colleague, CALLER_HERTZ)
        await is_heard(caller, COLLEAGUE_HERTZ)
        caller.hang_up()
        await colleague.gone()
    record = await room.centre.call("13974813002")
    assert ("attended", "1002") in [(each["kind"], each["target"]) for each in record["transfers"]]


async def test_R3_a_second_call_is_answered_while_the_first_is_on_hold_and_a_call_that_comes_back_rings(
    room: Room,
) -> None:
    async with console_page(room.browser) as page:
        await at_the_desk(room, page)
        caller = await answered(room, page, "13974813010")
        await page.get_by_label("处理进度").fill("正在查订单")
        await expect(page.locator("#kept")).to_have_text("已保存")
        colleague = await room.colleague.signed_call("1001w")
        await expect(page.locator("#second")).to_contain_text("1002")
        await expect(page.locator("#call.talking .number")).to_have_text("13974813010")
        assert await accessible(page, ["en"]) == []
        assert await fits(page)
        await page.keyboard.press("F2")
        await expect(page.locator("#call.talking .number")).to_have_text("1002")
        await expect(page.locator("#held-call")).to_contain_text("13974813010")
        await hears(page, COLLEAGUE_HERTZ)
        await is_heard(colleague)
        assert await accessible(page) == []
        # Back to the first, whose record is as it was; then to the second, which ends.
        await page.keyboard.press("Alt+s")
        await expect(page.locator("#call.talking .number")).to_have_text("13974813010")
        await expect(page.get_by_label("处理进度")).to_have_value("正在查订单")
        await hears(page, CALLER_HERTZ)
        await is_heard(caller)
        await page.keyboard.press("Alt+s")
        await is_heard(colleague)
        colleague.hang_up()
        await expect(page.locator("#held-call")).to_have_count(0)
        await page.keyboard.press("F6")
        await expect(page.locator("#hold")).to_have_attribute("aria-pressed", "false")
        await hears(page, CALLER_HERTZ)
        await is_heard(caller)
        # Another one is declined with a reason.
        colleague = await room.colleague.signed_call("1001w")
        await page.locator("#second-decline").click()
        await page.locator("#second-why").select_option("emergency")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await until(lambda: colleague.statuses[-1] >= 400, 15)
        await expect(page.locator("#second")).to_have_count(0)
        # A caller whom nobody takes comes back: the phone of the page rings again and is answered.
        room.colleague.refuses = (486, "Busy Here")
        await room.centre.api.put("/agents/1002/presence", {"state": "available"})
        await page.keyboard.press("F8")
        await page.keyboard.type("1002")
        await expect(page.locator("#targets li").first).to_contain_text("1002")
        await page.keyboard.press("Control+Enter")
        await page.locator("#answer").wait_for()
        assert await accessible(page, ["en"]) == []
        await page.keyboard.press("F2")
        await page.locator("#call.talking").wait_for()
        await hears(page, CALLER_HERTZ)
        await is_heard(caller)
        room.colleague.refuses = None
        caller.hang_up()
        await page.locator("#call.idle").wait_for()
    record = await room.centre.call("13974813010")
    assert len(record["holds"]) == 2
    acts = await room.centre.api.items(f"/calls/{record['id']}/acts")
    assert {"hold", "unhold", "transfer"} <= {act["act"] for act in acts}


async def test_a_number_is_called_from_the_desk_and_keys_reach_it(room: Room) -> None:
    async with console_page(room.browser) as page:
        await at_the_desk(room, page)
        calls = len(room.carrier.incoming)
        await page.keyboard.press("Alt+d")
        await page.keyboard.type("139-7481-3003")
        await page.keyboard.press("Enter")
        # The page's own phone is called first and answers by itself.
        customer = await room.carrier.called(calls + 1)
        customer.answer()
        await customer.acknowledged()
        await page.locator("#call.talking").wait_for()
        await hears(page, CALLER_HERTZ)
        await is_heard(customer)
        await page.keyboard.press("Alt+k")
        await page.keyboard.type("１2#")
        await expect(page.locator("#keys-sent")).to_have_text("12#")
        await page.keyboard.press("Escape")
        await page.keyboard.press("F7")
        await expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
        customer.hang_up()
        await page.locator("#call.idle").wait_for()


async def test_one_window_of_two_has_the_phone_and_it_can_be_brought(room: Room) -> None:
    async with console_page(room.browser) as page:
        await at_the_desk(room, page)
        second = await page.context.new_page()
        await second.add_init_script(KEEP_SPEAKERS)
        await second.goto(f"{room.origin}/desk")
        await expect(second.locator("#phone")).to_contain_text("在另一个窗口中")
        caller = await answered(room, page, "13974813004")
        await second.locator("#bring-phone").click()
        await expect(second.locator("#phone")).to_contain_text("另一个窗口正在通话")
        caller.hang_up()
        await page.locator("#call.idle").wait_for()
        await second.locator("#bring-phone").click()
        await expect(second.locator("#phone")).to_contain_text("就绪")
        await expect(page.locator("#phone")).to_contain_text("在另一个窗口中")
        await at_rest(room)
        caller = await room.carrier.call(SALES, "13974813005")
        await second.locator("#answer").wait_for()
        await expect(page.locator("#call.incoming")).to_be_visible()
        await expect(page.locator("#answer")).to_have_count(0)
        await second.keyboard.press("Enter")
        await hears(second, CALLER_HERTZ)
        caller.hang_up()
        await page.locator("#call.idle").wait_for()


async def test_H2_the_start_of_work_checks_sound_microphone_and_phone_before_the_sign_in(room: Room) -> None:
    await room.centre.api.put("/agents/1001/presence", {"state": "signed_out", "despite_reason": "测试"})
    async with console_page(room.browser) as page:
        await page.context.grant_permissions(["microphone", "notifications"])
        await sign_in(page, room.origin, "lina", room.password, "/desk")
        await page.goto(f"{room.origin}/start")
        await expect(page.locator("#begin")).to_be_disabled()
        await page.locator("#check").click()
        await expect(page.locator("#checks .good")).to_have_count(6)
        assert await accessible(page) == []
        assert await fits(page)
        await page.keyboard.press("Alt+a")
        await page.wait_for_url("**/desk")
        await expect(page.locator("#state")).to_contain_text("空闲")
    presence = await room.centre.api.get("/agents/1001/presence")
    assert (presence["state"], presence["phone"]) == ("available", "1001w")


async def test_W1_W2_a_record_with_a_searched_reason_a_question_read_back_and_a_case(room: Room) -> None:
    names = {"delivery": "配送", "late": "送货延迟"}
    rows = [{"code": code, "names": {"zh-CN": name, "en": code}} for code, name in names.items()]
    await room.centre.api.put("/call-reasons", {"items": [rows[0], {**rows[1], "parent": "delivery"}]})
    async with console_page(room.browser) as page:
        await at_the_desk(room, page)
        caller = await answered(room, page, "13974813006")
        await page.keyboard.press("Alt+r")
        await page.keyboard.type("延迟")
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("来电原因")).to_have_value("配送 › 送货延迟")
        await page.keyboard.press("Alt+q")
        await page.keyboard.type("什么时候送到")
        await page.get_by_label("处理进度").fill("已催办")
        await expect(page.locator("#kept")).to_have_text("已保存")
        # A question that was not read back keeps the record open.
        await page.keyboard.press("Alt+Enter")
        await expect(page.locator("#call [role=alert]")).not_to_be_empty()
        await page.keyboard.press("Alt+n")
        await page.keyboard.type("货晚到两天")
        assert await accessible(page) == []
        await page.locator("#case").get_by_role("button", name="建立工单").click()
        await expect(page.locator("#case-open")).to_be_visible()
        await page.get_by_label("已复述核对").check()
        await expect(page.locator("#kept")).to_have_text("已保存")
        await page.keyboard.press("Alt+Enter")
        await expect(page.locator("#call")).to_contain_text("已完成")
        caller.hang_up()
        await page.locator("#call.idle").wait_for()
    call = await room.centre.call("13974813006")
    record = await room.centre.api.get(f"/calls/{call['id']}/record")
    assert (record["state"], record["reason"]) == ("done", "late")
    assert [(each["question"], each["checked"]) for each in record["questions"]] == [("什么时候送到", True)]
    cases = await room.centre.api.items("/cases")
    assert [case["what_happened"] for case in cases if case["phone"].endswith("13974813006")] == ["货晚到两天"]


async def test_R5_what_follows_the_call_is_chosen_in_it_and_the_call_is_on_every_page(room: Room) -> None:
    async with console_page(room.browser) as page:
        await at_the_desk(room, page)
        caller = await answered(room, page, "13974813008")
        # The last agent of a line does not leave it by a pause of their own.
        await room.centre.shift("1002", "sales")
        await room.centre.api.put("/agents/1002/presence", {"state": "available"})
        await page.keyboard.press("Alt+p")
        await expect(page.locator("#next")).to_be_focused()
        await page.locator("#next").select_option("training")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#after-call")).to_contain_text("培训")
        await page.locator("#revoke").click()
        await expect(page.locator("#after-call")).to_have_count(0)
        await page.locator("#next").select_option("training")
        await page.locator("#choose-next").click()
        await expect(page.locator("#after-call")).to_contain_text("培训")
        # The call goes along to another page, with its keys.
        await page.locator("nav a[href='/day']").click()
        await expect(page.locator("#call-bar")).to_contain_text("13974813008")
        await expect(page.locator("#log-out")).to_be_disabled()
        await page.keyboard.press("F7")
        await expect(page.locator("#bar-mute")).to_have_attribute("aria-pressed", "true")
        await expect(page.locator("#speaks-muted")).to_be_visible()
        await page.keyboard.press("F7")
        await expect(page.locator("#bar-mute")).to_have_attribute("aria-pressed", "false")
        await is_heard(caller)
        assert await accessible(page) == []
        await page.locator("#to-desk").click()
        # The caller hangs up first.
        await page.locator("#call.talking").wait_for()
        await page.keyboard.press("F4")
        await page.locator("#wait").click()
        await expect(page.locator("#farewell")).to_be_visible()
        caller.hang_up()
        await expect(page.locator("#call .left")).to_contain_text("剩余")
        await page.get_by_role("button", name="延长 1 分钟").click()
        # A record that lacks something keeps the wrap-up open.
        await page.locator("#finish-wrap").click()
        await expect(page.locator("#call [role=alert]")).not_to_be_empty()
        await expect(page.locator("#state")).to_contain_text("话后处理")
        await page.get_by_label("原因说明").fill("询问营业时间")
        await page.get_by_label("处理进度").focus()
        await page.keyboard.type("::ok")
        await expect(page.locator("#phrases")).to_contain_text("已当场答复")
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("处理进度")).to_have_value("已当场答复，客户表示满意。")
        assert await accessible(page) == []
        assert await fits(page)
        await page.keyboard.press("Alt+Enter")
        await expect(page.locator("#state")).to_contain_text("培训")
        await page.keyboard.press("Alt+a")
        await expect(page.locator("#state")).to_contain_text("空闲")
    record = await room.centre.call("13974813008")
    assert (record["hung_up_by"], record["outcome"]) == ("caller", "answered")
