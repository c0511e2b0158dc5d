"""Tests that a case of an agent on leave loses no deadline: leaders and who works instead hear of it (D4, K4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.roster.leave.model import LeaveEvent, OwnedCase
from callcenter.roster.leave.service import LEAVE_CASES
from callcenter.routing.model import Line
from callcenter.storage.database import Database
from callcenter.web.ports import Audience, DeltaKind, Shape
from callcenter.web.roles import Person, Role
from tests.roster.test_changes import HAN, LI, WANG, Team
from tests.support.rooms import BOSS, CHIEF, NOON, Rooms

HOUR = timedelta(hours=1)
ASSISTANT = Person("p8", "zhuli", "助理", frozenset({Role.ASSISTANT}))
DUE = OwnedCase("C-1", NOON + 5 * HOUR)
LATER = OwnedCase("C-2", NOON + 400 * HOUR)
OPEN_ENDED = OwnedCase("C-3", None)


class Standby(Team):
    """Li is on leave from the second hour to the tenth, and Han or Wang work meanwhile."""

    def __init__(self, rooms: Rooms) -> None:
        self.notices: list[tuple[Audience, list[str]]] = []
        self.recounted: set[str] = set()
        super().__init__(rooms)
        self.room.leaves.owned_cases = self._cases
        self.room.absences.changed.append(self.recounted.update)

    async def _cases(self, agent: str) -> Sequence[OwnedCase]:
        return [DUE, LATER, OPEN_ENDED] if agent == "1001" else []

    def _publish(self, kind: DeltaKind[Shape], data: Shape, agents: Audience = None) -> None:
        super()._publish(kind, data, agents)
        if kind == LEAVE_CASES:
            self.notices.append((agents, data["cases"]))  # type: ignore[arg-type]

    async def away(self) -> str:
        leave = await self.leave(LI, 2, 10)
        await self.room.leaves.decide(leave, LeaveEvent.APPROVE, BOSS)
        return leave

    async def listed(self, by: Person) -> list[str]:
        return [case.number for _, case in await self.room.absences.cases_for(by)]


@pytest.fixture
async def standby(database: Database) -> Standby:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002", "1003")
    await rooms.lines.add(Line(LineCode("vip"), QueueCode("general"), dids=("4008005678",)), CHIEF)
    standby = Standby(rooms)
    await standby.shift("1001", -40, -32)
    await standby.shift("1001", 2, 8)
    return standby


async def test_D4_a_colleague_who_works_instead_hears_of_the_cases_that_are_due_meanwhile(standby: Standby) -> None:
    await standby.shift("1002", 2, 8)
    await standby.away()
    assert standby.notices == [(frozenset(), ["C-1", "C-3"])]
    await standby.room.absences.once()
    assert await standby.listed(HAN) == []
    standby.rooms.clock.move(hours=2)
    await standby.room.absences.once()
    await standby.room.absences.once()
    assert standby.notices[1:] == [(frozenset({"1002"}), ["C-1", "C-3"])]
    assert standby.recounted == {"1002"}
    assert await standby.listed(HAN) == await standby.listed(BOSS) == ["C-1", "C-3"]
    assert await standby.listed(WANG) == await standby.listed(ASSISTANT) == await standby.listed(LI) == []


async def test_D4_a_substitute_found_later_hears_too_and_who_works_on_another_line_does_not(standby: Standby) -> None:
    await standby.away()
    standby.rooms.clock.move(hours=3)
    await standby.room.absences.once()
    assert await standby.listed(WANG) == []
    await standby.rooms.on_duty("1002", 5, line="vip")
    given = (await standby.rooms.roster.shifts(NOON, agent=AgentNumber("1001")))[0]
    await standby.rooms.roster.change(replace(given, agent=AgentNumber("1003")), BOSS)
    await standby.room.absences.once()
    assert standby.notices[1:] == [(frozenset({"1003"}), ["C-1", "C-3"])]
    assert (await standby.listed(WANG), await standby.listed(HAN)) == (["C-1", "C-3"], [])


async def test_D4_the_list_ends_with_the_leave(standby: Standby) -> None:
    await standby.shift("1002", 2, 8)
    leave = await standby.away()
    standby.rooms.clock.move(hours=3)
    await standby.room.absences.once()
    assert await standby.listed(HAN) == ["C-1", "C-3"]
    await standby.room.leaves.decide(leave, LeaveEvent.CANCEL, BOSS, "回来")
    await standby.room.absences.once()
    assert await standby.listed(HAN) == await standby.listed(BOSS) == []
    assert standby.recounted == {"1002"}
