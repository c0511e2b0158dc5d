"""Tests a month of changes: at every instant routing reads the duty that a plain recount of what was agreed gives."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest

from callcenter.errors import CallCentreError
from callcenter.roster.leave.model import LeaveEvent, LeaveKind
from callcenter.roster.model import Shift
from callcenter.roster.overtime.model import OvertimeEvent
from callcenter.roster.swaps.model import SwapEvent
from callcenter.storage.database import Database
from tests.roster.test_changes import Team
from tests.support.rooms import BOSS, Rooms, person

BERLIN = ZoneInfo("Europe/Berlin")
"""The clocks go back in the night to 25 October."""
FIRST = datetime(2026, 10, 10, tzinfo=BERLIN)
AGENTS = ("1001", "1002", "1003")
MOMENT = timedelta(microseconds=1)


def local(draw: random.Random, days: int) -> datetime:
    """A whole hour on the local clock, night shifts over midnight and over the clock change included."""
    day = FIRST.date() + timedelta(days=draw.randrange(days))
    return datetime(day.year, day.month, day.day, draw.choice((0, 6, 8, 14, 22)), tzinfo=BERLIN)


@pytest.mark.parametrize("seed", [11, 12])
async def test_D3_D4_the_duty_of_a_month_is_what_was_agreed(database: Database, seed: int) -> None:
    draw, rooms = random.Random(seed), Rooms(database)
    await rooms.furnish(*AGENTS)
    rooms.clock.at = FIRST - timedelta(days=1)
    team = Team(rooms)
    away: list[tuple[str, datetime, datetime]] = []
    for _ in range(60):
        start = local(draw, 30)
        shift = Shift(draw.choice(AGENTS), "orders", start, start + timedelta(hours=draw.choice((6, 8, 10))))  # type: ignore[arg-type]
        try:
            await rooms.roster.add(shift, BOSS)
        except CallCentreError:
            continue
    for _ in range(32):
        planned = await rooms.roster.shifts()
        given, colleague = draw.choice(planned), draw.choice(AGENTS)
        act = draw.choice(("swap", "leave", "sick", "remove", "overtime"))
        try:
            if act == "swap":
                swap = (await team.room.swaps.ask(given.id, colleague, None, "", person(given.agent))).id
                await team.room.swaps.decide(swap, SwapEvent.AGREE, person(colleague))
                await team.room.swaps.decide(swap, SwapEvent.APPROVE, BOSS)
            elif act == "overtime":
                start = local(draw, 30)
                end = start + timedelta(hours=draw.choice((2, 4, 8)))
                extra = await team.room.overtimes.ask(colleague, "orders", start, end, "忙", BOSS)
                await team.room.overtimes.decide(extra.id, OvertimeEvent.AGREE, person(colleague))
                await team.room.overtimes.decide(extra.id, OvertimeEvent.APPROVE, BOSS)
                if draw.random() < 0.3:
                    await team.room.overtimes.decide(extra.id, OvertimeEvent.CANCEL, BOSS, "不用了")
            elif act == "remove":
                await rooms.roster.remove(given.id, BOSS)
            else:
                kind = LeaveKind.SICK if act == "sick" else LeaveKind.PERSONAL
                start = local(draw, 30)
                end = start + timedelta(hours=draw.choice((3, 24, 60)))
                leave = (await team.room.leaves.request(given.agent, kind, start, end, "事", BOSS)).id
                await team.room.leaves.decide(leave, LeaveEvent.APPROVE, BOSS)
                if draw.random() < 0.3:
                    await team.room.leaves.decide(leave, LeaveEvent.CANCEL, BOSS, "回来")
                else:
                    away.append((given.agent, start, end))
        except CallCentreError:
            continue
    planned = await rooms.roster.shifts()
    assert len(planned) > 10
    assert away
    assert any(shift.overtime for shift in planned)
    for shift, other in combinations(planned, 2):
        assert not shift.overlaps(other), "no agent is booked twice"

    def expected(at: datetime) -> set[str]:
        there = {str(shift.agent) for shift in planned if shift.starts_at <= at < shift.ends_at}
        return there - {agent for agent, start, end in away if start <= at < end}

    edges = sorted(
        {edge for shift in planned for edge in (shift.starts_at, shift.ends_at)}
        | {edge for _, start, end in away for edge in (start, end)}
    )
    for at in (moment for edge in edges for moment in (edge - MOMENT, edge)):
        assert (await rooms.roster.duty(at)).get("orders", set()) == expected(at)  # type: ignore[call-overload]
    at, woken = FIRST - timedelta(days=1), []
    while (change := await rooms.roster.next_change(at)) is not None:
        woken.append(change)
        at = change
    assert woken == edges
