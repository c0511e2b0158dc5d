"""Reads cases: lists, the cases of a caller, of calls, of people; the history and the steps of a case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, exists, or_, select

from callcenter.complaints import store
from callcenter.complaints.finding.filter import CaseConditions
from callcenter.complaints.history import chain
from callcenter.complaints.model import Case
from callcenter.complaints.rows import CaseAttachmentRow, CaseEntryRow, CaseRow, CaseStepRow
from callcenter.complaints.steps.model import OVER
from callcenter.facts import CaseNumber
from callcenter.storage.database import Database
from callcenter.storage.paging import Position, newest_first
from callcenter.storage.sorting import Place, both_ways, counted, sorted_rows

DATE_DIGITS: Final = 8
MOST_DIGITS: Final = 20
ORDERS: Final = both_ways(CaseRow.number, CaseRow.opened_at, empty=(CaseRow.due_at, CaseRow.closed_at))
"""The orders of the case list, each with an index."""
_OFFERED: Final = (
    select(CaseRow)
    .where(
        or_(
            CaseRow.phone.in_(bindparam("numbers", expanding=True)),
            CaseRow.customer.in_(bindparam("customers", expanding=True)),
        ),
        CaseRow.state.not_in(OVER),
    )
    .order_by(CaseRow.opened_at.desc())
    .limit(20)
)
"""Built once: every call needs it, and to build it costs more than to run it."""


HAS_OPEN_CASE: Final = exists().where(CaseRow.phone == bindparam("number"), CaseRow.state.not_in(OVER))
"""Whether the number has an open case, as a part of a statement."""


class CaseQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, conditions: CaseConditions, limit: int = 50, after: Position | None = None) -> list[Case]:
        """Returns cases, newest first, after the position (opened_at, number)."""
        query = select(CaseRow).where(*conditions.conditions())
        query = newest_first(query, CaseRow.opened_at, CaseRow.number, limit, after)
        async with self._database.read() as session:
            return [store.case_of(row) for row in await session.scalars(query)]

    async def sorted(
        self, conditions: CaseConditions, sort: str, limit: int, after: Place | None = None
    ) -> tuple[list[Case], Place | None]:
        """Returns cases in one of the ORDERS, after the place, and the place of the next page."""
        query = select(CaseRow).where(*conditions.conditions())
        async with self._database.read() as session:
            page = await sorted_rows(session, query, ORDERS[sort], limit, after)
        return [store.case_of(row) for row in page.rows], page.following

    async def count(self, conditions: CaseConditions) -> tuple[int, bool]:
        """Returns how many there are, up to a limit, and whether that is all."""
        async with self._database.read() as session:
            return await counted(session, select(CaseRow).where(*conditions.conditions()))

    async def worked_on(self, persons: Sequence[str], since: datetime, until: datetime) -> list[str]:
        """Returns the cases to whose history these people added between two instants."""
        by = (CaseEntryRow.by.in_(persons), CaseEntryRow.at >= since, CaseEntryRow.at < until)
        query = select(CaseEntryRow.case).where(*by).distinct().order_by(CaseEntryRow.case)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def offered(self, customers: Sequence[str], numbers: Sequence[str]) -> list[Case]:
        """Returns the open cases of a caller, to be offered before a new one is opened."""
        values = {"numbers": [number for number in numbers if number], "customers": list(customers)}
        async with self._database.read() as session:
            return [store.case_of(row) for row in await session.scalars(_OFFERED, values)]

    async def by_digits(self, digits: str) -> list[Case]:
        """Returns the cases whose number has these digits, as entered on a keypad: 202611230001 is TS20261123-0001.

        A merged case is represented by the one that it was merged into.
        """
        if not digits.isascii() or not digits.isdigit() or not DATE_DIGITS < len(digits) <= MOST_DIGITS:
            return []
        ending = f"%{digits[:DATE_DIGITS]}-{digits[DATE_DIGITS:]}"
        async with self._database.read() as session:
            rows = (await session.scalars(select(CaseRow).where(CaseRow.number.like(ending)).limit(5))).all()
            own = [row for row in rows if "".join(filter(str.isdigit, row.number)) == digits]
            merged = [await session.get(CaseRow, row.merged_into) if row.merged_into else row for row in own]
        return [store.case_of(row) for row in merged if row is not None]

    async def history(self, number: CaseNumber) -> list[chain.Entry]:
        """Raises UnknownCase."""
        async with self._database.read() as session:
            await store.row_of(session, number)
            return await store.entries(session, number)

    async def steps(self, number: CaseNumber) -> list[CaseStepRow]:
        async with self._database.read() as session:
            query = select(CaseStepRow).where(CaseStepRow.case == number).order_by(CaseStepRow.seq)
            return list(await session.scalars(query))

    async def of_calls(self, calls: Sequence[str]) -> dict[str, list[CaseNumber]]:
        """Returns the numbers of the cases that hold these calls, by call."""
        numbers: dict[str, list[CaseNumber]] = {}
        query = select(CaseAttachmentRow.ref, CaseAttachmentRow.case).where(
            CaseAttachmentRow.kind == "call", CaseAttachmentRow.ref.in_(calls)
        )
        async with self._database.read() as session:
            for call, case in await session.execute(query.order_by(CaseAttachmentRow.case)):
                numbers.setdefault(call, []).append(case)
        return numbers
