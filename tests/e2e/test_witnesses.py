"""Tests R5 and R7: no one is blamed for an end they did not cause, and no broken-off call is overlooked."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from callcenter.calls.rows import CallLiveRow
from callcenter.clock import now
from callcenter.demo.api_client import Json, NotYet, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers, silent
from callcenter.storage.database import Database
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.support.sip import Call, Station, station

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(150)]

NO_PARTY = {"undetermined", "system"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    folder: Path = tmp_path_factory.mktemp("house")
    async with running_centre(folder, {"CC_PBX__SILENCE_SECONDS": "3"}) as running:
        yield running


@dataclass
class Talk:
    """A caller and the agent's phone, in the middle of a conversation."""

    centre: RunningCentre
    caller: Station
    theirs: Call
    phone: Station
    ours: Call


@asynccontextmanager
async def talking(centre: RunningCentre, number: str) -> AsyncIterator[Talk]:
    here = ("127.0.0.1", centre.centre.network.port)
    async with AsyncExitStack() as stack:
        await centre.staff("sales", {})
        phone = await stack.enter_async_context(station(here, "1001", centre.floor._secrets["1001"]))
        caller = await stack.enter_async_context(station(here))
        assert await phone.register() == 200
        await centre.shift("1001", "sales")
        await centre.api.put("/agents/1001/presence", {"state": "available"})
        await centre.members("sales", "1001")
        theirs = await caller.call(SALES, number)
        ours = await phone.called()
        ours.answer()
        # Asterisk detects silence only after there was audio.
        await until(lambda: hear(theirs, ours), 10, "the two hear each other")
        yield Talk(centre, caller, theirs, phone, ours)


async def hear(*calls: Call) -> bool:
    return all(len(call.media.heard) > 50 for call in calls)


async def is_talking(centre: RunningCentre) -> bool:
    """Whether two channels share a bridge, the last but one field of each line."""
    lines = (await centre.console("core show channels concise")).splitlines()
    return sum(bool(line.split("!")[-2]) for line in lines if line.count("!") > 10) >= 2


async def agent_lost(talk: Talk) -> None:
    talk.phone.lose_network()


async def agent_mute(talk: Talk) -> None:
    talk.ours.media.quiet = True


async def caller_lost(talk: Talk) -> None:
    talk.caller.lose_network()


async def caller_mute(talk: Talk) -> None:
    talk.theirs.media.quiet = True


async def trunk_failed(talk: Talk) -> None:
    talk.theirs.request("BYE", [("Reason", 'Q.850;cause=38;text="Network out of order"')])


def hung_up_at_the_console(part: str) -> Callable[[Talk], Awaitable[None]]:
    async def act(talk: Talk) -> None:
        await talk.centre.console(f"channel request hangup {await channel(talk.centre, part)}")

    return act


async def channel(centre: RunningCentre, part: str) -> str:
    lines = (await centre.console("core show channels concise")).splitlines()
    return next(line.partition("!")[0] for line in lines if part in line)


ENDS: dict[str, Callable[[Talk], Awaitable[None]]] = {
    "agent_lost": agent_lost,
    "agent_mute": agent_mute,
    "caller_lost": caller_lost,
    "caller_mute": caller_mute,
    "trunk_failed": trunk_failed,
    "console_agent": hung_up_at_the_console("PJSIP/1001"),
    "console_caller": hung_up_at_the_console("PJSIP/trunk"),
}


@pytest.mark.parametrize("how", list(ENDS))
async def test_R5_a_talk_that_no_party_ended_blames_no_one_and_gets_an_apology(centre: RunningCentre, how: str) -> None:
    number = f"1390005{list(ENDS).index(how):04}"
    async with talking(centre, number) as talk:
        await ENDS[how](talk)
        record = await centre.call(number, within=20)
    assert (record["outcome"], record["hung_up_by"]) == ("answered", "undetermined")
    assert (record["reason"], record["agent"]) == ("cut_off", "1001")
    assert await live_word(centre, record["id"]) == "undetermined"
    assert "R5" not in {flag["clause"] for flag in await centre.flags(record["id"])}
    assert record["id"] in await apologies(centre)


