"""Defines scheduled reports: their kinds, when one is due and which period it covers. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from callcenter.calls.reports.model import ReportBy
from callcenter.calls.reports.scheduled.errors import BadScheduledReport
from callcenter.calls.reports.scheduled.kinds import KINDS, ReportKind

FOLDER: Final = "folder"
"""The target that is the service's own folder; every other target is an e-mail address."""
ADDRESS: Final = r"^[^\s@<>,;]+@[^\s@<>,;]+$"
TIME: Final = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"
MOST_TARGETS: Final = 20
MOST_BYTES: Final = 120
"""Of the report's name in a file name: folders take 255 for the whole name."""
_UNSAFE: Final = re.compile(r"[^\w一-鿿-]+")


class ReportEvery(StrEnum):
    DAY = "day"
    WEEK = "week"
    """On Mondays, for the week before."""
    MONTH = "month"
    """On the first, for the month before."""


class ReportFormat(StrEnum):
    XLSX = "xlsx"
    PDF = "pdf"
    CSV = "csv"
    """The first table alone, for programs."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a report counts, and when it is due: at `minute` of a local day. `by` is None for a kind without groups."""

    name: str
    every: ReportEvery
    minute: int
    by: ReportBy | None
    format: ReportFormat
    language: str
    line: str | None = None
    mail_to: tuple[str, ...] = ()
    to_folder: bool = False
    kind: ReportKind = ReportKind.CALLS

    @property
    def targets(self) -> Sequence[str]:
        return [*sorted(set(self.mail_to)), *([FOLDER] if self.to_folder else [])]


def check_schedule(schedule: Schedule, *, mail_possible: bool) -> Schedule:
    """Return it; raises BadScheduledReport."""
    if not schedule.targets or len(schedule.targets) > MOST_TARGETS:
        raise BadScheduledReport("a report goes to an address or into the folder", fault="target")
    if not all(re.fullmatch(ADDRESS, address) for address in schedule.mail_to):
        raise BadScheduledReport("an address looks like name@example.org", fault="target")
    if schedule.mail_to and not mail_possible:
        raise BadScheduledReport("no mail server is set: alarms.smtp_host", fault="mail")
    rules = KINDS[schedule.kind]
    if schedule.by not in (rules.by or (None,)):
        known = ", ".join(rules.by)
        raise BadScheduledReport("this kind of report has no such groups", fault="by", known=known)
    if schedule.line is not None and not rules.of_line:
        raise BadScheduledReport("this kind of report is not of one line", fault="line")
    if schedule.by is ReportBy.HALF_HOUR and schedule.every is ReportEvery.MONTH:
        raise BadScheduledReport("half hours of a month are too many for one report", fault="period")
    return schedule


def minute_of(time_of_day: str) -> int:
    """The minute of a day, of a time such as 07:00."""
    return int(time_of_day[:2]) * 60 + int(time_of_day[3:])


def next_due(schedule: Schedule, after: datetime, zone: tzinfo) -> datetime:
    """The first instant after this one at which the report is due; a time that a clock change skips comes later."""
    day = after.astimezone(zone).date()
    while True:
        at = _instant(day, schedule.minute, zone)
        if at > after and _is_due(schedule.every, day):
            return at
        day += timedelta(days=1)


def _is_due(every: ReportEvery, day: date) -> bool:
    return every is ReportEvery.DAY or (day.isoweekday() == 1 if every is ReportEvery.WEEK else day.day == 1)


def days_of(every: ReportEvery, due: datetime, zone: tzinfo) -> tuple[date, date]:
    """The first and the last day of the period that ended before the due day."""
    day = due.astimezone(zone).date()
    last = day - timedelta(days=1)
    if every is ReportEvery.DAY:
        return last, last
    if every is ReportEvery.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday - timedelta(days=7), monday - timedelta(days=1)
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def span_of(first: date, last: date, zone: tzinfo) -> tuple[datetime, datetime]:
    return _instant(first, 0, zone), _instant(last + timedelta(days=1), 0, zone)


def file_name(schedule: Schedule, report: str, first: date, last: date) -> str:
    """A name that is safe in every folder and the same for the same period."""
    safe = _UNSAFE.sub("-", schedule.name).strip("-")
    name = safe.encode()[:MOST_BYTES].decode(errors="ignore").strip("-") or "report"
    days = first.isoformat() if first == last else f"{first.isoformat()}_{last.isoformat()}"
    return f"{name}-{report[:8]}-{days}.{schedule.format.value}"


def message_id(report: str, due: datetime, host: str = "callcenter.invalid") -> str:
    """The same for every attempt, so that a mail server or a reader recognises a repetition (RFC 5322, 3.6.4)."""
    return f"<report.{report}.{int(due.timestamp())}@{host}>"


def _instant(day: date, minute: int, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)
