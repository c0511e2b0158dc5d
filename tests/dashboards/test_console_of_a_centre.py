"""The desk and the floor in a real browser, on a real service with a real Asterisk and SIPp's callers."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from callcenter.clock import now
from callcenter.demo.api_client import Json
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers, silent
from tests.dashboards.conftest import FLAGS
from tests.dashboards.console import (
    LANGUAGES,
    accessible,
    choose_language,
    compose,
    console_page,
    fits,
    sign_in,
    violations,
)
from tests.e2e.centre import SALES, RunningCentre, running_centre

pytestmark = [
    pytest.mark.pbx,
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("built"),
]
NUMBER = "13974800011"


@dataclass
class Room:
    centre: RunningCentre
    browser: Browser
    passwords: dict[str, str]

    @property
    def origin(self) -> str:
        return self.centre.centre.origin

    async def return_calls(self, number: str) -> list[Json]:
        rows = await self.centre.api.items("/callbacks", open="true")
        return [row for row in rows if row["number"].endswith(number)]

    async def state(self, agent: str) -> tuple[str, str]:
        presence = await self.centre.api.get(f"/agents/{agent}/presence")
        return presence["state"], presence["reason"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.fail("no Chromium on this machine: make test installs it; a skipped half would look green")
    expect.set_options(timeout=15_000)
    first = {"CC_POLICY__ANNOUNCEMENTS_FIRST": "true"}
    async with running_centre(tmp_path_factory.mktemp("console"), first) as centre, async_playwright() as playwright:
        passwords = {
            "lina": await centre.centre.account("lina", "李娜", "agent", "1001"),
            "boss": await centre.centre.account("boss", "王主管", "supervisor"),
        }
        await known_caller(centre)
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield Room(centre, browser, passwords)
        await browser.close()


async def known_caller(centre: RunningCentre) -> None:
    """A VIP with an open case, a promised return call and a note of caution."""
    customer: Json = await centre.api.post(
        "/customers", {"name": "张老板", "numbers": [NUMBER], "standing": "vip", "company": "长沙老街超市"}
    )
    await centre.api.post("/unusual-customers", {"kind": "upset", "text": "上周送货迟到，请先致歉", "number": NUMBER})
    case = {"kind": "complaint", "channel": "phone", "what_happened": "货晚到两天", "customer_name": "张老板"}
    await centre.api.post("/cases", {**case, "phone": NUMBER, "customer": customer["id"]})
    tomorrow = (now() + timedelta(days=1)).astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=10, minute=0)
    due = {
        "number": NUMBER,
        "reason": "答复赔偿方案",
        "promised": True,
        "due_at": tomorrow.isoformat(),
        "line": "sales",
    }
    await centre.api.post("/callbacks", due)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_way_in_by_keyboard_in_both_languages(room: Room, language: str) -> None:
    async with console_page(room.browser, language) as page:
        await page.goto(f"{room.origin}/desk")
        await page.wait_for_url("**/login?next=/desk")
        await expect(page.locator("h1")).to_have_text({"zh-CN": "登录", "en": "Log in"}[language])
        assert await accessible(page, [language]) == []
        await page.locator("#login").fill("lina")
        await page.locator("#password").fill("not this one")
        await page.keyboard.press("Enter")
        await expect(page.locator("#error")).to_be_visible()
        await sign_in(page, room.origin, "lina", room.passwords["lina"], "/desk")
        await page.locator("#log-out").click()
        await page.wait_for_url("**/login")


async def test_a_shift_by_keyboard_alone(room: Room) -> None:
    await room.centre.staff("sales", {"1001": silent(), "1002": silent()})
    await room.centre.api.put("/agents/1001/presence", {"state": "signed_out", "despite_reason": "测试"})
    async with console_page(room.browser) as page:
        await sign_in(page, room.origin, "lina", room.passwords["lina"], "/desk")
        await expect(page.locator("#state")).to_contain_text("未签入")
        await page.keyboard.press("Alt+a")
        await expect(page.locator("#state")).to_contain_text("空闲")
        assert (await room.state("1001"))[0] == "available"
        await page.keyboard.press("Alt+p")
        await expect(page.locator("#reason")).to_be_focused()
        await page.locator("#reason").press("End")
        chosen = await page.locator("#reason").input_value()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#state")).to_contain_text("示忙")
        assert await room.state("1001") == ("paused", chosen)
        await page.keyboard.press("Alt+a")
        await expect(page.locator("#state")).to_contain_text("空闲")
        await page.keyboard.press("Shift+Slash")
        await expect(page.get_by_role("dialog")).to_contain_text("Alt+P")
        assert await violations(page) == []
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert await accessible(page) == []
        assert await fits(page)


async def test_R1_the_caller_is_shown_before_the_answer_and_the_ring_turns_red(room: Room) -> None:
    await room.centre.staff("sales", {"1001": silent()})
    async with console_page(room.browser) as page, console_page(room.browser) as floor:
        await sign_in(page, room.origin, "lina", room.passwords["lina"], "/desk")
        await sign_in(floor, room.origin, "boss", room.passwords["boss"], "/floor")
        async with calls(room.centre.centre.network, [Caller(NUMBER, SALES, "张老板", talks=20)]):
            card = page.locator("#call.incoming")
            await expect(card.locator(".number")).to_have_text(NUMBER)
            await expect(card.locator(".name")).to_have_text("张老板")
            await expect(card).to_contain_text("VIP")
            await expect(card).to_contain_text("sales")
            await expect(card).to_contain_text("请先致歉")
            await expect(card).to_contain_text("已承诺回电")
            await expect(page.locator("#cases")).to_contain_text("货晚到两天")
            await expect(card.locator(".rings .pill")).to_have_text(re.compile("第 [123] 声"))
            assert await room.centre.floor.see("ringing", "1001", caller=NUMBER)
            await expect(card.locator(".rings.bad")).to_contain_text("已超过第 3 声")
            await expect(floor.locator("#urgent")).to_contain_text("超过第三声")
            assert await fits(page)
            assert await accessible(page) == []
            await page.locator("#withdrawn").wait_for()
        await expect(page.locator("#withdrawn")).to_contain_text(NUMBER)
        await expect(page.locator("#withdrawn")).to_contain_text(re.compile("未及时接听|来电者已挂断"))


async def test_a_caller_who_hangs_up_is_withdrawn_and_called_back_with_one_key(room: Room) -> None:
    await room.centre.staff("sales", {"1001": silent()})
    number = "13974800038"
    async with console_page(room.browser) as page, console_page(room.browser) as floor:
        await sign_in(page, room.origin, "lina", room.passwords["lina"], "/desk")
        await sign_in(floor, room.origin, "boss", room.passwords["boss"], "/floor")
        async with calls(room.centre.centre.network, [Caller(number, SALES, "陈小姐", talks=4)]) as run:
            await expect(page.locator("#call.incoming .number")).to_have_text(number)
            await expect(floor.locator("#calls")).to_contain_text(number)
            await run.over(within=40)
        await expect(page.locator("#withdrawn")).to_contain_text("来电者已挂断")
        row = floor.locator("#given li", has_text=number)
        await row.wait_for(timeout=30_000)
        await floor.keyboard.press("Alt+b")
        await expect(row).to_contain_text(re.compile("待回电"))
        assert len(await room.return_calls(number)) == 1
        assert await accessible(floor) == []


async def test_a_return_call_is_promised_in_the_call_and_composition_fires_no_key(room: Room) -> None:
    await room.centre.staff("sales", {"1001": answers(after=1)})
    number = "13974800059"
    async with console_page(room.browser) as page:
        await sign_in(page, room.origin, "lina", room.passwords["lina"], "/desk")
        async with calls(room.centre.centre.network, [Caller(number, SALES, "彭先生", talks=40)]):
            await page.locator("#call.talking").wait_for()
            await expect(page.locator("#state")).to_contain_text("通话中")
            await page.keyboard.press("Alt+b")
            await page.get_by_label("什么时候").select_option("tomorrow_morning")
            field = page.get_by_label("回电事由")
            await field.focus()
            await compose(page, "tuikuan", "退款进度")
            await expect(field).to_have_value("退款进度")
            await expect(page.locator("#promise")).to_be_visible()
            await expect(page.get_by_role("dialog")).to_have_count(0)
            assert await fits(page)
            assert await accessible(page) == []
            await field.press("Enter")
            await expect(page.locator("#call")).to_contain_text(re.compile(r"已承诺 .+ 回电"))
        rows = await room.return_calls(number)
        assert [(row["reason"], row["promised"], row["source"]) for row in rows] == [
            ("退款进度", True, "agent_promise")
        ]
        await expect(page.locator("#call.idle")).to_be_visible()


async def test_W1_what_is_typed_during_the_call_is_kept_and_finished_after_it(room: Room) -> None:
    await room.centre.staff("sales", {"1001": answers(after=1)})
    number = "13974800066"
    names = {"zh-CN": "配送", "en": "Delivery"}
    await room.centre.api.put("/call-reasons", {"items": [{"code": "delivery", "names": names}]})
    async with console_page(room.browser) as page:
        await sign_in(page, room.origin, "lina", room.passwords["lina"], "/desk")
        async with calls(room.centre.centre.network, [Caller(number, SALES, "刘女士", talks=30)]):
            await page.locator("#call.talking").wait_for()
            await page.get_by_label("原因说明").fill("询问送货时间")
            await expect(page.locator("#kept")).to_have_text("已保存")
            await page.reload()
            await expect(page.get_by_label("原因说明")).to_have_value("询问送货时间")
            await page.get_by_label("处理进度").fill("已答复")
            await page.get_by_label("来电原因").fill("配送")
            await page.get_by_label("来电原因").press("Enter")
            assert await fits(page)
            assert await accessible(page) == []
            await page.keyboard.press("Alt+Enter")
            await expect(page.locator("#call")).to_contain_text("已完成")
        calls_of = await room.centre.calls(number)
        record = await room.centre.api.get(f"/calls/{calls_of[0]['id']}/record")
        assert (record["reason_text"], record["progress"], record["state"]) == ("询问送货时间", "已答复", "done")


async def test_a_cut_feed_is_shown_and_resumed_and_an_ended_session_keeps_the_page(room: Room) -> None:
    await room.centre.staff("sales", {"1001": silent()})
    async with console_page(room.browser) as page:
        await sign_in(page, room.origin, "lina", room.passwords["lina"], "/desk")
        await expect(page.locator("#state")).to_contain_text("空闲")
        await page.context.set_offline(True)
        await room.centre.centre.kill()
        await expect(page.locator("#banner")).to_contain_text("此电脑已断网")
        await page.context.set_offline(False)
        await room.centre.centre.start()
        await expect(page.locator("#banner")).to_be_hidden(timeout=60_000)
        despite = {"state": "paused", "reason": "training", "despite_reason": "测试"}
        await room.centre.api.put("/agents/1001/presence", despite)
        await expect(page.locator("#state")).to_contain_text("培训")
        await page.context.clear_cookies()
        # The page may notice by itself first: its dialog then lies over the button.
        await page.locator("#resume").dispatch_event("click")
        await expect(page.get_by_role("dialog")).to_contain_text("请重新登录")
        await expect(page.locator("#password")).to_be_focused()
        await page.keyboard.type(room.passwords["lina"])
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.keyboard.press("Alt+a")
        await expect(page.locator("#state")).to_contain_text("空闲")
        assert page.url.endswith("/desk")


async def test_a_supervisor_acts_on_a_person_and_an_agent_does_not_see_the_floor(room: Room) -> None:
    await room.centre.staff("sales", {"1001": silent(), "1002": silent()})
    async with console_page(room.browser) as floor, console_page(room.browser) as page:
        await sign_in(floor, room.origin, "boss", room.passwords["boss"], "/floor")
        await expect(floor.locator("#agents-on li")).to_have_count(2)
        await floor.locator("#agents-on li", has_text="1002").get_by_role("button").click()
        await floor.get_by_role("dialog").get_by_role("button", name="示忙").click()
        await expect(floor.locator("#agents-on li", has_text="1002")).to_contain_text("示忙 · 其他")
        assert await room.state("1002") == ("paused", "other")
        await choose_language(floor, "en")
        await expect(floor.locator("#agents-on")).to_contain_text("Paused")
        await sign_in(page, room.origin, "lina", room.passwords["lina"], "/desk")
        await page.goto(f"{room.origin}/floor")
        await page.wait_for_url("**/desk")


async def test_W4_a_log_is_kept_while_it_is_written_and_handed_in(room: Room) -> None:
    async with console_page(room.browser) as page:
        await sign_in(page, room.origin, "lina", room.passwords["lina"], "/desk")
        await page.locator(".rail a", has_text="我的一天").click()
        await page.wait_for_url("**/day")
        await page.get_by_label("完成的工作").fill("接听热线")
        await expect(page.locator("#keeping")).to_have_text("已保存")
        await page.reload()
        await expect(page.get_by_label("完成的工作")).to_have_value("接听热线")
        await page.get_by_label("收获与心得").fill("先致歉")
        assert await accessible(page) == []
        await page.locator("#submit-log").click()
        await expect(page.get_by_text("已提交")).to_be_visible()
        await expect(page.get_by_label("收获与心得")).to_have_attribute("readonly", "")
        await page.reload()
        await expect(page.get_by_label("收获与心得")).to_have_value("先致歉")


async def test_H2_news_that_must_be_read_stands_before_the_sign_in(room: Room) -> None:
    await room.centre.staff("sales", {"1001": silent()})
    await room.centre.api.put("/agents/1001/presence", {"state": "signed_out", "despite_reason": "测试"})
    async with console_page(room.browser) as page:
        await sign_in(page, room.origin, "lina", room.passwords["lina"], "/desk")
        news = {"title": "周六停机", "body": "周六 2 点到 4 点停机维护。", "kind": "news", "must_read": True}
        await room.centre.api.post("/announcements", {**news, "roles": ["agent"]})
        row = page.locator("#unread li", has_text="周六停机")
        await row.wait_for()
        assert await accessible(page) == []
        await page.keyboard.press("Alt+a")
        await expect(page.locator("#refused")).to_be_visible()
        await row.get_by_role("button", name="已阅读").click()
        await expect(page.locator("#unread")).to_have_count(0)
        await page.keyboard.press("Alt+a")
        await expect(page.locator("#state")).to_contain_text("空闲")


async def test_ones_own_account_and_the_wall(room: Room) -> None:
    async with console_page(room.browser) as page, console_page(room.browser) as wall:
        await sign_in(page, room.origin, "lina", room.passwords["lina"], "/desk")
        await page.goto(f"{room.origin}/me")
        await page.locator("#old").fill("wrong")
        await page.locator("#new").fill("蓝色的自行车停在门口旁边")
        await page.locator("#again").fill("蓝色的自行车停在门口旁边")
        await page.keyboard.press("Enter")
        await expect(page.locator(".error")).to_be_visible()
        assert await accessible(page) == []
        token = await room.centre.centre.screen_token("admin")
        await wall.goto(f"{room.origin}/wall#token={token}")
        await expect(wall.locator("#level .number")).to_be_visible()
        await expect(wall.locator("#agents, #calls").first).to_be_attached()
        assert "token" not in wall.url
        assert await violations(wall) == []


async def test_a_hostile_name_is_text_on_the_desk(room: Room) -> None:
    hostile = '<img src=x onerror="document.title=1"><b>李'
    number = "13974800077"
    await room.centre.staff("sales", {"1001": silent()})
    await room.centre.api.post("/customers", {"name": hostile, "numbers": [number]})
    async with console_page(room.browser) as page:
        await sign_in(page, room.origin, "lina", room.passwords["lina"], "/desk")
        async with calls(room.centre.centre.network, [Caller(number, SALES, "李", talks=8)]):
            await expect(page.locator("#call.incoming .name")).to_have_text(hostile)
            assert await page.locator("#call img, #call b").count() == 0
