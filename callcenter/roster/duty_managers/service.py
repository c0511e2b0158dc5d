"""Duty manager (值班经理) use cases: which supervisor has that duty from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.roster.errors import (
    DutyOverlaps,
    NotADutyManager,
    OwnDuty,
    ShiftEndsBeforeStart,
    ShiftInThePast,
    ShiftTooLong,
    UnknownDuty,
)
from callcenter.roster.rows import DutyManagerRow
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.people import PeopleService
from callcenter.web.roles import MANAGERS, Person, Role

LONGEST: Final = timedelta(days=31)
MAY_BE: Final = frozenset({Role.SUPERVISOR, Role.MANAGER})


@dataclass(frozen=True, slots=True)
class Duty:
    """The user is the duty manager from `starts_at` until just before `ends_at`."""

    id: str
    person: str
    name: str
    starts_at: datetime
    ends_at: datetime


class DutyManagers:
    def __init__(self, database: Database, clock: Clock, audit: Audit, people: PeopleService) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._people = people

    async def now(self) -> frozenset[str]:
        """Return the current duty manager; empty if the roster names no one."""
        at = self._clock()
        query = select(DutyManagerRow.person).where(DutyManagerRow.starts_at <= at, DutyManagerRow.ends_at > at)
        async with self._database.read() as session:
            return frozenset(await session.scalars(query))

    async def between(self, start: datetime, end: datetime, limit: int = 500) -> Sequence[Duty]:
        """Return the duties that overlap the range, by their start."""
        query = (
            select(DutyManagerRow)
            .where(DutyManagerRow.starts_at < end, DutyManagerRow.ends_at > start)
            .order_by(DutyManagerRow.starts_at)
            .limit(limit)
        )
        async with self._database.read() as session:
            return [_duty(row) for row in await session.scalars(query)]

    async def add(self, person: str, starts_at: datetime, ends_at: datetime, by: Person) -> Duty:
        """Add a duty.

        Raises UnknownPerson, NotADutyManager, OwnDuty, DutyOverlaps and the errors of the time checks.
        """
        self._check_times(starts_at, ends_at)
        if person == by.id and not by.may(MANAGERS):
            raise OwnDuty("another supervisor or the manager gives you this duty", person=person)
        account = await self._people.living(person)
        if not account.person.roles & MAY_BE:
            raise NotADutyManager("the duty manager is a supervisor or a manager", person=person)
        async with self._database.write() as session:
            row = DutyManagerRow(
                id=uuid4().hex, person=person, name=account.person.name, starts_at=starts_at, ends_at=ends_at
            )
            facts = {"person": person, "span": f"{starts_at.isoformat()}/{ends_at.isoformat()}"}
            # The audit serialises writers, so no duty can be added between the check and the commit.
            await self._audit.append(session, by, "duty_manager.added", f"duty-manager/{row.id}", facts=facts)
            await self._check_free(session, starts_at, ends_at)
            session.add(row)
            await session.flush()
            return _duty(row)

    async def remove(self, id: str, by: Person) -> None:
        """Remove a duty; one that has begun ends now and stays as a record. Raises UnknownDuty."""
        now = self._clock()
        async with self._database.write() as session:
            row = await session.get(DutyManagerRow, id, with_for_update=True)
            if row is None or row.ends_at <= now:
                raise UnknownDuty("there is no such duty to come", duty=id[:40])
            if row.starts_at < now:
                row.ends_at = now
            else:
                await session.delete(row)
            await self._audit.append(session, by, "duty_manager.removed", f"duty-manager/{id}")

    def _check_times(self, starts_at: datetime, ends_at: datetime) -> None:
        if ends_at <= starts_at:
            raise ShiftEndsBeforeStart("the duty ends after its start")
        if ends_at <= self._clock():
            raise ShiftInThePast("this duty is over already")
        if ends_at - starts_at > LONGEST:
            raise ShiftTooLong(f"a duty lasts {LONGEST.days} days at most")

    async def _check_free(self, session: AsyncSession, starts_at: datetime, ends_at: datetime) -> None:
        """Allow one duty manager at a time; raises DutyOverlaps."""
        near = select(DutyManagerRow).where(DutyManagerRow.starts_at < ends_at, DutyManagerRow.ends_at > starts_at)
        other = await session.scalar(near.limit(1))
        if other is not None:
            raise DutyOverlaps(
                "the roster names another duty manager then",
                duty=other.id,
                person=other.person,
                starts_at=other.starts_at.isoformat(),
                ends_at=other.ends_at.isoformat(),
            )


def _duty(row: DutyManagerRow) -> Duty:
    return Duty(row.id, row.person, row.name, row.starts_at, row.ends_at)
