"""Tests recording by Asterisk alone: no service runs beside it, and the two voices are on separate channels."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.control import Control
from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Line
from callcenter.clock import now
from callcenter.demo.api_client import until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.customers import ANSWERS
from callcenter.demo.phones import Phones, answers
from callcenter.demo.ports import free_port
from callcenter.settings import Settings
from recordings.model import Kind, Party, Take, read_name, takes_of
from recordings.spool import Spool
from tests.recordings.floor import AGENT_HERTZ, CALLER_HERTZ, voiced_customers, voiced_phones
from tests.recordings.sounds import samples, share_of
from tests.support.pbx import ORDERS, SALES, SECRETS, PrivatePbx, private_pbx, site_of

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]
NEVER, CLOSED = "073188880003", "073188880004"


@dataclass(frozen=True)
class Studio:
    pbx: PrivatePbx
    floor: Phones

    @property
    def spool(self) -> Path:
        return Path(self.pbx.site.spool)

    def takes(self) -> list[Take]:
        return takes_of(path.name for path in self.spool.iterdir()) if self.spool.is_dir() else []

    async def idle(self) -> None:
        async def no_calls() -> bool:
            return "0 active channels" in await self.pbx.console("core show channels count")

        await until(no_calls, 8.0, "the calls have ended", every=0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    home: Path = tmp_path_factory.mktemp("studio")
    site = site_of(home / "pbx", Tree(Settings().pbx_root))
    lines = (
        Line("after_sales", (SALES,), "after_sales", record="always"),
        Line("orders", (ORDERS,), "orders", record="consent"),
        Line("quiet", (NEVER,), "orders", record="never"),
        Line("closed", (CLOSED,), "orders", take_message=True),
    )
    site = replace(site, lines=lines, record_outbound="always", trunk_port=free_port())
    async with private_pbx(home / "pbx", site) as pbx:
        async with voiced_phones(pbx.network, SECRETS, home / "voices") as floor:
            yield Studio(pbx, floor)


async def test_a_call_is_recorded_from_the_answer_on_each_voice_in_its_own_file(studio: Studio) -> None:
    await studio.floor.register({"1001": answers(after=1.5)})
    await studio.pbx.staff("after_sales", "1001")
    hostile = "../../etc/passwd`touch /tmp/x`$(id)'; rm -rf /"
    async with calls(studio.pbx.network, [Caller("13900000001", SALES, hostile, talks=6.5)]) as ringing:
        await studio.floor.see("answered", "1001")
        assert await ringing.over()
    await studio.idle()
    (take,) = studio.takes()
    assert (take.kind, take.line) == (Kind.INBOUND, "after_sales")
    assert all(read_name(path.name) for path in studio.spool.iterdir())
    caller, agent = (samples(studio.spool / take.file(party)) for party in (Party.CALLER, Party.AGENT))
    assert 4.5 < len(caller) / 8000 < 5.5
    assert abs(len(caller) - len(agent)) < 1600
    assert share_of(CALLER_HERTZ, caller) > 0.9 > 0.05 > share_of(AGENT_HERTZ, caller)
    assert share_of(AGENT_HERTZ, agent) > 0.9 > 0.05 > share_of(CALLER_HERTZ, agent)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def control(studio: Studio) -> AsyncIterator[Control]:
    site = studio.pbx.site
    connection = Control(AmiLogin(site.ami_host, site.ami_port, site.control_user, site.control_secret, False), now)
    running = asyncio.create_task(connection.run())
    async with asyncio.timeout(5):
        await connection.ready.wait()
    yield connection
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def newest(studio: Studio, known: set[Take], number: int = 1, within: float = 5.0) -> Take:
    async def there() -> bool:
        return len(set(studio.takes()) - known) == number

    await until(there, within, "a new take", every=0.05)
    return max(set(studio.takes()) - known, key=lambda take: (take.began, take.stem))


async def written(studio: Studio, take: Take, seconds: float) -> None:
    """Wait until this much of the caller's side is on the disk."""
    path = studio.spool / take.file(Party.CALLER)

    async def long_enough() -> bool:
        return path.exists() and path.stat().st_size > seconds * 16_000

    await until(long_enough, 8.0, f"{seconds} s are on the disk", every=0.05)


async def test_the_control_login_pauses_with_silence_resumes_and_stops(studio: Studio, control: Control) -> None:
    known = set(studio.takes())
    await studio.floor.register({"1001": answers(after=0.3)})
    await studio.pbx.staff("after_sales", "1001")
    async with calls(studio.pbx.network, [Caller("13900000002", SALES, talks=7)]) as ringing:
        await studio.floor.see("answered", "1001", caller="13900000002")
        take = await newest(studio, known)
        await written(studio, take, 1.5)
        await control.recording_mute(take.leg, True)
        await written(studio, take, 3.5)
        await control.recording_mute(take.leg, False)
        await written(studio, take, 5.0)
        await control.recording_stop(take.leg)
        assert await ringing.over()
    await studio.idle()
    for party, own in ((Party.CALLER, CALLER_HERTZ), (Party.AGENT, AGENT_HERTZ)):
        sound = samples(studio.spool / take.file(party))
        assert 4.5 < len(sound) / 8000 < 6.5
        middle = sound[int(2.3 * 8000) : int(3.2 * 8000)]
        assert abs(middle).max() == 0
        assert share_of(own, sound[:8000]) > 0.8
        assert share_of(own, sound[int(4.2 * 8000) :]) > 0.9


