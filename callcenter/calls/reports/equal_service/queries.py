"""Sums the service of each calling number in the database (R11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import case, func, select

from callcenter.calls.model import Direction, Outcome
from callcenter.calls.reports.equal_service.model import CallerGroup, Served, by_group
from callcenter.calls.reports.queries import ReportFilter
from callcenter.calls.rows import CallRow
from callcenter.customers.service import CustomerService
from callcenter.storage.database import Database

PART: Final = 500
"""Numbers that are looked up at once."""


class EqualService:
    def __init__(self, database: Database, pbx: str, customers: CustomerService) -> None:
        self._database = database
        self._pbx = pbx
        self._customers = customers

    async def of(self, conditions: ReportFilter) -> Mapping[CallerGroup, Served]:
        """The sums of each group of callers, of the inbound calls that arrived in the period."""
        numbers = await self._numbers(conditions)
        asked = sorted(number for number, _ in numbers)
        known: set[str] = set()
        for at in range(0, len(asked), PART):
            known |= set(await self._customers.by_numbers(asked[at : at + PART]))
        return by_group(numbers, known)

    async def _numbers(self, conditions: ReportFilter) -> list[tuple[str, Served]]:
        answered = CallRow.outcome == Outcome.ANSWERED.value
        waited = answered & CallRow.wait_seconds.is_not(None)
        query = (
            select(
                CallRow.caller_number,
                func.count(),
                func.count(case((answered, 1))),
                func.count(case((waited, 1))),
                func.coalesce(func.sum(case((waited, CallRow.wait_seconds))), 0.0),
                func.coalesce(func.sum(case((waited, CallRow.wait_seconds * CallRow.wait_seconds))), 0.0),
            )
            .where(
                CallRow.pbx == self._pbx,
                CallRow.direction == Direction.INBOUND.value,
                CallRow.arrived_at >= conditions.since,
                CallRow.arrived_at < conditions.until,
                CallRow.outcome.is_not(None),
            )
            .group_by(CallRow.caller_number)
        )
        if conditions.line is not None:
            query = query.where(CallRow.line == conditions.line)
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return [(row[0], Served(int(row[1]), int(row[2]), int(row[3]), float(row[4]), float(row[5]))) for row in rows]
