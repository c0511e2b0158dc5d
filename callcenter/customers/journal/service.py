"""Handles a file's entries: write a note, plan a visit or an enrolment, record its outcome (S6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import uuid4

from sqlalchemy import select

from callcenter.clock import Clock
from callcenter.customers import store
from callcenter.customers.journal.model import (
    EntryEvent,
    EntryKind,
    EntryState,
    UnknownEntry,
    after,
    check_day,
    check_text,
    first_state,
)
from callcenter.customers.rows import CustomerEntryRow
from callcenter.facts import CustomerId
from callcenter.storage.database import Database
from callcenter.storage.paging import Position, newest_first
from callcenter.web.audit import Audit
from callcenter.web.people import AgentExists, no_agents_room
from callcenter.web.roles import Person


class CustomerJournal:
    def __init__(
        self, database: Database, clock: Clock, audit: Audit, agent_exists: AgentExists = no_agents_room
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._agent_exists = agent_exists

    async def write(
        self,
        customer: CustomerId,
        kind: EntryKind,
        text: str,
        by: Person,
        *,
        planned_for: date | None = None,
        agent: str | None = None,
    ) -> CustomerEntryRow:
        """Write an entry. A visit without a day has already been made.

        Raises UnknownCustomer, UnknownAgent, BadEntry, PlanInThePast.
        """
        state = first_state(kind, planned=planned_for is not None)
        check_day(planned_for, self._clock())
        if agent:
            await self._agent_exists(agent)
        async with self._database.write() as session:
            file = await store.living(session, customer)
            row = CustomerEntryRow(
                id=uuid4().hex,
                customer=file.id,
                kind=kind.value,
                state=state.value,
                text=check_text(text),
                agent=agent or by.agent,
                planned_for=planned_for,
                at=self._clock(),
                by=by.id,
                by_name=by.name,
                ended_at=self._clock() if state is EntryState.DONE else None,
            )
            session.add(row)
            await session.flush()
            await self._audit.append(session, by, f"customer.{kind.value}", f"customer/{file.id}")
        return row

    async def step(
        self, id: str, event: EntryEvent, by: Person, *, result: str = "", planned_for: date | None = None
    ) -> CustomerEntryRow:
        """Record the outcome, why it was dropped, or a new planned day. Raises UnknownEntry, BadEntry."""
        async with self._database.write() as session:
            row = await session.get(CustomerEntryRow, id, with_for_update=True)
            if row is None:
                raise UnknownEntry("there is no such entry", entry=id[:40])
            row.state = after(EntryState(row.state), event).value
            if event is EntryEvent.MOVE:
                check_day(planned_for, self._clock())
                row.planned_for = planned_for or row.planned_for
            else:
                row.result, row.ended_at = check_text(result, "result"), self._clock()
            await self._audit.append(session, by, f"customer.entry_{event.value}", f"customer/{row.customer}")
        return row

    async def of(
        self, customer: CustomerId, limit: int = 50, after: Position | None = None
    ) -> Sequence[CustomerEntryRow]:
        """The file's entries, newest first. Raises UnknownCustomer."""
        async with self._database.read() as session:
            file = await store.living(session, customer)
            query = select(CustomerEntryRow).where(CustomerEntryRow.customer == file.id)
            query = newest_first(query, CustomerEntryRow.at, CustomerEntryRow.id, limit, after)
            return (await session.scalars(query)).all()

    async def planned(self, until: date, limit: int = 500) -> Sequence[CustomerEntryRow]:
        """What is planned up to a day, overdue entries first."""
        query = select(CustomerEntryRow).where(
            CustomerEntryRow.state == EntryState.PLANNED.value, CustomerEntryRow.planned_for <= until
        )
        async with self._database.read() as session:
            return (await session.scalars(query.order_by(CustomerEntryRow.planned_for).limit(limit))).all()
