"""Watches leaves: who works in place of an agent on leave hears of the cases that are due before they are back (D4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, NoReturn

from sqlalchemy import select

from callcenter.clock import Clock
from callcenter.facts import AgentNumber
from callcenter.roster.absences.model import AHEAD, BACK, Absence, stand_ins
from callcenter.roster.leave.model import LeaveState, OwnedCase, due_before
from callcenter.roster.leave.service import LEAVE_CASES, LeaveCasesDelta, OwnedCases
from callcenter.roster.rows import LeaveRow
from callcenter.roster.service import RosterService
from callcenter.storage.database import Database
from callcenter.web.ports import Publish, publish_to_nobody
from callcenter.web.roles import LEADERS, Person

EVERY_SECONDS: Final = 30.0


class Absences:
    """`owned_cases` are the open cases of an agent; `changed` is called with agents whose list may have changed."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        roster: RosterService,
        owned_cases: OwnedCases,
        publish: Publish = publish_to_nobody,
    ) -> None:
        self._database = database
        self._clock = clock
        self._roster = roster
        self._owned_cases = owned_cases
        self._publish = publish
        self._known: Mapping[str, Absence] | None = None
        self.changed: list[Callable[[Collection[AgentNumber]], object]] = []

    async def run(self, every: float = EVERY_SECONDS) -> NoReturn:
        while True:
            await self.once()
            await asyncio.sleep(every)

    async def once(self) -> None:
        """Notify colleagues who have come to stand in for an agent; the first look finds what pages read."""
        current = {absence.leave: absence for absence in await self.now()}
        before, self._known = self._known, current
        if before is None:
            return
        for leave in before.keys() | current.keys():
            was = before[leave].colleagues if leave in before else frozenset[AgentNumber]()
            here = current[leave].colleagues if leave in current else frozenset[AgentNumber]()
            if was != here:
                for changed in self.changed:
                    changed(was ^ here)
            if here - was:
                await self._notify(current[leave], here - was)

    async def now(self) -> list[Absence]:
        """The leaves of this instant with the colleagues who stand in."""
        at = self._clock()
        query = select(LeaveRow).where(
            LeaveRow.state == LeaveState.APPROVED.value, LeaveRow.starts_at <= at, LeaveRow.ends_at > at
        )
        async with self._database.read() as session:
            rows = (await session.scalars(query.order_by(LeaveRow.starts_at, LeaveRow.id))).all()
        if not rows:
            return []
        shifts = await self._roster.shifts(rows[0].starts_at - BACK, at + AHEAD)
        present = await self._roster.present(at, at + AHEAD)
        absences = [Absence(row.id, row.agent, row.starts_at, row.ends_at) for row in rows]
        return [replace(absence, colleagues=stand_ins(absence, shifts, present, at)) for absence in absences]

    async def cases_for(self, person: Person) -> list[tuple[Absence, OwnedCase]]:
        """The cases of agents on leave that this person keeps from missing a deadline: colleagues, and leaders."""
        absences = [
            absence for absence in await self.now() if person.may(LEADERS) or person.agent in absence.colleagues
        ]
        return [(absence, case) for absence in absences for case in await self._cases(absence)]

    async def _cases(self, absence: Absence) -> Sequence[OwnedCase]:
        return due_before(await self._owned_cases(absence.agent), absence.ends_at)

    async def _notify(self, absence: Absence, colleagues: frozenset[AgentNumber]) -> None:
        numbers = [case.number for case in await self._cases(absence)]
        if numbers:
            delta: LeaveCasesDelta = {
                "leave": absence.leave,
                "agent": absence.agent,
                "starts_at": absence.starts_at,
                "ends_at": absence.ends_at,
                "cases": numbers,
            }
            self._publish(LEAVE_CASES, delta, frozenset(str(agent) for agent in colleagues))
