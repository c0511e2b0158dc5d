"""Tests that a pause of the recording, for card numbers, holds on every channel of a call, by the sound of its takes.

Everyone hums one tone before and after the pause and another one, the card number, while it lasts.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy
import pytest
import pytest_asyncio

from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.control import Control
from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Line
from callcenter.calls.model import call_id
from callcenter.clock import now
from callcenter.demo.ports import free_port
from callcenter.facts import AgentNumber, CallId
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person, Role
from recordings.capture import CaptureService
from recordings.model import Kind, Party, Take
from recordings.spool import Spool
from tests.e2e.test_transfers import press
from tests.recordings.sounds import samples, share_of
from tests.support.pbx import SALES, SECRETS, PrivatePbx, private_pbx, site_of
from tests.support.sip import Call, Station, station, until
from tests.support.waiting import until_true

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(90)]
OUTSIDE = "13800138000"
BEFORE, CARD, AFTER = 500, 1700, 900
AGENT = Person("1", "lilei", "Li Lei", frozenset({Role.AGENT}), AgentNumber("1001"))


@dataclass
class Floor:
    pbx: PrivatePbx
    control: Control
    capture: CaptureService
    spool: Spool
    carrier: Station
    first: Station
    two: Station

    def takes(self) -> list[Take]:
        return [lying.take for lying in self.spool.takes()]

    async def talk(self, caller: str) -> tuple[Call, Call, str]:
        """A connected, recorded call: the caller's side, the agent's, and its id."""
        call = await self.carrier.call(SALES, caller)
        agent = await self.first.called(len(self.first.incoming) + 1)
        agent.answer()
        await agent.acknowledged()
        await until(lambda: any(sum(lying.sizes) > 16_000 for lying in self.spool.takes()), 8, "its take grows")
        return call, agent, call_id("pbx1", self.takes()[0].linkedid)

    async def idle(self) -> None:
        async def quiet() -> bool:
            return "0 active channels" in await self.pbx.console("core show channels count")

        await until_true(quiet, 15)

    def sounds(self) -> dict[tuple[Take, Party], numpy.typing.NDArray[numpy.int16]]:
        lying = self.spool.takes()
        return {(take.take, party): samples(path) for take in lying for party, path in take.files.items()}


def hum(tone: int, *calls: Call) -> None:
    for call in calls:
        call.media.hum = (tone,)


def contains(tone: int, sound: numpy.typing.NDArray[numpy.int16]) -> bool:
    """Whether any tenth of a second holds this tone. Whole tenths of silence have no tone."""
    tenths = (sound[place : place + 800] for place in range(0, len(sound), 800))
    return any(share_of(tone, tenth) > 0.1 for tenth in tenths if len(tenth) > 160 and abs(tenth).max() > 50)


@pytest_asyncio.fixture
async def floor(tmp_path: Path, sqlite_database: Database) -> AsyncIterator[Floor]:
    site = site_of(tmp_path / "p", Tree(Settings().pbx_root))
    line = Line("after_sales", (SALES,), "after_sales", record="always")
    site = replace(site, lines=(line,), record_outbound="always", trunk_port=free_port())
    async with contextlib.AsyncExitStack() as stack:
        pbx = await stack.enter_async_context(private_pbx(tmp_path / "p", site))
        await pbx.staff("after_sales", "1001")
        control = Control(AmiLogin(site.ami_host, site.ami_port, site.control_user, site.control_secret, False), now)
        running = asyncio.create_task(control.run())
        stack.callback(running.cancel)
        async with asyncio.timeout(5):
            await control.ready.wait()
        here = ("127.0.0.1", site.sip_port)
        carrier = await stack.enter_async_context(station(here, port=site.trunk_port))
        first = await stack.enter_async_context(station(here, "1001", SECRETS["1001"]))
        two = await stack.enter_async_context(station(here, "1002", SECRETS["1002"]))
        assert (await first.register(), await two.register()) == (200, 200)
        spool = Spool(Path(site.spool))
        audit = Audit(sqlite_database, now)
        # It never runs by itself here: what the pause holds, it holds with the service down.
        capture = CaptureService(
            sqlite_database, spool, control, "pbx1", timedelta(seconds=60), now, audit, lambda *_: None
        )
        yield Floor(pbx, control, capture, spool, carrier, first, two)


async def consult_outside(floor: Floor, agent: Call) -> Call:
    """The agent asks the bank: a second leg of the call, whose recorder Asterisk starts by itself."""
    number = len(floor.carrier.incoming) + 1
    await press(agent, "*2", OUTSIDE)
    bank = await floor.carrier.called(number)
    bank.media.hum = (CARD,)
    bank.answer()
    await bank.acknowledged()
    return bank


async def blind_outside(floor: Floor, agent: Call) -> Call:
    """The caller is sent to the bank."""
    number = len(floor.carrier.incoming) + 1
    agent.refer(OUTSIDE)
    bank = await floor.carrier.called(number)
    bank.media.hum = (CARD,)
    bank.answer()
    await bank.acknowledged()
    return bank


async def blind_inside(floor: Floor, agent: Call) -> Call:
    """The caller is sent to a second agent."""
    agent.refer("1002")
    colleague = await floor.two.called(1)
    colleague.media.hum = (CARD,)
    colleague.answer()
    await colleague.acknowledged()
    return colleague


@pytest.mark.parametrize("transfer", [consult_outside, blind_outside, blind_inside])
async def test_a_pause_holds_on_every_leg_and_the_recording_goes_on_after_it(
    floor: Floor, transfer: Callable[[Floor, Call], Awaitable[Call]]
) -> None:
    call, agent, id = await floor.talk("13911000001")
    hum(BEFORE, call, agent)
    since = time.time()
    await until(lambda: call.media.loud_seconds(since) > 1, 8, "a second before the pause")
    await floor.capture.pause(CallId(id), AGENT)
    hum(CARD, call, agent)
    third = await transfer(floor, agent)
    since = time.time()
    await until(lambda: third.media.loud_seconds(since) > 1.5, 8, "the card number is read to the third party")
    if transfer is consult_outside:
        agent.hang_up()
        since = time.time()
        await until(lambda: third.media.loud_seconds(since) > 1.5, 8, "the caller reads it to the third party")
    hum(AFTER, call, third)
    since = time.time()
    await until(lambda: contains(AFTER, third.media.sound(since)), 8, "what follows the pause has arrived")
    await floor.capture.resume(CallId(id), AGENT)
    since = time.time()
    await until(lambda: third.media.loud_seconds(since) > 2.5, 8, "two seconds after the pause")
    call.hang_up()
    third.hang_up()
    await floor.idle()
    sounds = floor.sounds()
    assert not [key for key, sound in sounds.items() if contains(CARD, sound)]
    assert any(contains(BEFORE, sound) for sound in sounds.values())
    for party in Party:
        assert any(contains(AFTER, sound) for (_, whose), sound in sounds.items() if whose is party), party
    assert floor.spool.held() == []


async def test_a_leg_that_is_answered_in_a_pause_is_recorded_from_the_resume(floor: Floor) -> None:
    """The take of the consultation itself: silent in the pause, and started by the resume."""
    call, agent, id = await floor.talk("13911000002")
    (inbound,) = floor.takes()
    await floor.capture.pause(CallId(id), AGENT)
    hum(CARD, call, agent)
    bank = await consult_outside(floor, agent)
    since = time.time()
    await until(lambda: bank.media.loud_seconds(since) > 1, 8, "the card number")
    hum(AFTER, agent, bank)
    since = time.time()
    await until(lambda: contains(AFTER, bank.media.sound(since)), 8, "what follows the pause has arrived")
    await floor.capture.resume(CallId(id), AGENT)
    await until(
        lambda: any(
            t.kind is Kind.OUTBOUND and sum(s.sizes) > 32_000 for s in floor.spool.takes() if (t := s.take) != inbound
        ),
        8,
        "the leg's take grows",
    )
    call.hang_up()
    agent.hang_up()
    bank.hang_up()
    await floor.idle()
    outbound = {party: sound for (take, party), sound in floor.sounds().items() if take.kind is Kind.OUTBOUND}
    assert not any(contains(CARD, sound) for sound in outbound.values())
    assert all(
        contains(AFTER, sound)
        for (take, _), sound in floor.sounds().items()
        if take.kind is Kind.OUTBOUND and len(sound) > 8000
    )


async def test_a_stopped_recording_starts_on_no_other_leg(floor: Floor) -> None:
    call, agent, id = await floor.talk("13911000003")
    (inbound,) = floor.takes()
    await floor.capture.stop(CallId(id), AGENT)
    hum(CARD, call, agent)
    bank = await consult_outside(floor, agent)
    since = time.time()
    await until(lambda: bank.media.loud_seconds(since) > 1, 8, "what is said after the stop")
    await floor.capture.tick()
    for party in (call, agent, bank):
        party.hang_up()
    await floor.idle()
    assert floor.takes() == [inbound]
    assert not any(contains(CARD, sound) for sound in floor.sounds().values())


@pytest.mark.parametrize("context", ["cc-phones", "cc-callback"])
async def test_a_leg_that_begins_in_a_pause_is_recorded_from_its_end_without_the_service(
    floor: Floor, context: str
) -> None:
    """The first leg of an agent's own call or of a return call; only its deadline ends the pause."""
    linkedid = "pbx1-cc-out-1"
    ends = now() + timedelta(seconds=5)
    floor.spool.hold(linkedid, ends)
    await floor.control.originate(linkedid, "PJSIP/1001", context, OUTSIDE, "1001", {"CC_ITEM": "1"})
    agent = await floor.first.called(1)
    hum(CARD, agent)
    agent.answer()
    bank = await floor.carrier.called(1)
    hum(CARD, bank)
    bank.answer()
    await bank.acknowledged()
    await until(lambda: contains(CARD, bank.media.sound()), 8, "the card number")
    hum(AFTER, agent, bank)
    await until(lambda: now() > ends, 8, "the pause is over")
    await until(lambda: any(sum(lying.sizes) > 16_000 for lying in floor.spool.takes()), 8, "the take grows")
    bank.hang_up()
    agent.hang_up()
    await floor.idle()
    assert len(floor.sounds()) == 2
    for sound in floor.sounds().values():
        assert contains(AFTER, sound)
        assert not contains(CARD, sound)


async def test_a_hold_that_is_no_longer_needed_is_removed(floor: Floor) -> None:
    floor.spool.hold("pbx1-1.1")
    await floor.capture.tick()
    assert floor.spool.held() == []
