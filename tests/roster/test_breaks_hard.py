"""Tests hard cases of breaks in turn: calls, restarts, people who go, decisions at once (D5, D6)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from callcenter.errors import CallCentreError
from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.roster.breaks.model import Lack
from callcenter.roster.errors import BreakMustWait, CoverageWouldFall, LastAgent
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Need, SkillNeed
from callcenter.routing.model import Line
from tests.roster.test_breaks import CHANGSHA, Turn, turn
from tests.support.rooms import BOSS, CHIEF, Rooms, person

__all__ = ["turn"]


async def queued(turn: Turn) -> None:
    """Two are at their meal, the third waits."""
    assert await turn.go("1001")
    assert await turn.go("1002")
    assert not await turn.go("1003")


async def test_D5_a_granted_break_waits_for_the_end_of_a_call(turn: Turn) -> None:
    """Who is talking when their turn comes does not lose it to the clock."""
    talking: set[AgentNumber] = set()
    turn.breaks.busy = lambda: frozenset(talking)
    await queued(turn)
    talking.add(AgentNumber("1003"))
    await turn.back("1001")
    assert (await turn.row("1003")).state == "granted"
    turn.rooms.clock.move(minutes=12)
    await turn.breaks.once()
    assert (await turn.row("1003")).state == "granted"
    talking.clear()
    turn.rooms.clock.move(minutes=4)
    await turn.breaks.once()
    assert (await turn.row("1003")).state == "granted"
    turn.rooms.clock.move(minutes=2)
    await turn.breaks.once()
    assert (await turn.row("1003")).state == "lapsed"


async def test_D6_a_break_begins_when_the_call_is_over_in_which_the_agent_paused(turn: Turn) -> None:
    """None of the call counts against the limit, so nobody is notified of an overrun, and no finding follows."""
    number, clock = AgentNumber("1001"), turn.rooms.clock
    talking, idle = {number}, dict[AgentNumber, datetime]()
    turn.breaks.busy, turn.breaks.idle = lambda: frozenset(talking), lambda: idle
    assert await turn.go("1001")
    assert (await turn.row("1001")).state == "granted"
    for _ in range(5):
        clock.move(minutes=15)
        await turn.breaks.once()
    assert (await turn.row("1001")).state == "granted", "neither begun nor lapsed"
    clock.move(minutes=1)
    idle[number] = clock()
    talking.clear()
    clock.move(minutes=1)
    await turn.breaks.once()
    row = await turn.row("1001")
    assert (row.state, row.taken_at, row.agent_notified_at) == ("taken", idle[number], None)


async def test_D6_who_is_sent_on_a_break_within_a_call_counts_as_gone_and_begins_it_afterwards(turn: Turn) -> None:
    number, clock = AgentNumber("1002"), turn.rooms.clock
    talking = {number}
    turn.breaks.busy = lambda: frozenset(talking)
    await turn.rooms.presence.pause("1002", "meal", BOSS)
    await turn.breaks.once()
    assert (await turn.row("1002")).state == "granted"
    clock.move(minutes=20)
    await turn.breaks.once()
    talking.clear()
    clock.move(minutes=1)
    await turn.breaks.once()
    row = await turn.row("1002")
    assert (row.state, row.taken_at) == ("taken", clock()), "the first look at which they were off the phone"


async def test_D5_a_restart_loses_no_turn_and_grants_none_twice(turn: Turn) -> None:
    await queued(turn)
    await turn.back("1001")
    granted = (await turn.row("1003")).id
    turn.rooms.clock.move(minutes=30)
    rooms = Rooms(turn.rooms.database)
    rooms.clock.at = turn.rooms.clock.at
    after = Turn(rooms)
    await after.breaks.once()
    await after.breaks.once()
    assert await after.states() == {"1001": "ended", "1002": "taken", "1003": "granted"}
    assert after.published == [delta for delta in after.published if delta["state"] != "granted"]
    assert await after.go("1003")
    assert ((await after.row("1003")).id, (await after.row("1003")).state) == (granted, "taken")


async def test_D5_a_waiting_break_survives_a_restart_in_its_place(turn: Turn) -> None:
    await queued(turn)
    rooms = Rooms(turn.rooms.database)
    rooms.clock.at = turn.rooms.clock.at
    after = Turn(rooms)
    await after.breaks.once()
    assert [row.agent for row, _ in await after.breaks.queue()] == ["1003"]
    await after.back("1002")
    assert (await after.row("1003")).state == "granted"


async def test_D5_a_break_is_not_granted_to_who_is_at_a_meal(turn: Turn) -> None:
    """The second break of an agent waits until they are back, and keeps nobody waiting meanwhile."""
    assert await turn.go("1001")
    assert await turn.go("1002")
    assert not await turn.go("1003", "break")
    turn.rooms.clock.move(minutes=1)
    await turn.rooms.presence.pause("1003", "meal", BOSS)
    await turn.back("1001")
    await turn.breaks.once()
    breaks = {row.kind: row.state for row in await turn.breaks.breaks(BOSS, 10, agent="1003")}
    assert breaks == {"break": "waiting", "meal": "taken"}
    turn.rooms.clock.move(minutes=1)
    await turn.back("1002")
    assert await turn.go("1002", "break")


async def test_D5_a_break_granted_to_who_signs_out_goes_to_the_next(turn: Turn) -> None:
    assert await turn.go("1001")
    granted = await turn.breaks.ask("1002", "meal", person("1002"))
    assert granted.state == "granted"
    turn.rooms.clock.move(minutes=1)
    assert not await turn.go("1003")
    await turn.back("1001")
    assert (await turn.row("1003")).state == "granted"
    await turn.rooms.presence.sign_out("1002", BOSS)
    await turn.breaks.once()
    assert (await turn.row("1002")).state == "lapsed"
    assert (await turn.row("1003")).state == "granted"


async def test_D5_the_last_agent_asks_while_the_break_of_another_ends(turn: Turn) -> None:
    """Whatever comes first, one is at the desk, and the last one goes once."""
    assert await turn.go("1001")
    assert await turn.go("1002")
    await asyncio.gather(
        turn.rooms.presence.resume("1001", person("1001")),
        turn.go("1003"),
        turn.breaks.once(),
        return_exceptions=True,
    )
    await turn.breaks.once()
    rows = await turn.breaks.breaks(BOSS, 10, agent="1003")
    assert [row.state in ("granted", "taken") for row in rows] == [True]


async def test_D5_a_break_that_is_withdrawn_while_the_turn_moves_stays_withdrawn(turn: Turn) -> None:
    for _ in range(5):
        await queued(turn)
        waiting = (await turn.row("1003")).id
        await turn.rooms.presence.resume("1001", person("1001"))
        await asyncio.gather(turn.breaks.once(), turn.breaks.withdraw(waiting, person("1003")), turn.breaks.once())
        row = await turn.row("1003")
        assert (row.id, row.state) == (waiting, "withdrawn")
        await turn.back("1002")
        turn.rooms.clock.move(minutes=1)


async def test_D6_an_extension_while_the_turn_moves_is_kept(turn: Turn) -> None:
    assert await turn.go("1001", "break")
    id = (await turn.row("1001")).id
    turn.rooms.clock.move(minutes=16)
    await asyncio.gather(
        turn.breaks.once(),
        *(turn.decisions.extend(id, 5, "身体不适", by) for by in (BOSS, CHIEF)),
        turn.breaks.once(),
    )
    await turn.breaks.once()
    row = await turn.row("1001")
    assert (row.limit_seconds, row.agent_notified_at) == (25 * 60, None)


async def test_D5_who_no_longer_works_here_keeps_no_colleague_from_waiting(turn: Turn) -> None:
    """An agent who was deactivated while signed in counts for nobody's break."""
    assert await turn.go("1001")
    gone = await turn.rooms.agents.agent("1002")
    await turn.rooms.agents.change(replace(gone, active=False), CHIEF)
    assert not await turn.go("1003")


