"""A room with a phone in the page: Chromium with a sound file for a microphone, Asterisk, a caller with a tone."""

from __future__ import annotations

import asyncio
import math
import shutil
import struct
import time
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from callcenter.demo.api_client import Refused, until
from callcenter.demo.seed import secret
from tests.dashboards.conftest import FLAGS
from tests.dashboards.console import sign_in
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.support.media import Media
from tests.support.sip import Call, Station, station
from tests.support.waiting import until as until_state

PHONE_MARKS = [
    pytest.mark.pbx,
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("built"),
]
# Long enough to look at it on a busy machine; `at_rest` ends it.
WRAP_UP = {"CC_POLICY__WRAP_UP_SECONDS": "30"}
AGENT_HERTZ, CALLER_HERTZ, COLLEAGUE_HERTZ = 700, 1300, 1900
# The page's loudspeaker is kept, so that a test can listen to what it plays.
KEEP_SPEAKERS = """
window.speakers = [];
window.Audio = class extends Audio {
  constructor(...all) { super(...all); window.speakers.push(this); }
};
"""
LISTEN = """
async () => {
  const stream = window.speakers.findLast(each => each.srcObject !== null)?.srcObject;
  const track = stream?.getAudioTracks()[0];
  if (!track) return 0;
  window.ear ??= new AudioContext();
  await window.ear.resume();
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


@asynccontextmanager
async def phone_room(folder: Path) -> AsyncIterator[Room]:
    """A centre with one agent whose phone is in the page, a colleague with a desk phone, a carrier, and a browser."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.fail("no Chromium on this machine: make test installs it; a skipped half would look green")
    expect.set_options(timeout=15_000)
    flags = [
        *FLAGS,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone(folder / 'microphone.wav')}",
        # A machine without a network has no other address for the sound.
        "--allow-loopback-in-peer-connection",
    ]
    async with running_centre(folder / "centre", WRAP_UP, ("1001", "1002")) as centre, async_playwright() as playwright:
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    async with phone_room(tmp_path_factory.mktemp("phone")) as room:
        yield room


async def at_the_desk(room: Room, page: Page) -> None:
    """Signed in, available, with the phone of the page registered."""
    await page.add_init_script(KEEP_SPEAKERS)
    await sign_in(page, room.origin, "lina", room.password, "/desk")
    await room.registered()
    await room.centre.api.put("/agents/1001/presence", {"state": "available"})
    await at_rest(room)


async def outdated_at_first(page: Page) -> list[str]:
    """The first secret that this page takes for its phone is too old; returns what it asks, as it asks."""
    asked: list[str] = []

    async def take(route: Route) -> None:
        asked.append(route.request.url)
        answer = await route.fetch()
        body = await answer.json()
        if len(asked) == 1:
            body["secret"] = "0" * len(body["secret"])
        await route.fulfill(response=answer, json=body)

    await page.route("**/api/v1/phones/self", take)
    return asked


async def at_rest(room: Room) -> None:
    """The phone of the page waits in the queue, without the time after the last call."""

    async def in_the_queue() -> bool:
        with suppress(Refused):
            await room.centre.api.post("/agents/1001/presence/wrap-up/finish", {})
        listing = (await room.centre.console("queue show sales")).partition("Callers:")[0]
        return any("1001w" in row and "Not in use" in row for row in listing.splitlines())

    await until(in_the_queue, 20, "the phone of the page is in the queue", every=0.2)


async def placed(page: Page) -> None:
    """Wait until the keyboard has a place on the page: the focus is nowhere only for an instant."""
    await page.wait_for_function("document.activeElement !== null && document.activeElement !== document.body")


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


async def answered(room: Room, page: Page, number: str) -> Call:
    """A caller whom the page has answered."""
    caller = await room.carrier.call(SALES, number)
    await page.locator("#answer").wait_for()
    await page.keyboard.press("F2")
    await page.locator("#call.talking").wait_for()
    await is_heard(caller)
    return caller


async def crash(page: Page) -> None:
    """The page's process ends at once, as when the computer kills it."""
    session = await page.context.new_cdp_session(page)
    async with page.expect_event("crash"):
        # The page never answers.
        dying = asyncio.ensure_future(session.send("Page.crash"))
    dying.cancel()
