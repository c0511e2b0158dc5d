"""Use cases of scheduled reports: define, see what is due, deliver each due report once.

What is due and its jobs are written in one transaction, so a due report has exactly one job for each target, whenever
the process is killed. A delivery is noted before it is begun and after it has ended; one that was killed in between is
repeated with the same file name or Message-ID, so that the receiver has it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, NoReturn
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.reports.scheduled.access import check_reader
from callcenter.calls.reports.scheduled.delivering import Delivering, schedule_of
from callcenter.calls.reports.scheduled.errors import (
    UnknownScheduledReport,
)
from callcenter.calls.reports.scheduled.kinds import ReportKind
from callcenter.calls.reports.scheduled.model import (
    Schedule,
    check_schedule,
    next_due,
)
from callcenter.calls.reports.scheduled.rows import ReportDeliveryRow, ScheduledReportRow
from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.storage.upsert import insert_ignore
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

log = structlog.get_logger(__name__)

DELIVER_REPORT: Final = "deliver_report"
LOOK_SECONDS: Final = 15.0
MOST_BEHIND: Final = 31
"""So many missed reports of one definition are still sent after a long stop; older ones are left out."""


class ScheduledReports:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        jobs: Jobs,
        delivering: Delivering,
        zone: ZoneInfo,
        line_exists: Callable[[str], Awaitable[object]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._jobs = jobs
        self._zone = zone
        self._line_exists = line_exists
        self.mail_possible = delivering.mail_possible
        self.deliver = delivering.deliver
        """The job of one delivery."""

    async def all(self) -> Sequence[ScheduledReportRow]:
        async with self._database.read() as session:
            return (await session.scalars(select(ScheduledReportRow).order_by(ScheduledReportRow.name))).all()

    async def report(self, id_: str) -> ScheduledReportRow:
        """Raises UnknownScheduledReport."""
        async with self._database.read() as session:
            return await _row(session, id_)

    async def deliveries(self, id_: str, limit: int = 50) -> Sequence[ReportDeliveryRow]:
        """The newest first; raises UnknownScheduledReport."""
        query = select(ReportDeliveryRow).where(ReportDeliveryRow.report == id_)
        async with self._database.read() as session:
            await _row(session, id_)
            newest = query.order_by(ReportDeliveryRow.due_at.desc(), ReportDeliveryRow.target).limit(limit)
            return (await session.scalars(newest)).all()

    async def add(self, schedule: Schedule, by: Person) -> ScheduledReportRow:
        """Define a report; it is due from now on. Raises BadScheduledReport, ReportNotAllowed, UnknownLine."""
        await self._check(schedule, by)
        now = self._clock()
        row = ScheduledReportRow(id=uuid4().hex, created_at=now, next_due=next_due(schedule, now, self._zone))
        _write_down(row, schedule, by)
        async with self._database.write() as session:
            session.add(row)
            await self._audit.append(session, by, "scheduled_report.added", f"scheduled-report/{row.id}")
        return row

    async def change(
        self, id_: str, schedule: Schedule, by: Person, check: Callable[[ScheduledReportRow], None]
    ) -> ScheduledReportRow:
        """Replace the definition and become its owner; a new schedule holds from now on, what is queued is still sent.

        `check` refuses where its editor has not seen the present definition. Raises UnknownScheduledReport,
        BadScheduledReport, ReportNotAllowed, UnknownLine.
        """
        await self._check(schedule, by)
        async with self._database.write() as session:
            row = await session.get(ScheduledReportRow, id_, with_for_update=True)
            if row is None:
                raise _unknown(id_)
            check(row)
            if (row.every, row.minute) != (schedule.every.value, schedule.minute):
                row.next_due = next_due(schedule, self._clock(), self._zone)
            _write_down(row, schedule, by)
            await self._audit.append(session, by, "scheduled_report.changed", f"scheduled-report/{id_}")
        return row

    async def _check(self, schedule: Schedule, by: Person) -> None:
        check_reader(schedule.kind, by)
        check_schedule(schedule, mail_possible=self.mail_possible)
        if schedule.line is not None:
            await self._line_exists(schedule.line)

    async def remove(self, id_: str, by: Person) -> None:
        """Raises UnknownScheduledReport."""
        async with self._database.write() as session:
            await _row(session, id_)
            await session.execute(delete(ReportDeliveryRow).where(ReportDeliveryRow.report == id_))
            await session.execute(delete(ScheduledReportRow).where(ScheduledReportRow.id == id_))
            await self._audit.append(session, by, "scheduled_report.removed", f"scheduled-report/{id_}")

    async def pause(self, id_: str, by: Person) -> None:
        """Send nothing by its schedule until it is resumed; what is queued is still sent. Idempotent.

        Raises UnknownScheduledReport.
        """
        async with self._database.write() as session:
            row = await _row(session, id_)
            if row.paused_at is None:
                row.paused_at = self._clock()
                await self._audit.append(session, by, "scheduled_report.paused", f"scheduled-report/{id_}")

    async def resume(self, id_: str, by: Person) -> None:
        """Follow its schedule from now on; what was due meanwhile is not sent. Idempotent.

        Raises UnknownScheduledReport.
        """
        async with self._database.write() as session:
            row = await _row(session, id_)
            if row.paused_at is not None:
                row.paused_at, row.next_due = None, next_due(schedule_of(row), self._clock(), self._zone)
                await self._audit.append(session, by, "scheduled_report.resumed", f"scheduled-report/{id_}")

    async def send_now(self, id_: str, by: Person) -> None:
        """Send the report of the last period that is over, beside its schedule.

        Raises UnknownScheduledReport, ReportNotAllowed.
        """
        async with self._database.write() as session:
            row = await _row(session, id_)
            check_reader(ReportKind(row.kind), by)
            await self._put(session, row, self._clock())
            await self._audit.append(session, by, "scheduled_report.sent_now", f"scheduled-report/{id_}")

    async def run(self) -> NoReturn:
        """Look for what is due until cancelled."""
        while True:
            try:
                await self.put_due()
            except (DBAPIError, OSError) as error:
                log.warning("reports_wait", cause=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def put_due(self) -> None:
        """Queue the deliveries of all reports that are due, and move their next times, in one transaction."""
        now = self._clock()
        query = select(ScheduledReportRow).where(
            ScheduledReportRow.next_due <= now, ScheduledReportRow.paused_at.is_(None)
        )
        async with self._database.read() as session:
            if await session.scalar(query.limit(1)) is None:
                return
        async with self._database.write() as session:
            query = query.with_for_update()
            for row in (await session.scalars(query)).all():
                schedule, due = schedule_of(row), [row.next_due]
                while (following := next_due(schedule, due[-1], self._zone)) <= now:
                    due.append(following)
                row.next_due = following
                for at in due[-MOST_BEHIND:]:
                    await self._put(session, row, at)

    async def _put(self, session: AsyncSession, row: ScheduledReportRow, due: datetime) -> None:
        for target in schedule_of(row).targets:
            values = {"report": row.id, "due_at": due, "target": target, "state": "waiting", "at": self._clock()}
            new = insert_ignore(session, ReportDeliveryRow).values(**values, tries=0, error="", file="")
            await session.execute(new)
            payload = {"report": row.id, "due_at": due.isoformat(), "target": target}
            once = f"report:{row.id}:{int(due.timestamp())}:{target}"[:200]
            await self._jobs.put(session, DELIVER_REPORT, payload, once=once)


async def _row(session: AsyncSession, id_: str) -> ScheduledReportRow:
    row = await session.get(ScheduledReportRow, id_)
    if row is None:
        raise _unknown(id_)
    return row


def _unknown(id_: str) -> UnknownScheduledReport:
    return UnknownScheduledReport("there is no such scheduled report", report=id_[:40])


def _write_down(row: ScheduledReportRow, schedule: Schedule, by: Person) -> None:
    row.name, row.every, row.minute = schedule.name, schedule.every.value, schedule.minute
    row.kind, row.by = schedule.kind.value, "" if schedule.by is None else schedule.by.value
    row.format, row.language = schedule.format.value, schedule.language
    row.line, row.mail_to, row.to_folder = schedule.line, list(schedule.mail_to), schedule.to_folder
    row.owner, row.owner_id = by.login[:80], by.id