async def test_R5_who_really_hangs_up_is_still_named(centre: RunningCentre) -> None:
    for number, party in (("13900051001", "agent"), ("13900051002", "caller")):
        async with talking(centre, number) as talk:
            (talk.ours if party == "agent" else talk.theirs).hang_up()
            record = await centre.call(number, within=20)
        assert (record["hung_up_by"], record["reason"]) == (party, None)
        assert await live_word(centre, record["id"]) == party
        assert ("R5" in {flag["clause"] for flag in await centre.flags(record["id"])}) is (party == "agent")
        assert record["id"] not in await apologies(centre)


async def test_R7_a_waiting_caller_whom_the_console_cut_off_has_not_given_up(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": silent()})
    caller = Caller("13900052001", SALES, patience=60)
    async with calls(centre.centre.network, [caller]):
        await centre.floor.see("ringing", "1001", caller="13900052001")
        await centre.console(f"channel request hangup {await channel(centre, 'PJSIP/trunk')}")
        record = await centre.call("13900052001", within=20)
    assert (record["outcome"], record["reason"]) == ("failed", "cut_off")
    assert record["hung_up_by"] in NO_PARTY
    assert record["id"] in await apologies(centre)


async def live_word(centre: RunningCentre, call: str) -> str | None:
    """What the live state recorded, which may be stored after the record that the PBX's files give."""
    database = Database.open(centre.centre.settings.database)
    rows: list[CallLiveRow] = []

    async def stored() -> bool:
        async with database.read() as session:
            rows[:] = await session.scalars(select(CallLiveRow).where(CallLiveRow.id == call))
        return bool(rows)

    try:
        await until(stored, 10, "the live state's record")
        word: str | None = rows[0].record["hung_up_by"]
        return word
    finally:
        await database.close()


async def apologies(centre: RunningCentre) -> list[str]:
    window = {"since": (now() - timedelta(hours=1)).isoformat(), "until": (now() + timedelta(hours=1)).isoformat()}
    body = {**window, "reason": "线路故障", "dry_run": True}
    drawn: list[str] = (await centre.api.post("/callback-apologies", body))["calls"]
    return drawn


async def restart_now(centre: RunningCentre) -> None:
    await centre.centre.pbx_restart_now()


async def stop_now(centre: RunningCentre) -> None:
    await centre.console("core stop now")


async def killed(centre: RunningCentre) -> None:
    pid = centre.centre.pbx.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("end", [restart_now, stop_now, killed])
async def test_R7_a_stopped_pbx_blames_no_one_and_its_callers_get_an_apology(
    tmp_path: Path, end: Callable[[RunningCentre], Awaitable[None]]
) -> None:
    async with running_centre(tmp_path) as centre:
        await centre.staff("sales", {"1001": answers(0.3)})
        talks, waits = Caller("13900053001", SALES, talks=60), Caller("13900053002", SALES, patience=60)
        async with calls(centre.centre.network, [talks, waits], per_second=1) as ringing:
            await centre.floor.see("answered", "1001", within=15)
            await ringing.see("answered", "13900053002", within=15)
            await until(lambda: is_talking(centre), 10, "the two talk")
            ended = now()
            await end(centre)
        cut, waiting = await settled(centre, "13900053001"), await settled(centre, "13900053002")
        assert (cut["outcome"], cut["reason"]) == ("answered", "pbx_lost")
        assert (waiting["outcome"], waiting["reason"]) == ("unknown", "pbx_lost")
        assert {cut["hung_up_by"], waiting["hung_up_by"]} <= NO_PARTY
        for record in (cut, waiting):
            assert not [flag for flag in await centre.flags(record["id"]) if flag["clause"] == "R5"]
        assert {cut["id"], waiting["id"]} <= set(await apologies(centre))
        assert_length(cut, ended)


async def settled(centre: RunningCentre, number: str) -> Json:
    """The record once the PBX's end is known: a call may be judged before that."""
    record: Json = {}

    async def lost() -> bool:
        record.update(await centre.call(number, within=60))
        return str(record["reason"]) == "pbx_lost"

    with contextlib.suppress(NotYet):
        await until(lost, 60, f"the end of {number} is known")
    return record


def assert_length(record: Json, ended: datetime) -> None:
    """The talk time lasts until the PBX ended, or is marked as unmeasured; it is never 0."""
    if record["talk_seconds"] is None:
        assert record["end_known"] is False
        return
    talked = (ended - datetime.fromisoformat(record["answered_at"])).total_seconds()
    assert record["talk_seconds"] == pytest.approx(talked, abs=2.0)
