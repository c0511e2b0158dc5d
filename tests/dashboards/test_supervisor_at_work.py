"""A supervisor acts on live calls by keyboard: a real Chromium, service and Asterisk, phones that are stations."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from callcenter.demo.api_client import Json, until
from callcenter.demo.seed import secret
from tests.dashboards.conftest import FLAGS
from tests.dashboards.console import accessible, console_page, sign_in, violations
from tests.dashboards.phone_room import microphone
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.support.sip import Call, Station, station

pytestmark = [
    pytest.mark.pbx,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("built"),
]
AGENTS = ("1001", "1002", "1003", "1004")


@dataclass
class Room:
    """Agent 1001 at a desk phone, supervisor 1002 with a phone in the page, supervisor 1003 at a desk phone."""

    centre: RunningCentre
    browser: Browser
    carrier: Station
    agent: Station
    deputy: Station
    helper: Station
    passwords: dict[str, str]

    @property
    def origin(self) -> str:
        return self.centre.centre.origin

    async def signed_in(self, page: Page, login: str, to: str) -> None:
        await sign_in(page, self.origin, login, self.passwords[login], "/desk")
        await page.goto(f"{self.origin}{to}")
        await expect(page.locator("#live .good")).to_be_visible()

    async def talking(self, number: str) -> tuple[Call, Call]:
        """A caller in a conversation with 1001."""
        await self.centre.members("sales", "1001", within=30)
        rings = len(self.agent.incoming)
        caller = await self.carrier.call(SALES, number)
        agent = await self.agent.called(rings + 1, within=30)
        agent.answer()
        await agent.acknowledged()
        return caller, agent

    async def supervisions(self) -> list[Json]:
        return list((await self.centre.api.get("/supervisions"))["items"])

    async def runs(self, mode: str, state: str = "active") -> None:
        async def as_expected() -> bool:
            return [(each["mode"], each["state"]) for each in await self.supervisions()] == [(mode, state)]

        await until(as_expected, 30, f"a supervision is {mode}, {state}", every=0.2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.fail("no Chromium on this machine: make test installs it; a skipped half would look green")
    expect.set_options(timeout=30_000)
    folder = tmp_path_factory.mktemp("supervisor")
    flags = [
        *FLAGS,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone(folder / 'microphone.wav')}",
        # A machine without a network has no other address for the sound.
        "--allow-loopback-in-peer-connection",
    ]
    async with running_centre(folder / "centre", agents=AGENTS) as centre, async_playwright() as playwright:
        phones = [{"name": "1002w", "kind": "webrtc"}]
        await centre.api.put("/agents/1002", {"name": "王主管", "skills": {"zh-CN": 5}, "phones": phones})
        await centre.api.put("/agents/1003", {"name": "周副主管", "skills": {"zh-CN": 5}})
        passwords = {
            "lina": await centre.centre.account("lina", "李娜", "agent", "1001"),
            "boss": await centre.centre.account("boss", "王主管", "supervisor", "1002"),
            "deputy": await centre.centre.account("deputy", "周副主管", "supervisor", "1003"),
        }
        address = ("127.0.0.1", centre.centre.ports["CC_PBX__SIP_PORT"])
        async with (
            station(address, port=centre.centre.ports["CC_PBX__TRUNK_PORT"]) as carrier,
            station(address, "1001", await secret(centre.api, "1001")) as agent,
            station(address, "1003", await secret(centre.api, "1003")) as deputy,
            station(address, "1004", await secret(centre.api, "1004")) as helper,
        ):
            assert await agent.register() == 200
            await centre.shift("1001", "sales")
            await centre.api.put("/agents/1001/presence", {"state": "available"})
            browser = await playwright.chromium.launch(executable_path=chromium, args=flags)
            yield Room(centre, browser, carrier, agent, deputy, helper, passwords)
            await browser.close()


async def test_S1_a_supervisor_listens_whispers_barges_in_and_takes_over_by_key(room: Room) -> None:
    async with console_page(room.browser) as boss, console_page(room.browser) as agents_page:
        # A desk phone rings by itself: a page without sound does not make it silent.
        async with agents_page.expect_request(
            lambda sent: "presence/page" in sent.url and '"can_ring":true' in (sent.post_data or "")
        ):
            await room.signed_in(agents_page, "lina", "/desk")
        await room.signed_in(boss, "boss", "/floor")
        caller, agent = await room.talking("13974815001")
        person = boss.locator("#agents-on li", has_text="1001")
        await expect(person).to_contain_text("通话中")
        await expect(person).not_to_contain_text("无法响铃")
        await person.get_by_role("button").press("Enter")
        dialog = boss.get_by_role("dialog")
        await expect(dialog.locator("#supervise")).to_contain_text("坐席会看到有人在监听")
        await boss.keyboard.press("Alt+l")
        await room.runs("listen")
        await expect(dialog).to_have_count(0)
        bar = boss.locator("#supervision")
        await expect(bar).to_contain_text("监听中")
        await expect(bar).to_contain_text("13974815001")
        await expect(agents_page.locator("#team")).to_contain_text("王主管 正在监听您的通话")
        await expect(person).to_contain_text("王主管 监听中")
        await boss.keyboard.press("Alt+w")
        await room.runs("whisper")
        await expect(bar.get_by_role("button", name="密语")).to_have_attribute("aria-pressed", "true")
        await expect(agents_page.locator("#team")).to_contain_text("客户听不到")
        await boss.keyboard.press("Alt+j")
        await room.runs("barge")
        await expect(bar).to_contain_text("客户也听到")
        assert await accessible(boss) == []
        await boss.keyboard.press("Alt+x")
        await expect(bar).to_have_count(0)
        await expect(agents_page.locator("#team")).not_to_contain_text("王主管")
        assert await room.supervisions() == []
        caller.hang_up()
        await agent.gone()


async def test_S1_a_supervisor_takes_over_with_a_desk_phone_and_is_refused_in_words(room: Room) -> None:
    async with console_page(room.browser) as deputy:
        await room.signed_in(deputy, "deputy", "/floor/agent/1001")
        caller, agent = await room.talking("13974815002")
        panel = deputy.locator("#supervise")
        await expect(panel).to_be_visible()
        await deputy.keyboard.press("Alt+l")
        await expect(panel.get_by_role("alert")).to_contain_text("没有注册")
        assert await room.deputy.register() == 200
        rings = len(room.deputy.incoming)

        async def is_called() -> bool:
            await deputy.keyboard.press("Alt+l")
            return len(room.deputy.incoming) > rings

        await until(is_called, 30, "the supervisor's desk phone is called", every=1)
        own = await room.deputy.called(rings + 1)
        own.answer()
        await own.acknowledged()
        await expect(deputy.locator("#supervision")).to_contain_text("监听中")
        await room.runs("listen")
        await deputy.keyboard.press("Alt+t")
        await agent.gone()
        await expect(deputy.locator("#supervision")).to_contain_text("已接管")
        # It is the supervisor's call now, at the desk like any other.
        await deputy.locator("#supervision a").press("Enter")
        await expect(deputy.locator("#call.talking .number")).to_have_text("13974815002")
        await deputy.keyboard.press("F6")
        await expect(deputy.locator("#hold")).to_have_attribute("aria-pressed", "true")
        # The floor shows the music before the request is answered; a second one waits for that.
        await expect(deputy.locator("#hold")).to_be_enabled()
        await deputy.keyboard.press("F6")
        await expect(deputy.locator("#hold")).to_have_attribute("aria-pressed", "false")
        caller.hang_up()
        await own.gone()
        await expect(deputy.locator("#supervision")).to_have_count(0)


async def test_S1_a_waiting_caller_goes_first_moves_and_is_given_and_a_refusal_takes_it_back(room: Room) -> None:
    async with console_page(room.browser) as boss:
        await room.signed_in(boss, "boss", "/floor")
        talks, agent = await room.talking("13974815010")
        first = await room.carrier.call(SALES, "13974815011")
        numbers = boss.locator("#calls tbody tr", has_text="排队").locator("td:first-child bdi:first-child")
        await expect(numbers).to_have_text(["13974815011"])
        second = await room.carrier.call(SALES, "13974815012")
        await expect(numbers).to_have_text(["13974815011", "13974815012"])
        row = boss.locator("#calls tbody tr", has_text="13974815012")
        await row.get_by_role("button").press("Enter")
        assert await violations(boss) == []
        await boss.get_by_role("button", name="提到最前").press("Enter")
        await expect(numbers).to_have_text(["13974815012", "13974815011"])
        await expect(row.locator(".pill")).to_have_count(0)
        # No one works on the other line: the row says so, and the caller waits on where they were.
        await boss.keyboard.press("Alt+o")
        await boss.locator("#waiting-line").select_option("orders")
        await boss.get_by_role("button", name="转过去").press("Enter")
        refused = boss.get_by_role("alert").filter(has_text="没有已签入的当班坐席")
        await expect(refused).to_contain_text("13974815012")
        await expect(row.locator(".pill")).to_have_count(0)
        await expect(numbers).to_have_text(["13974815012", "13974815011"])
        assert await room.helper.register() == 200
        await room.centre.shift("1004", "orders")
        await room.centre.api.put("/agents/1004/presence", {"state": "available"})
        await room.centre.members("orders", "1004", within=30)
        await boss.keyboard.press("Alt+o")
        await boss.locator("#waiting-agent").select_option("1004")
        await boss.get_by_role("button", name="交给", exact=True).press("Enter")
        given = await room.helper.called(1, within=30)
        given.answer()
        await given.acknowledged()
        await expect(numbers).to_have_text(["13974815011"])
        second.hang_up()
        await given.gone()
        await room.centre.members("orders", "1004", within=30)
        await boss.keyboard.press("Alt+o")
        await boss.locator("#waiting-line").select_option("orders")
        await boss.get_by_role("button", name="转过去").press("Enter")
        moved = await room.helper.called(2, within=30)
        moved.answer()
        await moved.acknowledged()
        first.hang_up()
        talks.hang_up()
        await moved.gone()
        await agent.gone()


SOUNDS = """
window.played = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
  this.addEventListener("ended", () => window.played.push({ state: this.context.state, at: this.context.currentTime }));
  return start.call(this, at);
};
"""
"""Notes each tone at its end, which only an audio clock that really runs reaches."""


async def test_S1_messages_are_confirmed_a_hand_is_answered_and_a_pause_gives_its_reason(room: Room) -> None:
    async with console_page(room.browser) as boss, console_page(room.browser) as agents_page:
        await boss.add_init_script(SOUNDS)
        await room.signed_in(boss, "boss", "/floor")
        await room.signed_in(agents_page, "lina", "/desk")
        team = agents_page.locator("#team")
        await boss.keyboard.press("Alt+m")
        await boss.get_by_label("消息内容").fill("十点起请使用新的话术")
        await boss.keyboard.press("Control+Enter")
        await expect(team).to_contain_text("十点起请使用新的话术")
        await expect(boss.locator("#messages")).to_contain_text("未读：")
        await agents_page.keyboard.press("Alt+m")
        await expect(team).not_to_contain_text("十点起")
        await expect(boss.locator("#messages")).to_contain_text("已读 1/")
        await agents_page.keyboard.press("Alt+h")
        assert await accessible(agents_page) == []
        await agents_page.keyboard.type("客户要退款")
        await agents_page.keyboard.press("Enter")
        await expect(agents_page.locator("#my-hand")).to_be_visible()
        row = boss.locator("#urgent li", has_text="举手求助")
        await expect(row).to_contain_text("客户要退款")
        # The hand is heard: its tones have run to their end on the page's audio clock.
        await expect_sounds(boss, at_least=1)
        assert await boss.evaluate("window.played[0].state === 'running' && window.played[0].at > 0")
        await row.get_by_role("button").press("Enter")
        assert await accessible(boss) == []
        await boss.get_by_label("答复").fill("可以退，我来签字")
        await boss.keyboard.press("Enter")
        await expect(row).to_have_count(0)
        await expect(team).to_contain_text("可以退，我来签字")
        await boss.locator("#agents-on li", has_text="1001").get_by_role("button").press("Enter")
        # Lent to another line for an hour, and back.
        await boss.locator(".loans summary").press("Enter")
        await boss.get_by_label("支援去向").select_option("line:orders")
        await boss.get_by_role("button", name="借调", exact=True).press("Enter")
        loan = boss.locator(".loans li")
        await expect(loan).to_contain_text("支援")
        assert [each["line"] for each in (await room.centre.api.get("/loans"))["items"]] == ["orders"]
        await expect(boss.locator("#agents-on li", has_text="1001")).to_contain_text("支援")
        assert await accessible(boss) == []
        await loan.get_by_role("button", name="结束").press("Enter")
        await expect(loan).to_have_count(0)
        # To a queue the same way; the form stays open.
        await boss.get_by_label("支援去向").select_option("queue:sales")
        await boss.get_by_role("button", name="借调", exact=True).press("Enter")
        await expect(loan).to_have_count(1)
        assert [each["queue"] for each in (await room.centre.api.get("/loans"))["items"]] == ["sales"]
        await loan.get_by_role("button", name="结束").press("Enter")
        await expect(loan).to_have_count(0)
        await boss.get_by_label("给坐席的说明").fill("请到会议室")
        # The last agent of the line: the service asks why.
        await boss.locator("#agent-despite").fill("紧急会议")
        await boss.get_by_role("button", name="示忙").press("Enter")
        await expect(agents_page.locator("#set-by")).to_contain_text("请到会议室")
        await expect(agents_page.locator("#set-by")).to_contain_text("王主管")
        assert await accessible(agents_page) == []
        assert await accessible(boss) == []
        # Muted on this computer, also after a reload, and a second hand is seen and not heard.
        await boss.locator("#alarm-sound").press("Enter")
        await boss.reload()
        await expect(boss.locator("#live .good")).to_be_visible()
        await expect(boss.locator("#alarm-sound")).to_have_attribute("aria-pressed", "false")
        await boss.keyboard.press("Shift")
        await agents_page.keyboard.press("Alt+h")
        await agents_page.keyboard.press("Enter")
        await expect(boss.locator("#urgent li", has_text="举手求助")).to_be_visible()
        await boss.locator("#alarm-sound").press("Enter")
        await expect(boss.locator("#alarm-sound")).to_have_attribute("aria-pressed", "true")
        assert await boss.evaluate("window.played") == []
        # The day of the agent: presence and calls as one line, with the pause that was set.
        await boss.goto(f"{room.origin}/floor/agent/1001")
        await expect(boss.locator(".totals")).to_contain_text("通话中")
        await expect(boss.locator(".totals")).to_contain_text("示忙")
        assert await boss.locator(".line i").count() >= 3
        assert await accessible(boss) == []
        # `?` lists the keys that work here, and not those of another page.
        await boss.keyboard.press("Shift+Slash")
        await expect(boss.get_by_role("dialog")).to_contain_text("Ctrl+K")
        await expect(boss.get_by_role("dialog")).not_to_contain_text("Alt+M")
        assert await accessible(boss) == []


async def expect_sounds(page: Page, at_least: int) -> None:
    async def heard() -> bool:
        return int(await page.evaluate("window.played.length")) >= at_least

    await until(heard, 30, "the page has played a tone to its end", every=0.2)
