"""A real Asterisk with the sample flows, and what its callers hear and leave on record."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Line, Queue
from callcenter.asterisk.render.connects import Connects
from callcenter.centre.reception_flows import connects_of
from callcenter.facts import LineCode, QueueCode
from callcenter.kit.hours import ALWAYS_OPEN, OpeningHours, read_windows
from callcenter.routing.model import Line as OurLine
from callcenter.settings import Settings
from ivr.flows.parser import read_flow
from tests.recordings.sounds import share_of
from tests.support.flows import record_tones, sample, snapshot, tone_of
from tests.support.pbx import PrivatePbx, private_pbx, site_of
from tests.support.sip import Call, Station, station, until

HOTLINE, LANGUAGES, CLOSED, SHORT = "073188880001", "073188880002", "073188880003", "073188880004"
AWAY, AWAY_IN_TWO, FULL = "073188880005", "073188880006", "073188880007"
CONNECTED = "073188880008"
NUMBERS = {
    "hotline": HOTLINE,
    "languages": LANGUAGES,
    "closed": CLOSED,
    "short": SHORT,
    "away": AWAY,
    "away_in_two": AWAY_IN_TWO,
    "full": FULL,
    "connected": CONNECTED,
}
SHUT = frozenset({"closed", "away", "away_in_two"})
NEVER = OpeningHours(read_windows(["mon 03:00-03:01"]))
"""One minute a week, in the small hours."""
SHORT_FLOW = """
name = "short"
lines = ["short"]
languages = ["zh-CN"]
start = "main"
[hours]
closed = "message"
nobody = "message"
[steps.main]
kind = "menu"
say = "menu_intro"
seconds = 2
[steps.main.keys]
1 = "callback"
2 = "message"
0 = "person"
"#" = "goodbye"
"*" = "main"
"""
CONNECTING_FLOW = """
name = "connected"
lines = ["connected"]
languages = ["zh-CN"]
start = "hello"
[hours]
closed = "callback"
nobody = "message"
[overflow]
then = "callback"
[steps.hello]
kind = "say"
say = "menu_intro"
then = "person"
"""
SNAPSHOT = snapshot(
    [
        sample("hotline", "hotline", "away", "full"),
        sample("two_languages", "languages", "away_in_two"),
        sample("after_hours", "closed"),
        SHORT_FLOW,
        CONNECTING_FLOW,
    ],
    {line: NEVER if line in SHUT else ALWAYS_OPEN for line in NUMBERS},
    dict.fromkeys(NUMBERS, ("1001",)),
)


BRIEF = frozenset({"full", "connected"})
"""Lines whose callers leave the queue after three seconds."""


def connects() -> Connects:
    """How the flow that only connects is rendered; its version is the one in the snapshot."""
    flow, _ = read_flow(CONNECTING_FLOW)
    assert flow is not None
    result = connects_of(flow, "flow4/1", OurLine(LineCode("connected"), QueueCode("connected")))
    assert result is not None
    return result


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivatePbx]:
    home = tmp_path_factory.mktemp("flow") / "p"
    site = replace(
        site_of(home, Tree(Settings().pbx_root)),
        lines=tuple(
            Line(line, (number,), line, asks=True, connects=connects() if line == "connected" else None)
            for line, number in NUMBERS.items()
        ),
        queues=tuple(Queue(line, "linear", 2, 3 if line in BRIEF else 600) for line in NUMBERS),
    )
    await asyncio.to_thread(record_tones, home)
    async with private_pbx(home, site) as pbx:
        # A member who does not answer keeps callers waiting.
        for line in NUMBERS:
            await pbx.staff(line, "1003")
        yield pbx


@pytest_asyncio.fixture(loop_scope="module")
async def carrier(pbx: PrivatePbx) -> AsyncIterator[Station]:
    async with station(("127.0.0.1", pbx.site.sip_port)) as caller:
        yield caller


def rows(pbx: PrivatePbx) -> list[dict[str, str]]:
    """What CEL has so far; a line that is being written is left out."""
    result = []
    for line in (pbx.pbx.home / "log/cel-custom/cel.jsonl").read_text().splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            result.append(json.loads(line))
    return result


def events(pbx: PrivatePbx, caller: str) -> list[str]:
    """The user events of the one call from a number, in order, as `type,extra`, and the applications it began."""
    mine = rows(pbx)
    call = next((row["linkedid"] for row in mine if row.get("num") == caller), None)
    return [json.dumps(row) for row in mine if call is not None and row.get("linkedid") == call]


async def seen(pbx: PrivatePbx, caller: str, words: str, within: float = 25.0) -> None:
    """Wait until CEL has these words of the caller's call."""
    try:
        async with asyncio.timeout(within):
            while not any(words in event for event in events(pbx, caller)):  # noqa: ASYNC110 - a file has no event.
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise TimeoutError(f"not seen within {within} s: {words} of {caller}") from None


async def asked(call: Call, answered: float, prompt: str, language: str = "zh-CN", within: float = 20.0) -> None:
    """Wait until a prompt is heard."""
    hertz = tone_of(prompt, language)

    def heard() -> bool:
        sound = call.media.sound(max(answered, time.time() - 0.5))[-2400:]
        return len(sound) == 2400 and share_of(hertz, sound) > 0.5

    await until(heard, within, f"the prompt {prompt}")
