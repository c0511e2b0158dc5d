"""Computes when a line is open: weekly windows of local time. Pure; the instant is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.errors import Invalid

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class BadHours(Invalid):
    """Opening hours that cannot be parsed."""

    code = "bad_opening_hours"


@dataclass(frozen=True, slots=True)
class Window:
    """One window of one weekday (Monday is 0), its end exclusive.

    An end that is not after its start is on the next day, so 00:00 to 00:00 is the whole day.
    """

    weekday: int
    opens: time
    closes: time

    def covers(self, local: datetime) -> bool:
        start = datetime.combine(local.date(), self.opens, local.tzinfo)
        start -= timedelta(days=(local.weekday() - self.weekday) % 7)
        end = datetime.combine(start.date(), self.closes, local.tzinfo)
        if self.closes <= self.opens:
            end += timedelta(days=1)
        # Local wall-clock comparison: a line that opens at nine opens at nine on the day the clocks change, too.
        return start.replace(tzinfo=None) <= local.replace(tzinfo=None) < end.replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """A line's week; without any window the line never closes."""

    windows: tuple[Window, ...] = ()
    timezone: str = "Asia/Shanghai"

    def open_at(self, at: datetime) -> bool:
        """Whether the line is open at a timezone-aware instant."""
        local = at.astimezone(ZoneInfo(self.timezone))
        return not self.windows or any(window.covers(local) for window in self.windows)


ALWAYS_OPEN: Final = OpeningHours()


def read_windows(texts: Iterable[str]) -> tuple[Window, ...]:
    """Parse `mon-fri 09:00-18:00`, `sat,sun 10:00-02:00` or `mon 00:00-24:00`.

    Raises BadHours with the text that cannot be parsed.
    """
    return tuple(window for text in texts for window in _read(text))


def _read(text: str) -> Sequence[Window]:
    try:
        days, span = text.lower().split()
        opens, closes = (_time(part) for part in span.split("-"))
        return [Window(day, opens, closes) for part in days.split(",") for day in _days(part)]
    except ValueError as error:
        raise BadHours(f"opening hours look like 'mon-fri 09:00-18:00', not {text!r}", text=text) from error


def _days(text: str) -> list[int]:
    first, _, last = text.partition("-")
    start, end = DAYS.index(first), DAYS.index(last or first)
    return [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]


def _time(text: str) -> time:
    return time(0, 0) if text == "24:00" else time.fromisoformat(text)
