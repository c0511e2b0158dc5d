"""Reads the service of each call, and sums it by group of callers (R11).

Whether a number is on file is known to the customers' room alone, so the calls pass through here: in pages, in order
of arrival, so that every call is read once and neither a long period nor a day with a flood is held in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, tuple_

from callcenter.calls.model import Direction, Outcome
from callcenter.calls.reports.equal_service.model import CallerGroup, Served, Tally
from callcenter.calls.reports.queries import ReportFilter
from callcenter.calls.rows import CallRow
from callcenter.customers.service import CustomerService
from callcenter.storage.database import Database
from callcenter.storage.hints import mostly

PAGE: Final = 2000
"""Calls that are read at once."""
PART: Final = 500
"""Numbers that are looked up at once: reading one takes the loop 5 us, a landline 80 us."""


class EqualService:
    def __init__(self, database: Database, pbx: str, customers: CustomerService, page: int = PAGE) -> None:
        self._database = database
        self._pbx = pbx
        self._customers = customers
        self._page = page

    async def of(self, conditions: ReportFilter) -> Mapping[CallerGroup, Served]:
        """The sums of each group of callers, of the inbound calls that arrived in the period."""
        tally, after = Tally(), (conditions.since, "")
        while calls := await self._calls(conditions, after):
            numbers = list({call[2] for call in calls})
            known: set[str] = set()
            for at in range(0, len(numbers), PART):
                known.update(await self._customers.by_numbers(numbers[at : at + PART]))
            for _, _, number, outcome, waited in calls:
                tally.add(number, known, answered=outcome == Outcome.ANSWERED, waited=waited)
            after = calls[-1][:2]
        return tally.groups()

    async def _calls(self, conditions: ReportFilter, after: tuple[datetime, str]) -> Sequence[Any]:
        """A page of calls: when each arrived, its id, number, outcome and wait."""
        query = (
            select(CallRow.arrived_at, CallRow.id, CallRow.caller_number, CallRow.outcome, CallRow.wait_seconds)
            .where(
                mostly(CallRow.pbx == self._pbx),
                CallRow.direction == Direction.INBOUND.value,
                CallRow.arrived_at >= after[0],
                CallRow.arrived_at < conditions.until,
                tuple_(CallRow.arrived_at, CallRow.id) > after,
                CallRow.outcome.is_not(None),
            )
            .order_by(CallRow.arrived_at, CallRow.id)
            .limit(self._page)
        )
        if conditions.line is not None:
            query = query.where(CallRow.line == conditions.line)
        async with self._database.read() as session:
            return (await session.execute(query)).all()