async def test_a_pause_for_a_card_number_cannot_be_undone_by_keys(studio: Studio, control: Control) -> None:
    """Neither by the caller's *92 nor by the agent's *91: no take begins, and what is written stays silent."""
    known, spool = set(studio.takes()), Spool(studio.spool)
    await studio.floor.register({"1001": answers(after=0.3)})
    await studio.pbx.staff("after_sales", "1001")
    async with calls(studio.pbx.network, [Caller("13900000012", SALES, talks=9)]) as ringing:
        await studio.floor.see("answered", "1001", caller="13900000012")
        take = await newest(studio, known)
        await written(studio, take, 1.0)
        spool.hold(take.linkedid, now() + timedelta(seconds=60))
        await control.recording_mute(take.leg, True)
        await control.press(await one_of(studio, "PJSIP/trunk"), "*92")
        await control.press(await one_of(studio, "PJSIP/1001"), "*91")
        await written(studio, take, 4.0)
        assert set(studio.takes()) - known == {take}
        await control.recording_mute(take.leg, False)
        spool.release(take.linkedid)
        await written(studio, take, 6.0)
        spool.hold(take.linkedid)
        await control.recording_stop(take.leg)
        await control.press(await one_of(studio, "PJSIP/trunk"), "*92")
        assert await ringing.over()
    await studio.idle()
    spool.release(take.linkedid)
    assert set(studio.takes()) - known == {take}
    sound = samples(studio.spool / take.file(Party.CALLER))
    quiet = [not sound[place : place + 160].any() for place in range(0, len(sound) - 160, 160)]
    stretches = [sum(1 for _ in frames) * 0.02 for silent, frames in itertools.groupby(quiet) if silent]
    # One stretch of silence for the duration of the pause, and audio before and after it.
    assert len([stretch for stretch in stretches if stretch > 0.2]) == 1
    assert not quiet[10]
    assert not quiet[-10]


async def test_a_line_by_consent_is_recorded_once_its_start_is_asked_for(studio: Studio, control: Control) -> None:
    known = set(studio.takes())
    await studio.floor.register({"1002": answers(after=0.3)})
    await studio.pbx.staff("orders", "1002")
    async with calls(studio.pbx.network, [Caller("13900000003", ORDERS, talks=6)]) as ringing:
        await studio.floor.see("answered", "1002", caller="13900000003")
        channel = await one_of(studio, "PJSIP/trunk")
        assert set(studio.takes()) == known
        await control.press(channel, "*92")
        take = await newest(studio, known)
        assert await ringing.over()
    await studio.idle()
    assert take.line == "orders"
    caller = samples(studio.spool / take.file(Party.CALLER))
    assert 1.0 < len(caller) / 8000 < 6.0
    assert share_of(CALLER_HERTZ, caller) > 0.9


async def test_a_line_that_is_never_recorded_is_not_whatever_is_pressed(studio: Studio, control: Control) -> None:
    known = set(studio.takes())
    await studio.floor.register({"1002": answers(after=0.2)})
    await studio.pbx.staff("orders", "1002")
    async with calls(studio.pbx.network, [Caller("13900000004", NEVER, talks=3)]) as ringing:
        await studio.floor.see("answered", "1002", caller="13900000004")
        await control.press(await one_of(studio, "PJSIP/trunk"), "*92")
        assert await ringing.over()
    await studio.idle()
    assert set(studio.takes()) == known


async def test_R4_without_an_agent_on_duty_a_caller_leaves_a_message(studio: Studio) -> None:
    known = set(studio.takes())
    await studio.pbx.staff("orders")
    async with calls(studio.pbx.network, [Caller("13900000005", CLOSED, talks=8)]) as ringing:
        assert await ringing.over()
    await studio.idle()
    take = await newest(studio, known)
    assert (take.kind, take.line) == (Kind.MESSAGE, "closed")
    audio = samples(studio.spool / take.file(Party.CALLER))
    assert len(audio) > 8000
    assert share_of(CALLER_HERTZ, audio) > 0.9
    lines = (Path(studio.pbx.site.logs) / "cel-custom" / "cel.jsonl").read_text().splitlines()
    mine = [line for line in lines if take.linkedid in line and "cc_outcome" in line]
    assert "message_left" in mine[-1]


async def test_a_call_to_a_customer_is_recorded_the_agents_voice_on_the_agents_channel(
    studio: Studio, control: Control
) -> None:
    known = set(studio.takes())
    await studio.floor.register({"1003": answers(after=0.2, talks=6)})
    async with voiced_customers(studio.pbx.network, studio.pbx.site.trunk_port) as outside:
        await control.originate("cc-out-1", "PJSIP/1003", "cc-phones", ANSWERS, "1003", {})
        await outside.see("answered", ANSWERS)
        take = await newest(studio, known)
        await studio.floor.see("hung_up", "1003")
    await studio.idle()
    assert (take.kind, take.linkedid) == (Kind.OUTBOUND, "cc-out-1")
    caller, agent = (samples(studio.spool / take.file(party)) for party in (Party.CALLER, Party.AGENT))
    assert 3.0 < len(caller) / 8000 < 6.5
    assert share_of(CALLER_HERTZ, caller) > 0.9 > 0.05 > share_of(AGENT_HERTZ, caller)
    assert share_of(AGENT_HERTZ, agent) > 0.9 > 0.05 > share_of(CALLER_HERTZ, agent)


async def one_of(studio: Studio, prefix: str) -> str:
    """The name of the one channel with this prefix."""
    listing = await studio.pbx.console("core show channels concise")
    (name,) = [line.partition("!")[0] for line in listing.splitlines() if line.startswith(prefix)]
    return name
