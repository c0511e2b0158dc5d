"""Exports approved overtime as CSV or XLSX, for the payroll, beside the ledger: its hours by the kind of day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import Field

from callcenter.exports.model import AGENT, ExportList, ExportQuery, Named, Pages
from callcenter.kit.table_writer import Cells
from callcenter.roster.overtime.hours import OvertimeHours, Paid
from callcenter.roster.overtime.model import MONTH
from callcenter.roster.overtime.queries import OvertimeReading, month_span
from callcenter.roster.overtime.rows import OvertimeRow

HOUR = timedelta(hours=1).total_seconds()
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class OvertimeExport(ExportQuery):
    """Overtime that begins in a month such as 2026-11, or from `since` and until `until` without one; else all."""

    month: str | None = Field(None, pattern=MONTH)
    agent: str | None = None


COLUMNS = {
    "zh-CN": (
        "编号",
        "客服",
        "线路",
        "开始",
        "结束",
        "加班时数",
        "在岗时数",
        "由客服提出",
        "批准人",
        "原因",
        "加班时数（工作日）",
        "加班时数（休息日）",
        "加班时数（法定节假日）",
        "在岗时数（工作日）",
        "在岗时数（休息日）",
        "在岗时数（法定节假日）",
    ),
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
        "workday_hours",
        "rest_day_hours",
        "holiday_hours",
        "signed_in_workday_hours",
        "signed_in_rest_day_hours",
        "signed_in_holiday_hours",
    ),
}


def overtime_list(reading: OvertimeReading, zone: str) -> ExportList:
    async def pages(query: OvertimeExport) -> Pages:
        span, after = None, None
        if query.month is not None:
            span = month_span(query.month, zone)
        elif query.since is not None or query.until is not None:
            span = (query.since or EVER[0], query.until or EVER[1])
        while rows := await reading.rows(span, query.agent, after):
            yield [_cells(row, await reading.hours(row)) for row in rows]
            after = (rows[-1].asked_at, rows[-1].id)

    return ExportList(
        "overtime",
        OvertimeExport,
        COLUMNS,
        pages,
        title={"zh-CN": "加班清单", "en": "overtime"},
        named={"agent": Named("agents", AGENT), "line": Named("lines")},
    )


def _cells(row: OvertimeRow, hours: OvertimeHours) -> Cells:
    # What is still to come or under way has no hours signed in yet.
    signed_in = None if hours.present is None else round(hours.present.seconds / HOUR, 2)
    planned, start, end, by = round(hours.planned.seconds / HOUR, 2), row.starts_at, row.ends_at, row.approved_by_name
    first = (row.id, row.agent, row.line, start, end, planned, signed_in, row.offered, by, row.reason)
    return (*first, *_by_day(hours.planned), *_by_day(hours.present))


def _by_day(paid: Paid | None) -> Cells:
    """The hours of working days, days of rest and holidays; empty where they are not known."""
    if paid is None or paid.by_day is None:
        return (None, None, None)
    return [round(seconds / HOUR, 2) for seconds in (paid.by_day.workday, paid.by_day.rest_day, paid.by_day.holiday)]
