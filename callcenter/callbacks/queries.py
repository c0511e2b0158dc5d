"""Reads return calls: lists, and single ones with all related rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Integer, Select, bindparam, exists, func, select

from callcenter.callbacks.model import BUSY, CLOSED, OPEN, Source, State
from callcenter.callbacks.rows import ReturnCallAttemptRow, ReturnCallCauseRow, ReturnCallRow, ReturnCallStepRow
from callcenter.callbacks.store import load
from callcenter.clock import Clock
from callcenter.facts import CallId, CaseNumber
from callcenter.storage.database import Database
from callcenter.storage.paging import Position, newest_first
from callcenter.storage.sorting import Place, SortedRows, both_ways, counted, sorted_rows

ReturnCall: TypeAlias = ReturnCallRow
"""What this package's use-cases return; other packages only read it."""
ORDERS: Final = both_ways(ReturnCallRow.id, ReturnCallRow.due_at, ReturnCallRow.created_at)
"""The orders of the list, each with an index."""


@dataclass(frozen=True, slots=True)
class CallbackFilter:
    """Filter for return calls; None means no limit."""

    state: State | None = None
    open: bool | None = None
    source: Source | None = None
    agent: str | None = None
    line: str | None = None
    case: CaseNumber | None = None
    number: str | None = None
    customers: tuple[str, ...] | None = None
    """Every id that the customer has ever had."""
    overdue: bool = False
    in_hand: bool = False

    def conditions(self, now: datetime) -> list[Any]:
        row, open_ = ReturnCallRow, [state.value for state in OPEN]
        conditions = {
            "state": None if self.state is None else row.state == self.state.value,
            "open": None if self.open is None else row.state.in_(open_ if self.open else [s.value for s in CLOSED]),
            "source": None if self.source is None else row.source == self.source.value,
            "agent": None if self.agent is None else row.agent == self.agent,
            "line": None if self.line is None else row.line == self.line,
            "case": None if self.case is None else row.case == self.case,
            "number": None if self.number is None else row.number == self.number,
            "customers": None if self.customers is None else row.customer.in_(self.customers),
            "overdue": (row.state.in_(open_)) & (row.due_at < now) if self.overdue else None,
            "in_hand": row.state.in_([state.value for state in BUSY]) if self.in_hand else None,
        }
        return [condition for condition in conditions.values() if condition is not None]


@dataclass(frozen=True, slots=True)
class CallbackDetails:
    row: ReturnCallRow
    causes: Sequence[ReturnCallCauseRow]
    attempts: Sequence[ReturnCallAttemptRow]
    steps: Sequence[ReturnCallStepRow]

    @property
    def calls(self) -> list[CallId]:
        """The calls that it is about, in order of arrival."""
        calls = [self.row.call, *(cause.call for cause in self.causes)]
        return list(dict.fromkeys(call for call in calls if call))


def _due(whose: ColumnElement[bool]) -> Select[ReturnCallRow]:
    """Built once: every call needs it, and to build it costs more than to run it."""
    query = select(ReturnCallRow).where(ReturnCallRow.state.in_([state.value for state in OPEN]), whose)
    return query.order_by(ReturnCallRow.due_at, ReturnCallRow.id).limit(bindparam("most", type_=Integer))


HAS_OPEN_RETURN_CALL: Final = exists().where(
    ReturnCallRow.number == bindparam("number"), ReturnCallRow.state.in_([state.value for state in OPEN])
)
"""Whether the number has an open return call, as a part of a statement."""
_DUE_OF_NUMBER: Final = _due(ReturnCallRow.number == bindparam("number"))
_DUE_OF_CUSTOMERS: Final = _due(ReturnCallRow.customer.in_(bindparam("customers", expanding=True)))


