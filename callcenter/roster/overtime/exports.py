"""Exports approved overtime as CSV or XLSX, for the payroll, beside the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from pydantic import Field

from callcenter.agents.presence import PresenceService
from callcenter.clock import Clock
from callcenter.exports.model import AGENT, PAGE, ExportList, ExportQuery, Named, Pages
from callcenter.kit.table_writer import Cells
from callcenter.roster.adherence.model import Adherence, adherence_of
from callcenter.roster.overtime.model import OvertimeState
from callcenter.roster.overtime.rows import OvertimeRow
from callcenter.roster.overtime.service import Overtimes, shift_of
from callcenter.roster.plans.model import midnight
from callcenter.roster.service import RosterService
from callcenter.web.roles import Person, Role

READER = Person("", "", "", frozenset({Role.MANAGER}))
HOUR = timedelta(hours=1).total_seconds()


class OvertimeExport(ExportQuery):
    """Overtime that begins in a month such as 2026-11, or in `since` to `until` without one; else all."""

    month: str | None = Field(None, pattern=r"^20[0-9]{2}-(?:0[1-9]|1[0-2])$")
    agent: str | None = None


COLUMNS = {
    "zh-CN": ("编号", "客服", "线路", "开始", "结束", "加班时数", "在岗时数", "由客服提出", "批准人", "原因"),
    "en": (
        "overtime",
        "agent",
        "line",
        "starts_at",
        "ends_at",
        "hours",
        "signed_in_hours",
        "offered_by_agent",
        "approved_by",
        "reason",
    ),
}


class OvertimeReading:
    """Reads approved overtime with the hours: on the roster without leave, and signed in."""

    def __init__(self, overtimes: Overtimes, roster: RosterService, presence: PresenceService, clock: Clock) -> None:
        self._overtimes = overtimes
        self._roster = roster
        self._presence = presence
        self._clock = clock

    async def hours(self, row: OvertimeRow) -> Adherence:
        """The seconds of one overtime, as far as it has passed for those signed in."""
        states = await self._presence.states([row.agent], row.starts_at)
        away = await self._roster.away(row.starts_at, row.ends_at)
        changes = [change for change in states.get(row.agent, ()) if change[0] <= self._clock()]
        return adherence_of([shift_of(row)], away, changes, row.starts_at, row.ends_at)

    async def cells(self, row: OvertimeRow) -> Cells:
        seconds = await self.hours(row)
        # What is still to come or under way has no hours signed in yet.
        signed_in = round(seconds.present / HOUR, 2) if row.ends_at <= self._clock() else None
        hours = round((seconds.planned - seconds.leave) / HOUR, 2)
        start, end, by = row.starts_at, row.ends_at, row.approved_by_name
        return (row.id, row.agent, row.line, start, end, hours, signed_in, row.offered, by, row.reason)

    async def rows(
        self, span: tuple[datetime, datetime] | None, agent: str | None, after: tuple[datetime, str] | None
    ) -> Sequence[OvertimeRow]:
        state = OvertimeState.APPROVED
        return await self._overtimes.overtimes(READER, PAGE, after, agent=agent, state=state, span=span)


def month_span(month: str, zone: str) -> tuple[datetime, datetime]:
    """The instants from the beginning of a month until that of the next one."""
    first = date.fromisoformat(f"{month}-01")
    return midnight(first, zone), midnight((first + timedelta(days=31)).replace(day=1), zone)


def overtime_list(reading: OvertimeReading, zone: str) -> ExportList:
    async def pages(query: OvertimeExport) -> Pages:
        span, after = None, None
        if query.month is not None:
            span = month_span(query.month, zone)
        elif query.since is not None and query.until is not None:
            span = (query.since, query.until)
        while rows := await reading.rows(span, query.agent, after):
            yield [await reading.cells(row) for row in rows]
            after = (rows[-1].asked_at, rows[-1].id)

    return ExportList(
        "overtime",
        OvertimeExport,
        COLUMNS,
        pages,
        title={"zh-CN": "加班清单", "en": "overtime"},
        named={"agent": Named("agents", AGENT), "line": Named("lines")},
    )
