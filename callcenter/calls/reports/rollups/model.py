"""Decides which part of a period is answered from rollups and which from the records. Pure.

A half hour whose records have changed since it was counted is marked, and is answered from the records until it is
counted again: an answer never depends on how far the rollups are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from callcenter.calls.reports.model import Within

VERSION: Final = 2
"""Of the counts: another one is counted from the beginning."""
HALF_HOUR: Final = 1800
MOST_RANGES: Final = 48
"""Above so many separate marked ranges everything from the first to the last is read from the records."""

Range = tuple[datetime, datetime]
"""From the first instant until before the second."""


class Grain(StrEnum):
    """What a row counts: a half hour, a local day or a local month, of all agents or of one."""

    HALF_HOUR = "half_hour"
    DAY = "day"
    MONTH = "month"
    AGENT_HALF_HOUR = "agent_half_hour"
    AGENT_DAY = "agent_day"
    AGENT_MONTH = "agent_month"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Half hours and days of the centre's clock. All offsets of the zone are assumed to share their half-hour grid."""

    zone: tzinfo

    @property
    def grid(self) -> int:
        """How far the local half hours are from those of UTC: 0, or 900 seconds in Kathmandu."""
        offset = datetime(2026, 1, 1, tzinfo=self.zone).utcoffset() or timedelta()
        return -int(offset.total_seconds()) % HALF_HOUR

    def half_hour(self, at: datetime) -> datetime:
        second = int(at.timestamp() // 1)
        return datetime.fromtimestamp(second - (second - self.grid) % HALF_HOUR, UTC)

    def day(self, at: datetime) -> datetime:
        """The midnight before."""
        return at.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)

    def midnight(self, day: date) -> datetime:
        """The instant at which a day of the clock begins."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def next_day(self, midnight: datetime) -> datetime:
        return self.day(self.day(midnight) + timedelta(hours=36))

    def month(self, at: datetime) -> datetime:
        """The midnight that began the month."""
        return self.day(self.day(at).astimezone(self.zone).replace(day=1, hour=12))

    def next_month(self, at: datetime) -> datetime:
        return self.month(self.month(at) + timedelta(days=40))

    def days(self, since: datetime, until: datetime) -> list[datetime]:
        """The midnights of the days that the range touches."""
        days, day = [], self.day(since)
        while day < until:
            days.append(day)
            day = self.next_day(day)
        return days

    def months(self, since: datetime, until: datetime) -> list[datetime]:
        """The months that begin in the range."""
        months, month = [], self.month(since)
        while month < until:
            if month >= since:
                months.append(month)
            month = self.next_month(month)
        return months

    def offsets(self, since: datetime, until: datetime) -> list[tuple[datetime, int]]:
        """The offsets of the clock in seconds, each with the instant until which it holds, `until` for the last."""
        changes: list[tuple[datetime, int]] = []
        at, offset = since, self._offset(since)
        while at < until:
            following = min(at + timedelta(days=1), until)
            if self._offset(following) != offset:
                changed = self._change(at, following)
                changes.append((changed, offset))
                at, offset = changed, self._offset(changed)
            else:
                at = following
        return [*changes, (until, offset)]

    def _change(self, low: datetime, high: datetime) -> datetime:
        """The first half hour in between with another offset than the first instant's."""
        offset, at = self._offset(low), self.half_hour(low)
        while self._offset(at) == offset:
            at += timedelta(seconds=HALF_HOUR)
        return min(at, high)

    def _offset(self, at: datetime) -> int:
        return int((at.astimezone(self.zone).utcoffset() or timedelta()).total_seconds())


def rule_of(within: Within, short_seconds: float, zone: tzinfo) -> str:
    """What the counts depend on besides the records: with another rule they are counted from the beginning."""
    lines = ",".join(f"{line}={seconds:g}" for line, seconds in sorted(within.lines.items()))
    return f"{VERSION}|{zone}|{within.centre:g}|{short_seconds:g}|{lines}"


class Coarsest(StrEnum):
    """The widest rows that a question may be answered from."""

    HALF_HOUR = "half_hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Parts:
    """A period in parts that do not overlap, by where their answer comes from."""

    months: Sequence[Range] = ()
    days: Sequence[Range] = ()
    half_hours: Sequence[Range] = ()
    records: Sequence[Range] = ()


def parts_of(
    since: datetime,
    until: datetime,
    counted_since: datetime | None,
    marked: Collection[datetime],
    calendar: Calendar,
    coarsest: Coarsest,
) -> Parts:
    """`counted_since` is from when on rollups are complete, None where there are none; `marked`: what has changed."""
    if counted_since is None or counted_since >= until:
        return Parts([], [], [], [(since, until)])
    first = max(since, counted_since)
    if calendar.half_hour(first) != first:
        first = calendar.half_hour(first) + timedelta(seconds=HALF_HOUR)
    last = calendar.half_hour(until)
    if first >= last:
        return Parts([], [], [], [(since, until)])
    changed = _ranges({calendar.half_hour(at) for at in marked if first <= at < last})
    records = [span for span in ((since, first), *changed, (last, until)) if span[0] < span[1]]
    months: list[Range] = []
    days: list[Range] = []
    rest = _between(first, last, changed)
    if coarsest is Coarsest.MONTH:
        months, rest = _whole(rest, calendar.month, calendar.next_month)
    if coarsest is not Coarsest.HALF_HOUR:
        days, rest = _whole(rest, calendar.day, calendar.next_day)
    return Parts(months, days, rest, records)


def _whole(
    spans: Iterable[Range], begin: Callable[[datetime], datetime], following: Callable[[datetime], datetime]
) -> tuple[list[Range], list[Range]]:
    """The whole days or months of these ranges, and what is left before and after them."""
    whole: list[Range] = []
    rest: list[Range] = []
    for since, until in spans:
        start = begin(since) if begin(since) == since else following(since)
        end = begin(until)
        if start >= end:
            rest.append((since, until))
            continue
        whole.append((start, end))
        rest += [piece for piece in ((since, start), (end, until)) if piece[0] < piece[1]]
    return whole, rest


def _ranges(half_hours: Iterable[datetime]) -> list[Range]:
    """Half hours joined into ranges."""
    ranges: list[Range] = []
    for at in sorted(half_hours):
        end = at + timedelta(seconds=HALF_HOUR)
        if ranges and ranges[-1][1] == at:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((at, end))
    return [(ranges[0][0], ranges[-1][1])] if len(ranges) > MOST_RANGES else ranges


def _between(first: datetime, last: datetime, taken: Sequence[Range]) -> list[Range]:
    edges = [first, *(edge for span in taken for edge in span), last]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]
