"""Tests a month of changes: at every instant routing reads what a record beside the service says was agreed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest

from callcenter.errors import CallCentreError
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.leave.model import LeaveEvent, LeaveKind
from callcenter.roster.model import Shift
from callcenter.roster.overtime.model import OvertimeEvent
from callcenter.roster.plans.model import Days
from callcenter.roster.plans.service import DraftSource
from callcenter.roster.swaps.model import SwapEvent
from callcenter.storage.database import Database
from tests.roster.test_changes import Team
from tests.support.rooms import BOSS, CHIEF, Rooms, person

BERLIN = ZoneInfo("Europe/Berlin")
"""The clocks go back in the night to 25 October."""
FIRST = datetime(2026, 10, 10, tzinfo=BERLIN)
AGENTS = ("1001", "1002", "1003")
MOMENT = timedelta(microseconds=1)


def local(draw: random.Random, days: int) -> datetime:
    """A whole hour on the local clock, night shifts over midnight and over the clock change included."""
    day = FIRST.date() + timedelta(days=draw.randrange(days))
    return datetime(day.year, day.month, day.day, draw.choice((0, 6, 8, 14, 22)), tzinfo=BERLIN)


@dataclass
class Agreed:
    """What people agreed to, written down beside the service: who works from when until when, and who is away."""

    spans: dict[int, tuple[str, datetime, datetime]] = field(default_factory=dict)
    away: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    acts: Counter[str] = field(default_factory=Counter)

    def on_duty(self, at: datetime) -> set[str]:
        there = {agent for agent, start, end in self.spans.values() if start <= at < end}
        return there - self.gone - {agent for agent, start, end in self.away if start <= at < end}

    def edges(self) -> list[datetime]:
        spans = (*self.spans.values(), *self.away)
        return sorted({edge for _, start, end in spans for edge in (start, end)})

    def own(self, draw: random.Random) -> tuple[int, str]:
        """A shift and its agent, by this record."""
        id = draw.choice(sorted(self.spans))
        return id, self.spans[id][0]


class Month:
    """Draws changes, performs each through the service and writes down what both sides agreed to."""

    def __init__(self, team: Team, draw: random.Random) -> None:
        self.team, self.draw, self.agreed = team, draw, Agreed()
        self.overtime: set[int] = set()

    async def shift(self) -> None:
        agent, start = self.draw.choice(AGENTS), local(self.draw, 30)
        end = start + timedelta(hours=self.draw.choice((6, 8, 10)))
        stored = await self.team.rooms.roster.add(Shift(AgentNumber(agent), LineCode("orders"), start, end), BOSS)
        self.agreed.spans[stored.id] = (agent, start, end)

    async def swap(self) -> None:
        swaps, colleague = self.team.room.swaps, self.draw.choice(AGENTS)
        given, agent = self.agreed.own(self.draw)
        theirs = [id for id, (other, *_) in self.agreed.spans.items() if other == colleague]
        back = self.draw.choice(theirs) if theirs and self.draw.random() < 0.4 else None
        swap = (await swaps.ask(given, colleague, back, "", person(agent))).id
        await swaps.decide(swap, SwapEvent.AGREE, person(colleague))
        try:
            await swaps.decide(swap, SwapEvent.APPROVE, BOSS)
        except CallCentreError:
            await swaps.decide(swap, SwapEvent.REFUSE, BOSS, "不行")
            raise
        for id, new in ((given, colleague), (back, agent)):
            if id is not None:
                self.agreed.spans[id] = (new, *self.agreed.spans[id][1:])

    async def extra(self) -> None:
        agent, start = self.draw.choice(AGENTS), local(self.draw, 30)
        end = start + timedelta(hours=self.draw.choice((2, 4, 8)))
        overtimes = self.team.room.overtimes
        asked = await overtimes.ask(agent, "orders", start, end, "忙", BOSS)
        await overtimes.decide(asked.id, OvertimeEvent.AGREE, person(agent))
        done = await overtimes.decide(asked.id, OvertimeEvent.APPROVE, BOSS)
        if self.draw.random() < 0.3:
            await overtimes.decide(asked.id, OvertimeEvent.CANCEL, BOSS, "不用了")
        else:
            assert done.shift is not None
            self.overtime.add(done.shift)
            self.agreed.spans[done.shift] = (agent, start, end)

    async def remove(self) -> None:
        id, _ = self.agreed.own(self.draw)
        await self.team.rooms.roster.remove(id, BOSS)
        del self.agreed.spans[id]

    async def move(self) -> None:
        id, agent = self.agreed.own(self.draw)
        _, start, end = self.agreed.spans[id]
        start, end = start + timedelta(hours=1), end + timedelta(hours=1)
        await self.team.rooms.roster.change(Shift(AgentNumber(agent), LineCode("orders"), start, end, id), BOSS)
        self.agreed.spans[id] = (agent, start, end)

    async def leave(self, kind: LeaveKind = LeaveKind.PERSONAL) -> None:
        agent, start = self.draw.choice(AGENTS), local(self.draw, 30)
        end = start + timedelta(hours=self.draw.choice((3, 24, 60)))
        leaves = self.team.room.leaves
        leave = (await leaves.request(agent, kind, start, end, "事", BOSS)).id
        await leaves.decide(leave, LeaveEvent.APPROVE, BOSS)
        if self.draw.random() < 0.3:
            await leaves.decide(leave, LeaveEvent.CANCEL, BOSS, "回来")
        else:
            self.agreed.away.append((agent, start, end))

    async def sick(self) -> None:
        await self.leave(LeaveKind.SICK)

    async def publish(self) -> None:
        """A plan of three days without one of its regular shifts."""
        day = FIRST.date() + timedelta(days=self.draw.randrange(27))
        plans, days = self.team.room.plans, Days(day, day + timedelta(days=2))
        row = (await plans.draft(LineCode("orders"), days, DraftSource.PRESENT, "", BOSS)).row
        entries = (await plans.plan(row.id, BOSS))[1]
        if not entries:
            return
        left = self.draw.choice(entries)
        await plans.replace(row.id, None, [entry for entry in entries if entry is not left], BOSS)
        seen = (await self.team.room.reviews.of(row.id)).fingerprint
        await plans.publish(row.id, seen, BOSS)
        span = (str(left.agent), left.starts_at, left.ends_at)
        (id,) = (id for id, agreed in self.agreed.spans.items() if agreed == span and id not in self.overtime)
        del self.agreed.spans[id]

    async def act(self, name: str) -> None:
        """One change; what the service refuses was not agreed to."""
        try:
            await getattr(self, name)()
        except CallCentreError:
            return
        self.agreed.acts[name] += 1


ACTS = ("swap", "leave", "sick", "remove", "move", "extra", "publish")


@pytest.mark.parametrize("seed", [11, 12])
async def test_D3_D4_the_duty_of_a_month_is_what_was_agreed(database: Database, seed: int) -> None:
    draw, rooms = random.Random(seed), Rooms(database)
    await rooms.furnish(*AGENTS)
    rooms.clock.at = FIRST - timedelta(days=1)
    month = Month(Team(rooms), draw)
    for _ in range(60):
        await month.act("shift")
    for _ in range(40):
        await month.act(draw.choice(ACTS))
    await rooms.agents.change(replace(await rooms.agents.agent(AGENTS[-1]), active=False), CHIEF)
    month.agreed.gone.add(AGENTS[-1])
    agreed = month.agreed
    assert set(agreed.acts) == {"shift", *ACTS}, "each kind of change has happened"
    assert len(agreed.spans) > 10
    assert agreed.away
    assert month.overtime & set(agreed.spans)
    for (agent, start, end), (other, begins, ends) in combinations(agreed.spans.values(), 2):
        assert agent != other or end <= begins or ends <= start, "no agent is booked twice"
    edges = agreed.edges()
    for at in (moment for edge in edges for moment in (edge - MOMENT, edge)):
        assert (await rooms.roster.duty(at)).get(LineCode("orders"), set()) == agreed.on_duty(at)
    at, woken = FIRST - timedelta(days=1), []
    while (change := await rooms.roster.next_change(at)) is not None:
        woken.append(change)
        at = change
    assert woken == edges
