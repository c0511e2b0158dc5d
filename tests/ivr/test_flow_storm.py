"""Tests hostile callers and a careless operator at once: random keys and hang-ups while flows are replaced."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random

import pytest

from ivr.snapshot import Snapshot
from tests.ivr.flow_calls import (
    AWAY,
    CLOSED,
    FULL,
    HOTLINE,
    LANGUAGES,
    SHORT,
    SNAPSHOT,
    carrier,
    events,
    pbx,
    seen,
)
from tests.support.flows import front
from tests.support.pbx import PrivatePbx
from tests.support.sip import Station, until

__all__ = ["carrier", "pbx"]
pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
CALLERS = 24
NUMBERS = (HOTLINE, LANGUAGES, CLOSED, SHORT, AWAY, FULL)
ENTRIES = ("2", "202611230001#", "1234", "2" * 60 + "#", "#" * 12, "**0#*9", "13900000000#1", "0", "1", "3", "9", "8")


async def storm(carrier: Station, number: str, caller: str, random: Random) -> None:
    """Press anything at any time, and hang up at any time."""
    call = await carrier.call(number, caller)
    for _ in range(random.randint(0, 5)):
        if call.ended:
            return
        # Also before the answer, and while a prompt, a look-up or a queue is under way.
        await asyncio.sleep(random.random() * 1.5)
        call.media.press(random.choice(ENTRIES))
    await call.status(200, within=60)
    await asyncio.sleep(random.random() * 3)
    call.hang_up()


def versions(number: int) -> Snapshot:
    """Each flow in a newer version; every third time one of them is damaged."""
    flows = tuple(replace(flow, number=number) for flow in SNAPSHOT.flows)
    if number % 3:
        return replace(SNAPSHOT, flows=flows)
    broken = replace(flows[0], source=flows[0].source.replace("[steps.main]", "[steps.main", 1))
    return replace(SNAPSHOT, flows=(broken, *flows[1:]))


async def test_random_keys_and_hang_ups_leave_nothing_behind_while_flows_are_replaced(
    pbx: PrivatePbx, carrier: Station
) -> None:
    names = [f"1392204{place:04}" for place in range(CALLERS)]
    async with front(pbx.site.agi_port, SNAPSHOT, case="TS20261123-0001") as reception:
        storms = [
            asyncio.create_task(storm(carrier, NUMBERS[place % len(NUMBERS)], name, Random(place)))
            for place, name in enumerate(names)
        ]
        number = 1
        while not all(task.done() for task in storms):
            number += 1
            reception.directory.show(versions(number))
            await asyncio.wait(storms, timeout=0.3)
        await asyncio.gather(*storms)
        for name in names:
            await seen(pbx, name, "LINKEDID_END", within=60)
        await until(lambda: reception.server.busy == 0, 20, "every session has ended")
        assert not [name for name in names if any("fallback" in event for event in events(pbx, name))]
        # The next caller is served by the newest version that can be read.
        reception.directory.show(versions(number + 3 - number % 3))
        call = await carrier.call(HOTLINE, "13922049999")
        await call.status(200)
        call.media.press("0")
        await seen(pbx, "13922049999", '"Queue"')
        call.hang_up()
    assert "0 active calls" in await pbx.console("core show channels count")
