"""The phone in the page: a real Chromium with a sound file for a microphone, a real Asterisk, a caller with a tone."""

from __future__ import annotations

import math
import shutil
import struct
import time
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from callcenter.demo.api_client import until
from callcenter.demo.seed import secret
from tests.dashboards.conftest import FLAGS
from tests.dashboards.console import accessible, console_page, fits, sign_in
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.support.media import Media
from tests.support.sip import Call, Station, station
from tests.support.waiting import until as until_state

pytestmark = [
    pytest.mark.pbx,
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("built"),
]
AGENT_HERTZ, CALLER_HERTZ, COLLEAGUE_HERTZ = 700, 1300, 1900
# Each peer connection of the page is kept, so that a test can listen to what arrives in it.
KEEP_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...all) { super(...all); window.connections.push(this); }
};
"""
LISTEN = """
async () => {
  const live = window.connections.findLast(each => each.connectionState === 'connected');
  if (!live) return 0;
  window.ear ??= new AudioContext();
  await window.ear.resume();
  const track = live.getReceivers()[0].track;
  const source = window.ear.createMediaStreamSource(new MediaStream([track]));
  const analyser = new AnalyserNode(window.ear, {fftSize: 4096});
  source.connect(analyser);
  await new Promise(resolve => setTimeout(resolve, 400));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  source.disconnect();
  const loudest = bins.indexOf(Math.max(...bins));
  return bins[loudest] < -70 ? 0 : loudest * window.ear.sampleRate / 4096;
}
"""


def microphone(path: Path) -> Path:
    """A sound file in which a tone comes and goes like syllables: a steady one would be taken for noise and removed."""
    rate = 48_000
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        for place in range(rate * 2):
            loud = 20_000 * max(0.0, math.sin(2 * math.pi * 2 * place / rate))
            sound.writeframes(struct.pack("<h", int(loud * math.sin(2 * math.pi * AGENT_HERTZ * place / rate))))
    return path


@dataclass
class Room:
    centre: RunningCentre
    browser: Browser
    carrier: Station
    colleague: Station
    password: str

    @property
    def origin(self) -> str:
        return self.centre.centre.origin

    async def registered(self, phone: str = "1001w") -> None:
        async def reachable() -> bool:
            return f"{phone}/" in await self.centre.console("pjsip show contacts")

        await until(reachable, 30, f"{phone} is registered", every=0.2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.fail("no Chromium on this machine: make test installs it; a skipped half would look green")
    expect.set_options(timeout=15_000)
    folder = tmp_path_factory.mktemp("phone")
    flags = [
        *FLAGS,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone(folder / 'microphone.wav')}",
        # A machine without a network has no other address for the sound.
        "--allow-loopback-in-peer-connection",
    ]
    async with running_centre(folder / "centre", agents=("1001", "1002")) as centre, async_playwright() as playwright:
        phones = [{"name": "1001w", "kind": "webrtc"}, {"name": "1001", "kind": "desk"}]
        await centre.api.put("/agents/1001", {"name": "李娜", "skills": {"zh-CN": 5}, "phones": phones})
        password = await centre.centre.account("lina", "李娜", "agent", "1001")
        ports = centre.centre.ports
        address = ("127.0.0.1", ports["CC_PBX__SIP_PORT"])
        async with (
            station(address, port=ports["CC_PBX__TRUNK_PORT"]) as carrier,
            station(address, "1002", await secret(centre.api, "1002")) as colleague,
        ):
            carrier.hum, colleague.hum = (CALLER_HERTZ,), (COLLEAGUE_HERTZ,)
            assert await colleague.register() == 200
            await centre.shift("1001", "sales")
            browser = await playwright.chromium.launch(executable_path=chromium, args=flags)
            yield Room(centre, browser, carrier, colleague, password)
            await browser.close()


async def at_the_desk(room: Room, page: Page) -> None:
    """Signed in, available, with the phone of the page registered."""
    await page.add_init_script(KEEP_CONNECTIONS)
    await sign_in(page, room.origin, "lina", room.password, "/desk")
    await room.registered()
    await room.centre.api.put("/agents/1001/presence", {"state": "available"})
    await at_rest(room)


async def at_rest(room: Room) -> None:
    """The phone of the page waits in the queue."""

    async def in_the_queue() -> bool:
        listing = (await room.centre.console("queue show sales")).partition("Callers:")[0]
        return any("1001w" in row and "Not in use" in row for row in listing.splitlines())

    await until(in_the_queue, 20, "the phone of the page is in the queue", every=0.2)


async def hears(page: Page, hertz: int) -> None:
    """Wait until the page hears this tone."""
    heard: list[float] = []

    async def right() -> bool:
        heard.append(await page.evaluate(LISTEN))
        return abs(heard[-1] - hertz) < 40

    await until(right, 15, f"the page hears {hertz} Hz", every=0.1)


def tone(media: Media, since: float) -> float:
    """The loudest frequency that a station has heard since an instant; 0 for silence."""
    sound = media.sound(since)[-4000:].astype(float)
    if len(sound) < 4000 or math.sqrt((sound**2).mean()) < 100:
        return 0.0
    return float(numpy.abs(numpy.fft.rfft(sound * numpy.hanning(len(sound)))).argmax()) * 8000 / len(sound)


async def is_heard(call: Call, hertz: int = AGENT_HERTZ) -> None:
    """Wait until a caller hears this tone from now on."""
    begin = time.time()
    await until_state(lambda: abs(tone(call.media, begin) - hertz) < 40, 15)


async def test_a_whole_call_by_keyboard_with_sound_both_ways(room: Room) -> None:
    async with console_page(room.browser) as page:
        await at_the_desk(room, page)
        caller = await room.carrier.call(SALES, "13974813001")
        await expect(page.locator("#call.incoming .number")).to_have_text("13974813001")
        await page.locator("#answer").wait_for()
        await page.keyboard.press("Enter")
        await page.locator("#call.talking").wait_for()
        await hears(page, CALLER_HERTZ)
        await is_heard(caller)
        await page.keyboard.press("F6")
        await expect(page.locator("#hold")).to_have_attribute("aria-pressed", "true")
        await page.keyboard.press("F6")
        await expect(page.locator("#hold")).to_have_attribute("aria-pressed", "false")
        await is_heard(caller)
        await page.keyboard.press("F4")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await caller.gone()
        await page.locator("#call.idle").wait_for()
    record = await room.centre.call("13974813001")
    assert (record["outcome"], record["agent"], record["hung_up_by"]) == ("answered", "1001", "agent")


async def answered(room: Room, page: Page, number: str) -> Call:
    """A caller whom the page has answered."""
    caller = await room.carrier.call(SALES, number)
    await page.locator("#answer").wait_for()
    await page.keyboard.press("F2")
    await page.locator("#call.talking").wait_for()
    await is_heard(caller)
    return caller


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
        await second.add_init_script(KEEP_CONNECTIONS)
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
    await room.centre.api.put("/agents/1001/presence", {"state": "signed_out"})
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
