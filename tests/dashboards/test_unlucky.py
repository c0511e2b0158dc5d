"""The pages for an unlucky user: two windows, back, reloads, a slow network, wrong clocks, hostile names."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.dashboards.console import accessible, fits
from tests.dashboards.fact_room import FactRoom, fact_room

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("built"),
]
RIGHT_TO_LEFT = "\u202e"
HOSTILE = {
    "markup": '<img src=x onerror="document.title=1"><script>1</script>李',
    "bidi": f"李{RIGHT_TO_LEFT}00886231 \u2067abc",
    "long": "W" * 190,
    "words": "长沙老街超市" * 30,
    "lines": "李\n\n娜\t",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FactRoom]:
    async with fact_room(tmp_path_factory.mktemp("unlucky")) as room:
        yield room


async def test_two_windows_write_one_record_and_nothing_typed_is_lost(room: FactRoom) -> None:
    async with room.talk("1001") as call, room.page("lilei") as first, room.page("lilei") as second:
        await first.locator("#record").wait_for()
        await second.locator("#record").wait_for()
        await first.get_by_label("处理进度").fill("已答复")
        await expect(first.locator("#kept")).to_have_text("已保存")
        await second.get_by_label("处理进度").fill("客户再催")
        await second.get_by_label("联系方式").fill("13900139000")
        await expect(second.locator("#kept")).to_have_text("已在别处修改")
        await second.locator(".record .error button").click()
        # What the other window wrote is there, and what was typed here stays and is kept.
        await expect(second.get_by_label("处理进度")).to_have_value("已答复 客户再催")
        await expect(second.get_by_label("联系方式")).to_have_value("13900139000")
        await expect(second.locator("#kept")).to_have_text("已保存")
        await expect(second.locator(".record .error")).to_have_count(0)
        record = await (await second.request.get(f"{room.origin}/api/v1/calls/{call.id}/record")).json()
        assert (record["contact"], record["progress"]) == ("13900139000", "已答复 客户再催")


async def test_the_back_button_in_a_call_leads_back_and_the_call_stays_in_sight(room: FactRoom) -> None:
    async with room.page("lilei", "/day") as page:
        await page.locator(".rail a[href='/desk']").click()
        await page.wait_for_url("**/desk")
        async with room.talk("1001"):
            await page.get_by_label("处理进度").fill("正在查订单")
            await page.go_back()
            await page.wait_for_url("**/day")
            await expect(page.locator("#call-bar")).to_contain_text("13800138000")
            await page.go_forward()
            await page.wait_for_url("**/desk")
            await expect(page.get_by_label("处理进度")).to_have_value("正在查订单")
            await expect(page.locator("#kept")).to_have_text("已保存")


async def test_a_reload_in_the_wrap_up_brings_the_record_back(room: FactRoom) -> None:
    call = await room.talks("1001")
    async with room.page("lilei") as page:
        await page.get_by_label("原因说明").fill("询问送货时间")
        await expect(page.locator("#kept")).to_have_text("已保存")
        await room.ends(call)
        await page.locator(".idle #record").wait_for()
        await page.get_by_label("处理进度").fill("已答复")
        await page.reload()
        await expect(page.get_by_label("原因说明")).to_have_value("询问送货时间")
        await expect(page.get_by_label("处理进度")).to_have_value("已答复")
        await page.keyboard.press("Alt+Enter")
        await expect(page.locator("#state")).to_contain_text("空闲")


async def test_a_slow_network_keeps_what_is_typed_and_finishes_once(room: FactRoom) -> None:
    call = await room.talks("1001")
    async with room.page("lilei") as page:
        await page.locator("#record").wait_for()
        network = await page.context.new_cdp_session(page)
        slow = {"offline": False, "latency": 1500, "downloadThroughput": 8000, "uploadThroughput": 4000}
        await network.send("Network.emulateNetworkConditions", slow)
        finished: list[str] = []
        page.on("request", lambda asked: finished.append(asked.url) if "wrap-up/finish" in asked.url else None)
        await page.get_by_label("原因说明").fill("询问送货时间")
        await page.get_by_label("处理进度").fill("已答复")
        await room.ends(call)
        await page.locator("#finish-wrap").wait_for()
        for _ in range(3):
            await page.keyboard.press("Alt+Enter")
        await expect(page.locator("#state")).to_contain_text("空闲", timeout=30_000)
        record = await (await page.request.get(f"{room.origin}/api/v1/calls/{call.id}/record")).json()
        assert (record["state"], record["reason_text"], record["progress"]) == ("done", "询问送货时间", "已答复")
        assert len(finished) == 1
        await expect(page.locator(".error")).to_have_count(0)


@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_hostile_name_is_text_and_breaks_no_page(room: FactRoom, kind: str) -> None:
    name = HOSTILE[kind]
    async with room.page("lilei") as page, room.page("boss") as boss:
        async with room.talk("1001", name=name):
            caller = page.locator("#call .name bdi")
            await expect(caller).to_be_visible()
            assert (await caller.text_content() or "").split() == name.split()
            assert await page.locator("#call img, #call script").count() == 0
            assert await fits(page)
            # What turns the writing round stays inside of the name: the number before it reads as it is.
            await expect(page.locator("#call .number")).to_have_text("13800138000")
            await expect(boss.locator("#calls tbody tr")).to_have_count(1)
            assert await boss.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert await accessible(page, ["en"]) == []


@pytest.mark.parametrize("minutes", [-5, 5])
async def test_a_clock_that_is_minutes_off_changes_no_timer(room: FactRoom, minutes: int) -> None:
    async with room.page("lilei") as page:
        await page.add_init_script(f"""{{
            const Real = Date, off = {minutes * 60_000};
            globalThis.Date = class extends Real {{
                constructor(...all) {{ all.length ? super(...all) : super(Real.now() + off); }}
                static now() {{ return Real.now() + off; }}
            }};
        }}""")
        await page.reload()
        await expect(page.locator("#live .good")).to_be_visible()
        call = await room.rings("1001")
        await expect(page.locator("#call .since")).to_have_text("0:00")
        await room.gives_up(call)
        call = await room.talks("1001")
        await expect(page.locator("#call .since")).to_have_text("0:01")
        await room.ends(call)
        await expect(page.locator(".left")).to_contain_text("9:5")
        await page.goto(f"{room.origin}/start")
        await page.locator("#check").click()
        await expect(page.locator("#checks .bad, #checks .warn").first).to_be_visible()
    await room.no_wrap_up()


async def test_two_hundred_waiting_callers_are_counted_and_the_page_answers_at_once(room: FactRoom) -> None:
    callers = [await room.waits(f"139{place:08d}", f"客户{place}") for place in range(200)]
    async with room.page("boss") as page:
        await expect(page.locator("#queues")).to_contain_text("200")
        rows = page.locator("#calls tbody tr")
        await expect(rows.first).to_be_visible()
        assert await rows.count() <= 12
        await expect(page.locator("section", has=page.locator("#calls"))).to_contain_text("188")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        begun = await page.evaluate("performance.now()")
        await page.keyboard.press("Alt+o")
        await expect(page.get_by_role("dialog")).to_contain_text("13900000000")
        assert await page.evaluate("performance.now()") - begun < 2_000
        await page.keyboard.press("Escape")
        assert await accessible(page, ["zh-CN"]) == []
        # Half of them give up at once: the picture follows.
        for call in callers[:100]:
            await room.gives_up(call)
        await expect(page.locator("#queues")).to_contain_text("100")
    for call in callers[100:]:
        await room.gives_up(call)


async def test_the_floor_at_twice_the_size_scrolls_in_one_direction(room: FactRoom) -> None:
    async with room.talk("1001"), room.page("boss") as page:
        await page.set_viewport_size({"width": 683, "height": 384})
        await expect(page.locator("#calls tbody tr")).to_have_count(1)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for place in ("#urgent-title", "#agents-on", "#log-out"):
            await page.locator(place).scroll_into_view_if_needed()
            await expect(page.locator(place)).to_be_in_viewport()