async def test_D5_a_clock_that_goes_back_grants_nothing_twice(turn: Turn) -> None:
    turn.rooms.clock.move(hours=1)
    await queued(turn)
    turn.rooms.clock.move(minutes=-20)
    await turn.breaks.once()
    await turn.back("1001")
    with pytest.raises(CallCentreError):
        await turn.breaks.ask("1001", "training", person("1001"))
    assert not await turn.go("1001")
    assert (await turn.row("1003")).state == "granted"


DIALECT = "xiang-changsha"


async def speaks(turn: Turn, agent: str, level: int = 4) -> None:
    known = await turn.rooms.agents.agent(agent)
    await turn.rooms.agents.change(replace(known, skills={DIALECT: level}), BOSS)


async def test_D5_the_only_speaker_of_a_needed_dialect_waits_with_the_reason_and_colleagues_go(turn: Turn) -> None:
    await speaks(turn, "1002")
    await turn.needs.replace("orders", [Need(1, 0, 24 * 60, 1, (SkillNeed(DIALECT, 3, 1),))], BOSS)
    with pytest.raises(BreakMustWait) as waits:
        await turn.rooms.presence.pause("1002", "meal", person("1002"))
    stated = {name: waits.value.facts[name] for name in ("line", "left", "required", "skill", "level")}
    assert stated == {"line": "orders", "left": 0, "required": 1, "skill": DIALECT, "level": 3}
    waiting = await turn.row("1002")
    assert await turn.breaks.lacks() == {waiting.id: Lack("orders", 0, 1, DIALECT, 3)}
    assert await turn.go("1001"), "a colleague who does not speak it is not held back"
    with pytest.raises(CoverageWouldFall) as short:
        await turn.decisions.grant(waiting.id, "", CHIEF)
    assert (short.value.facts["skill"], short.value.facts["on_duty"]) == (DIALECT, 0)
    await speaks(turn, "1003", 3)
    await turn.breaks.once()
    assert (await turn.row("1002")).state == "granted"