class Reading:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, filter: CallbackFilter, limit: int = 50, after: Position | None = None) -> list[ReturnCallRow]:
        """Return calls by due time, those after the cursor (due_at, id)."""
        query = select(ReturnCallRow).where(*filter.conditions(self._clock()))
        if after is not None:
            at, id = after
            same = (ReturnCallRow.due_at == at) & (ReturnCallRow.id > id)
            query = query.where((ReturnCallRow.due_at > at) | same)
        query = query.order_by(ReturnCallRow.due_at, ReturnCallRow.id).limit(limit)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def due_of(self, number: str, customers: Sequence[str], limit: int) -> list[ReturnCallRow]:
        """The open return calls of a number (empty for none) and of these customers, by due time."""
        rows: dict[str, ReturnCallRow] = {}
        async with self._database.read() as session:
            if number:
                rows |= {
                    row.id: row for row in await session.scalars(_DUE_OF_NUMBER, {"number": number, "most": limit})
                }
            if customers:
                theirs = {"customers": list(customers), "most": limit}
                rows |= {row.id: row for row in await session.scalars(_DUE_OF_CUSTOMERS, theirs)}
        return sorted(rows.values(), key=lambda row: (row.due_at, row.id))[:limit]

    async def sorted(
        self, filter: CallbackFilter, sort: str, limit: int, after: Place | None = None
    ) -> SortedRows[ReturnCallRow]:
        """Return calls in one of the ORDERS, after the place."""
        query = select(ReturnCallRow).where(*filter.conditions(self._clock()))
        async with self._database.read() as session:
            return await sorted_rows(session, query, ORDERS[sort], limit, after)

    async def count(self, filter: CallbackFilter) -> tuple[int, bool]:
        """How many there are, up to a limit, and whether that is all."""
        async with self._database.read() as session:
            return await counted(session, select(ReturnCallRow).where(*filter.conditions(self._clock())))

    async def newest(self, filter: CallbackFilter, limit: int = 50) -> list[ReturnCallRow]:
        """The newest return calls by creation time."""
        query = select(ReturnCallRow).where(*filter.conditions(self._clock()))
        query = newest_first(query, ReturnCallRow.created_at, ReturnCallRow.id, limit)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def attempts(self, agent: str, since: datetime, until: datetime) -> int:
        """How many times an agent dialled between two instants."""
        row = ReturnCallAttemptRow
        query = select(func.count()).where(row.agent == agent, row.at >= since, row.at < until)
        async with self._database.read() as session:
            return await session.scalar(query) or 0

    async def row(self, id: str) -> ReturnCallRow:
        """Raises UnknownReturnCall."""
        async with self._database.read() as session:
            return await load(session, id)

    async def whole(self, id: str) -> CallbackDetails:
        """One return call with causes, attempts and history, each oldest first. Raises UnknownReturnCall."""
        async with self._database.read() as session:
            row = await load(session, id)
            causes = await session.scalars(
                select(ReturnCallCauseRow).where(ReturnCallCauseRow.item == id).order_by(ReturnCallCauseRow.id)
            )
            attempts = await session.scalars(
                select(ReturnCallAttemptRow).where(ReturnCallAttemptRow.item == id).order_by(ReturnCallAttemptRow.id)
            )
            steps = await session.scalars(
                select(ReturnCallStepRow).where(ReturnCallStepRow.item == id).order_by(ReturnCallStepRow.id)
            )
            return CallbackDetails(row, causes.all(), attempts.all(), steps.all())

    async def of_calls(self, calls: Sequence[str]) -> dict[str, list[str]]:
        """The return calls that a call caused, or was a dial of, by call."""
        caused = select(ReturnCallCauseRow.call, ReturnCallCauseRow.item).where(ReturnCallCauseRow.call.in_(calls))
        was = select(ReturnCallAttemptRow.call, ReturnCallAttemptRow.item).where(ReturnCallAttemptRow.call.in_(calls))
        ids_of_calls: dict[str, list[str]] = {}
        async with self._database.read() as session:
            for query in (caused, was):
                for call, item in await session.execute(query):
                    held = ids_of_calls.setdefault(call or "", [])
                    if item not in held:
                        held.append(item)
        return ids_of_calls
