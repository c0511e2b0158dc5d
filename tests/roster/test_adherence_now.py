"""Tests adherence at this instant: equal to the report of the same instant, and published when it changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import cast

from hypothesis import given

from callcenter.agents.model import PresenceState
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.adherence.model import adherence_of
from callcenter.roster.adherence.present.model import adherence_at
from callcenter.roster.adherence.present.service import AdherenceNow
from callcenter.roster.coverage import Away
from callcenter.roster.leave.model import LeaveEvent, LeaveKind
from callcenter.roster.model import Shift
from callcenter.storage.database import Database
from callcenter.web.ports import Audience, DeltaKind, Shape
from tests.roster.test_adherence import HORIZON, MINUTE, START, Change, Span, changes, leaves_of, shifts_of
from tests.roster.test_changes import Team
from tests.support.rooms import BOSS, Rooms, person

SECOND = timedelta(seconds=1)


@given(shifts_of, leaves_of, changes)
def test_the_state_of_an_instant_is_the_report_of_that_second(
    shifts: list[Span], leaves: list[Span], states: list[Change]
) -> None:
    planned = [Shift(AgentNumber("1001"), LineCode("orders"), *span) for span in shifts]
    away = [Away("1001", *span) for span in leaves]
    before: tuple[object, object] | None = None
    for minute in range(HORIZON):
        at = START + minute * MINUTE
        report = adherence_of(planned, away, states, at, at + SECOND)
        now = adherence_at(planned, away, {"1001": states}, at)
        assert len(now) == report.planned
        for agent in now:
            assert (agent.planned == "leave", agent.in_adherence is None) == (bool(report.leave),) * 2
            assert bool(agent.in_adherence) == bool(report.present)
            assert (agent.in_adherence is True and agent.present is PresenceState.PAUSED) == bool(report.paused)
            assert agent.since <= at
            # `since` moves only when something else does.
            value = (agent.planned, agent.in_adherence)
            if before is not None and before[0] != value:
                assert agent.since > at - MINUTE
            before = (value, agent.since)
        if not now:
            before = None


class Heard:
    def __init__(self) -> None:
        self.deltas: list[Mapping[str, object]] = []

    def __call__(self, kind: DeltaKind[Shape], data: Shape, agents: Audience = None) -> None:
        assert (kind, agents) == ("adherence", frozenset())
        self.deltas.append(cast("Mapping[str, object]", data))

    def take(self) -> list[tuple[object, object, object]]:
        result = [(delta["agent"], delta["planned"], delta["in_adherence"]) for delta in self.deltas]
        self.deltas.clear()
        return result


async def test_each_change_is_published_to_leaders_once(database: Database) -> None:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002")
    team, heard = Team(rooms), Heard()
    present = AdherenceNow(rooms.clock, rooms.presence, rooms.roster, heard)
    start = rooms.clock()
    await rooms.on_duty("1001", hours=2)
    await rooms.on_duty("1002", hours=4)
    await present.once()
    assert heard.take() == []
    rooms.clock.move(minutes=10)
    await rooms.presence.sign_in("1001", person("1001"))
    await present.once()
    await present.once()
    assert heard.take() == [("1001", "on_duty", True)]
    rooms.clock.move(minutes=10)
    await rooms.presence.pause("1001", "meal", person("1001"))
    first, second = await present.of("orders")
    assert (first.present, first.in_adherence, first.since) == (PresenceState.PAUSED, True, start + 10 * MINUTE)
    assert (second.in_adherence, second.since) == (False, start)
    assert await present.of("vip") == []
    leave = await team.room.leaves.request("1002", LeaveKind.SICK, rooms.clock(), start + 240 * MINUTE, "病", BOSS)
    await team.room.leaves.decide(leave.id, LeaveEvent.APPROVE, BOSS)
    await present.once()
    assert heard.take() == [("1001", "on_duty", True), ("1002", "leave", None)]
    rooms.clock.move(hours=2)
    await present.once()
    assert heard.take() == [("1001", "off", None)]
    shares = await team.room.adherence.of(rooms.clock() - SECOND, rooms.clock())
    assert [agent for agent, seconds in shares.items() if seconds.present] == []
