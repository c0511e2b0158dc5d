"""Shift patterns: named times of the centre's day, and the shifts that they make (policy D1). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.errors import BadPattern
from callcenter.roster.model import Shift, instant_of
from callcenter.roster.needs.model import DAY

SECOND: Final = timedelta(seconds=1)
CODE_LIMIT: Final = 12
NAME_LIMIT: Final = 40
_CODE: Final = re.compile(r"[\w-]{1,12}")
NIGHT_ENDS: Final = 5 * 60
"""A shift that covers a minute before this local time is a night shift."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """From minute `start` of a local day until just before minute `end`; an end after 1440 is on the next day."""

    code: str
    name: str
    start: int
    end: int
    active: bool = True

    @property
    def night(self) -> bool:
        return self.start < NIGHT_ENDS or self.end > DAY

    @property
    def minutes(self) -> int:
        return self.end - self.start


def check_pattern(pattern: Pattern) -> Pattern:
    """Return the pattern; raises BadPattern."""
    if not _CODE.fullmatch(pattern.code):
        raise BadPattern("a code has letters, digits, - and _, 12 at most", fault="code")
    if not pattern.name.strip() or len(pattern.name) > NAME_LIMIT:
        raise BadPattern(f"a name has {NAME_LIMIT} characters at most", fault="name")
    if not (0 <= pattern.start < DAY and pattern.start < pattern.end <= pattern.start + DAY):
        raise BadPattern("a shift begins within the day and lasts 24 hours at most", fault="times")
    return pattern


def clock_of(minute: int) -> str:
    """The wall-clock time of a minute, on its own day or the next."""
    minute = minute if minute <= DAY else minute - DAY
    return f"{minute // 60:02}:{minute % 60:02}"


def minutes_of(start: str, end: str) -> tuple[int, int]:
    """The minutes of two wall-clock times; an end that is not after the start is on the next day."""
    first, last = (int(text[:2]) * 60 + int(text[3:]) for text in (start, end))
    return first, last if last > first else last + DAY


def shift_on(day: date, start: int, end: int, agent: AgentNumber, line: LineCode, zone: str) -> Shift:
    """The shift of these minutes of a local day; raises BadLocalTime where a clock change skips or repeats a time."""
    return Shift(agent, line, _instant(day, start, zone), _instant(day, end, zone))


def shift_near(
    day: date, start: int, end: int, agent: AgentNumber, line: LineCode, zone: ZoneInfo
) -> tuple[Shift, bool]:
    """The shift of these minutes of a local day, also where the clocks change, and whether its times are exact."""
    (starts_at, exact_start), (ends_at, exact_end) = (instant_near(day, minute, zone) for minute in (start, end))
    return Shift(agent, line, starts_at, ends_at), exact_start and exact_end


def instant_near(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, bool]:
    """The instant of a minute of a local day, and whether it is the only one.

    A time that comes twice is the first of the two; one that is skipped is the instant of the change. Later times never
    become earlier ones, so an agent's shifts that did not overlap still do not.
    """
    days, rest = divmod(minute, DAY)
    local = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone)
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first, True
    return (first if first < second else _change(second, first, zone)), False


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clocks change between the two."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _instant(day: date, minute: int, zone: str) -> datetime:
    days, rest = divmod(minute, DAY)
    return instant_of(datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60)), zone)
