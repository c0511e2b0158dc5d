"""Handles unusual customers: report, act, and look up known ones (W4, R10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import bindparam, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from callcenter.clock import Clock
from callcenter.facts import CallId, CaseNumber, CustomerId
from callcenter.storage.database import Database, after_commit
from callcenter.storage.paging import Position, newest_first
from callcenter.web.audit import Audit
from callcenter.web.ports import DeltaKind, Emit, Publish
from callcenter.web.roles import Person
from callcenter.worklog.rows import UnusualReportRow
from callcenter.worklog.unusual.model import (
    NEEDS_WORDS,
    OPEN,
    BadReport,
    ReportEvent,
    ReportState,
    UnknownReport,
    UnusualKind,
    after,
)

KeyOf = Callable[[str], str]
"""A number as customer files store it."""
ERASED = "（已删除）"
HAS_OPEN_REPORT: Final = exists().where(
    UnusualReportRow.number == bindparam("number"), UnusualReportRow.state.in_([entry.value for entry in OPEN])
)
"""Whether there is an open report about the number, as a part of a statement."""
_KNOWN: Final = (
    select(UnusualReportRow)
    .where(
        or_(
            UnusualReportRow.number.in_(bindparam("numbers", expanding=True)),
            UnusualReportRow.customer.in_(bindparam("customers", expanding=True)),
        ),
        UnusualReportRow.state.in_([entry.value for entry in OPEN]),
    )
    .order_by(UnusualReportRow.at.desc())
    .limit(50)
)
"""Built once: every call needs it, and to build it costs more than to run it."""


class UnusualCustomerDelta(TypedDict):
    """A report about an unusual customer; it does not identify the customer."""

    id: str
    kind: str
    state: str
    call: CallId | None


UNUSUAL_CUSTOMER: Final = DeltaKind("unusual_customer", UnusualCustomerDelta, "people, not screens")


class UnusualCustomers:
    def __init__(
        self, database: Database, clock: Clock, audit: Audit, key_of: KeyOf, publish: Publish, emit: Emit
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._key_of = key_of
        self._publish = publish
        self._emit = emit

    async def report(
        self,
        kind: UnusualKind,
        text: str,
        by: Person,
        *,
        number: str = "",
        customer: CustomerId | None = None,
        call: CallId | None = None,
        case: CaseNumber | None = None,
    ) -> UnusualReportRow:
        """Report a customer, identified by number, file, call or case. Raises BadReport."""
        if not text.strip() or len(text) > 4000 or "\0" in text:
            raise BadReport("a description is required, of at most 4000 characters", field="text")
        if not (number or customer or call or case):
            raise BadReport("name the customer by a number, a file, a call or a case", field="number")
        row = UnusualReportRow(
            id=uuid4().hex,
            kind=kind.value,
            state=ReportState.REPORTED.value,
            text=text.strip(),
            number=self._key_of(number),
            customer=customer,
            call=call,
            case=case,
            at=self._clock(),
            by=by.id,
            by_name=by.name,
            steps=[],
        )
        async with self._database.write() as session:
            session.add(row)
            await session.flush()
            await self._audit.append(session, by, "unusual_customer.reported", f"unusual_customer/{row.id}")
            await self._notify(session, row)
        return row

    async def step(self, id: str, event: ReportEvent, text: str, by: Person) -> UnusualReportRow:
        """Acknowledge it, record an action, or close it. Raises UnknownReport, BadReport, IllegalTransition."""
        if event in NEEDS_WORDS and not text.strip():
            raise BadReport("describe what was done", field="text")
        async with self._database.write() as session:
            row = await session.get(UnusualReportRow, id, with_for_update=True)
            if row is None:
                raise UnknownReport("there is no such report", report=id[:40])
            row.state = after(ReportState(row.state), event).value
            step = {"event": event.value, "text": text.strip()[:4000], "by": by.name, "at": self._clock().isoformat()}
            row.steps = [*row.steps, step]
            await self._audit.append(session, by, f"unusual_customer.{event.value}", f"unusual_customer/{id}")
            await self._notify(session, row)
        return row

    async def _notify(self, session: AsyncSession, row: UnusualReportRow) -> None:
        payload: UnusualCustomerDelta = {"id": row.id, "kind": row.kind, "state": row.state, "call": row.call}
        await self._emit(session, f"unusual_customer.{row.state}", payload)
        after_commit(session, lambda: self._publish(UNUSUAL_CUSTOMER, payload))

    async def known(self, numbers: Sequence[str], customers: Sequence[str]) -> Sequence[UnusualReportRow]:
        """Open reports about these numbers or files, newest first: what an agent should know before answering."""
        keys = [key for number in numbers if (key := self._key_of(number))]
        async with self._database.read() as session:
            return (await session.scalars(_KNOWN, {"numbers": keys, "customers": list(customers)})).all()

    async def reports(
        self,
        limit: int,
        after: Position | None = None,
        *,
        by: str | None = None,
        open_: bool | None = None,
    ) -> Sequence[UnusualReportRow]:
        """Reports, newest first."""
        query = select(UnusualReportRow)
        if by is not None:
            query = query.where(UnusualReportRow.by == by)
        if open_ is not None:
            still = UnusualReportRow.state.in_([entry.value for entry in OPEN])
            query = query.where(still if open_ else ~still)
        query = newest_first(query, UnusualReportRow.at, UnusualReportRow.id, limit, after)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def kinds(self, since: datetime, until: datetime) -> list[str]:
        """The kinds of the reports in a period, one for each report."""
        query = select(UnusualReportRow.kind).where(UnusualReportRow.at >= since, UnusualReportRow.at < until)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def customer_erased(self, payload: Mapping[str, Any]) -> None:
        """Run the job `customer_erased` {customer, numbers}: texts are erased, the fact of a report stays."""
        keys = [key for number in payload["numbers"] if (key := self._key_of(number))]
        theirs = or_(UnusualReportRow.number.in_(keys), UnusualReportRow.customer == payload["customer"])
        gone = update(UnusualReportRow).where(theirs)
        async with self._database.write() as session:
            await session.execute(gone.values(text=ERASED, number="", customer=None, call=None, steps=[]))
