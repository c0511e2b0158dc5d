"""Handles the month's summary: viewed while the month runs, submitted once it is over (W4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person
from callcenter.worklog.model import BadLog, month_of, span_of
from callcenter.worklog.rows import MonthSummaryRow
from callcenter.worklog.service import ShiftsOn, WorkLogs
from callcenter.worklog.summary.model import summary_of
from callcenter.worklog.unusual.service import UnusualCustomers


class MonthSummaries:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        zone: str,
        logs: WorkLogs,
        unusual: UnusualCustomers,
        shifts: ShiftsOn,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._zone = zone
        self._logs = logs
        self._unusual = unusual
        self._shifts = shifts

    async def month(self, month: str) -> dict[str, Any]:
        """The summary of a month such as 2026-11 so far. Raises BadLog."""
        first, after = month_of(month)
        due: list[tuple[str, date]] = []
        day = first
        while day < after and span_of(day, self._zone)[1] <= self._clock():
            due += [(agent, day) for agent in await self._shifts(*span_of(day, self._zone))]
            day += timedelta(days=1)
        kinds = await self._unusual.kinds(span_of(first, self._zone)[0], span_of(after, self._zone)[0])
        return summary_of(month, await self._logs.between(first, after), due, kinds)

    async def submit(self, month: str, text: str, by: Person) -> MonthSummaryRow:
        """Submit the summary with a comment; it no longer changes. Raises BadLog while the month runs."""
        if span_of(month_of(month)[1], self._zone)[0] > self._clock():
            raise BadLog("the month is not over", field="month")
        if not text.strip() or len(text) > 20_000 or "\0" in text:
            raise BadLog("a text about the month is required, of at most 20000 characters", field="text")
        content = await self.month(month)
        whole = json.dumps([month, text.strip(), content], ensure_ascii=False, sort_keys=True)
        row = MonthSummaryRow(
            id=uuid4().hex,
            month=month,
            text=text.strip(),
            content=content,
            sha256=hashlib.sha256(whole.encode()).hexdigest(),
            at=self._clock(),
            by_name=by.name,
        )
        async with self._database.write() as session:
            session.add(row)
            await session.flush()
            facts = {"sha256": row.sha256}
            await self._audit.append(session, by, "month_summary.submitted", f"month_summary/{month}", facts=facts)
        return row

    async def submitted(self, month: str) -> Sequence[MonthSummaryRow]:
        """The submitted summaries of a month, newest first."""
        query = select(MonthSummaryRow).where(MonthSummaryRow.month == month).order_by(MonthSummaryRow.at.desc())
        async with self._database.read() as session:
            return (await session.scalars(query)).all()