async def test_D5_the_only_speaker_is_expected_when_the_plan_needs_the_dialect_no_longer(turn: Turn) -> None:
    await speaks(turn, "1002")
    noon = turn.rooms.clock().astimezone(CHANGSHA)
    minute = noon.hour * 60
    week = [
        Need(noon.weekday(), minute, minute + 30, 1, (SkillNeed(DIALECT, 3, 1),)),
        Need(noon.weekday(), minute + 30, 24 * 60, 1),
    ]
    await turn.needs.replace("orders", week, BOSS)
    assert not await turn.go("1002")
    assert [at for _, at in await turn.breaks.queue()] == [turn.rooms.clock() + timedelta(minutes=30)]
    turn.rooms.clock.move(minutes=30)
    await turn.breaks.once()
    assert (await turn.row("1002")).state == "granted"


async def test_D5_a_shortage_of_one_line_does_not_hide_that_another_would_lose_its_last_agent(turn: Turn) -> None:
    """With the need of the first line overridden the last agent of the second could be sent to lunch."""
    await turn.rooms.lines.add(Line(LineCode("vip"), QueueCode("general"), dids=("4008005678",)), CHIEF)
    at = turn.rooms.clock()
    await turn.rooms.roster.add(Shift(AgentNumber("1003"), LineCode("vip"), at, at + timedelta(hours=8)), BOSS)
    await turn.needs.replace("orders", [Need(1, 0, 24 * 60, 3)], BOSS)
    assert not await turn.go("1003")
    waiting = await turn.row("1003")
    assert await turn.breaks.lacks() == {waiting.id: Lack("vip", 0, 1)}
    with pytest.raises(LastAgent):
        await turn.decisions.grant(waiting.id, "身体不适", BOSS, despite_shortage=True)
