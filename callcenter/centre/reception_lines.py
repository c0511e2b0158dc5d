"""Lines, their open times and blocked callers in the form that the reception reads. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.asterisk.render.ahead import LATEST
from callcenter.kit.hours import OpeningHours, read_windows
from callcenter.kit.work_calendar import DayKind, NeverOpen, WorkTime
from callcenter.roster.model import Shift
from callcenter.routing.blocks.model import Block
from callcenter.routing.model import Line as OurLine
from ivr.reception import Line
from ivr.snapshot import Period

OPEN_TIMES: Final = 20
"""Open periods of each line that the reception knows ahead: two weeks and more."""

SHIFTS_AHEAD: Final = timedelta(days=14)
MOST_SHIFTS: Final = 20
"""Shifts of each line that the reception knows ahead."""


def reception_line(line: OurLine) -> Line:
    return Line(
        line.code,
        line.queue,
        line.language,
        OpeningHours(read_windows(line.hours), line.timezone),
        line.greeting,
        line.priority,
        bool(line.own_agent_seconds),
    )


def blocked_lines(blocks: Sequence[Block]) -> dict[str, tuple[tuple[str, int], ...]]:
    """By number, the lines that do not take it, empty for all of them, each until an epoch second."""
    result: dict[str, list[tuple[str, int]]] = {}
    for block in blocks:
        until = LATEST if block.ends_at is None else int(block.ends_at.timestamp())
        result.setdefault(block.number, []).append((block.line, until))
    return {number: tuple(sorted(lines)) for number, lines in result.items()}


def open_times(
    line: OurLine, kind: Callable[[date], DayKind], days: Mapping[date, Sequence[str]], at: datetime
) -> tuple[Period, ...]:
    """The line's next open periods: its own hours, the public holidays and the centre's exceptions (R2).

    Empty for a line that never closes, and for one that has no open time within a year. They begin with the day of `at`
    and so stay equal all day.
    """
    midnight = datetime.combine(at.astimezone(ZoneInfo(line.timezone)).date(), time(), ZoneInfo(line.timezone))
    exceptions = {day: read_windows(f"mon {span}" for span in spans) for day, spans in days.items()}
    calendar = WorkTime(line.timezone, read_windows(line.hours), kind, exceptions)
    if not calendar.week:
        return ()
    try:
        return tuple(Period(start, end) for start, end in islice(calendar.periods(midnight), OPEN_TIMES))
    except NeverOpen:
        return ()


def shifts_of(shifts: Sequence[Shift]) -> dict[str, tuple[Period, ...]]:
    """The shifts of each line, by start; several agents may share one."""
    lines: dict[str, dict[Period, None]] = {}
    for shift in sorted(shifts, key=lambda shift: shift.starts_at):
        lines.setdefault(shift.line, {})[Period(shift.starts_at, shift.ends_at)] = None
    return {line: tuple(periods)[:MOST_SHIFTS] for line, periods in lines.items()}
