"""Records delegations: who signs for an absent person, from when to when, on whose decision (K1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import select

from callcenter.complaints.errors import BadDelegation, NotYourDelegation, UnknownDelegation
from callcenter.complaints.model import Level
from callcenter.complaints.parts import Parts, level_of
from callcenter.complaints.rows import DelegationRow
from callcenter.complaints.signatures.model import Delegated
from callcenter.web.people import PeopleService
from callcenter.web.roles import Person

LONGEST: Final = timedelta(days=366)


class DelegationService:
    def __init__(self, parts: Parts, people: PeopleService) -> None:
        self._parts = parts
        self._people = people

    async def in_force(self) -> tuple[Delegated, ...]:
        """Returns the delegations in force now, with the present roles of the absent people."""
        now = self._parts.clock()
        query = select(DelegationRow).where(DelegationRow.starts_at <= now, DelegationRow.ends_at > now)
        async with self._parts.database.read() as session:
            rows = (await session.scalars(query)).all()
        absent = {row.absent: (await self._people.account(row.absent)).person for row in rows}
        return tuple(
            Delegated(row.absent, absent[row.absent].name, frozenset(absent[row.absent].roles), row.to) for row in rows
        )

    async def to_come(self) -> Sequence[DelegationRow]:
        """Returns the delegations in force and those to come, by their start."""
        query = select(DelegationRow).where(DelegationRow.ends_at > self._parts.clock())
        async with self._parts.database.read() as session:
            return (await session.scalars(query.order_by(DelegationRow.starts_at, DelegationRow.id).limit(500))).all()

    async def record(
        self, absent: str, to: str, starts_at: datetime, ends_at: datetime, reason: str, by: Person
    ) -> DelegationRow:
        """Raises UnknownPerson, BadDelegation, NotYourDelegation."""
        now = self._parts.clock()
        if not starts_at < ends_at <= starts_at + LONGEST or ends_at <= now:
            raise BadDelegation("a delegation ends after its start and in the future, within a year", field="ends_at")
        if absent == to:
            raise BadDelegation("a delegation is to another person", field="to")
        if not reason.strip():
            raise BadDelegation("a reason is required", field="reason")
        account = await self._people.account(absent)
        await self._people.living(to)
        self._check_right(account.person, to, by)
        row = DelegationRow(
            id=uuid4().hex,
            absent=absent,
            to=to,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason.strip()[:500],
            recorded_by=by.id,
            recorded_at=now,
        )
        async with self._parts.database.write() as session:
            session.add(row)
            await session.flush()
            facts = {"absent": absent, "to": to, "span": f"{starts_at.isoformat()}/{ends_at.isoformat()}"}
            await self._parts.audit.append(session, by, "delegation.recorded", f"delegation/{row.id}", facts=facts)
        return row

    def _check_right(self, absent: Person, to: str, by: Person) -> None:
        """A person may delegate their own signature, or that of someone of a lower level; never to themselves."""
        if by.id == absent.id:
            return
        needs = Level(min(level_of(absent) + 1, Level.LEADER))
        if to == by.id or level_of(by) < needs:
            raise NotYourDelegation(
                "only the absent person or a superior delegates, and never to themselves",
                needs=needs.name.lower(),
            )

    async def end(self, id: str, by: Person) -> None:
        """Ends a delegation now; what was signed under it remains. Raises UnknownDelegation."""
        now = self._parts.clock()
        async with self._parts.database.write() as session:
            row = await session.get(DelegationRow, id, with_for_update=True)
            if row is None or row.ends_at <= now:
                raise UnknownDelegation("there is no such delegation in force", delegation=id[:40])
            absent = (await self._people.account(row.absent)).person
            if by.id != row.recorded_by:
                self._check_right(absent, row.to, by)
            if row.starts_at >= now:
                await session.delete(row)
            else:
                row.ends_at = now
            await self._parts.audit.append(session, by, "delegation.ended", f"delegation/{id}")
