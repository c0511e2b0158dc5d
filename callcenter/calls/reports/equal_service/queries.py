"""Sums the service of each calling number in the database, and of each group of callers from these (R11).

Whether a number is on file is known to the customers' room alone, so the sums of numbers pass through here: those of a
day at a time, in pages, so that neither a long period nor a day with a flood of numbers is held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, func, select

from callcenter.calls.model import Direction, Outcome
from callcenter.calls.reports.equal_service.model import CallerGroup, Served, by_group
from callcenter.calls.reports.queries import ReportFilter
from callcenter.calls.rows import CallRow
from callcenter.customers.service import CustomerService
from callcenter.storage.database import Database

PAGE: Final = 2000
"""Numbers that are read at once."""
PART: Final = 250
"""Numbers that are looked up at once: reading one takes the loop 40 us."""
SLICE: Final = timedelta(days=1)


class EqualService:
    def __init__(self, database: Database, pbx: str, customers: CustomerService, page: int = PAGE) -> None:
        self._database = database
        self._pbx = pbx
        self._customers = customers
        self._page = page

    async def of(self, conditions: ReportFilter) -> Mapping[CallerGroup, Served]:
        """The sums of each group of callers, of the inbound calls that arrived in the period."""
        groups = dict.fromkeys(CallerGroup, Served())
        for since, until in _slices(conditions.since, conditions.until):
            after: str | None = None
            while numbers := await self._numbers(since, until, conditions.line, after):
                for at in range(0, len(numbers), PART):
                    part = numbers[at : at + PART]
                    known = await self._customers.by_numbers([number for number, _ in part])
                    for group, served in by_group(part, known).items():
                        groups[group] += served
                after = numbers[-1][0]
        return groups

    async def _numbers(
        self, since: datetime, until: datetime, line: str | None, after: str | None
    ) -> Sequence[tuple[str, Served]]:
        """The sums of a page of numbers, in the order of the numbers, after the number `after`."""
        answered = CallRow.outcome == Outcome.ANSWERED.value
        waited = answered & CallRow.wait_seconds.is_not(None)
        # Expressions, so that the calls are found by their time, and not by all numbers or all calls of the PBX.
        number, pbx = func.coalesce(CallRow.caller_number, ""), func.coalesce(CallRow.pbx, "")
        query = (
            select(
                number,
                func.count(),
                func.count(case((answered, 1))),
                func.count(case((waited, 1))),
                func.coalesce(func.sum(case((waited, CallRow.wait_seconds))), 0.0),
                func.coalesce(func.sum(case((waited, CallRow.wait_seconds * CallRow.wait_seconds))), 0.0),
            )
            .where(
                pbx == self._pbx,
                CallRow.direction == Direction.INBOUND.value,
                CallRow.arrived_at >= since,
                CallRow.arrived_at < until,
                CallRow.outcome.is_not(None),
            )
            .group_by(number)
            .order_by(number)
            .limit(self._page)
        )
        if line is not None:
            query = query.where(CallRow.line == line)
        if after is not None:
            query = query.where(number > after)
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return [(row[0], Served(int(row[1]), int(row[2]), int(row[3]), float(row[4]), float(row[5]))) for row in rows]


def _slices(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    while since < until:
        end = min(since + SLICE, until)
        yield since, end
        since = end
