"""Computes statistics of complaints (K6): groups with shares and intervals, Pareto, hours, weekdays, trend. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.kit.proportions import Share, share

BUCKET_SECONDS: Final = 900
"""Openings are counted per quarter of an hour, because the local hours of every time zone are multiples of it."""


class By(StrEnum):
    """The dimension by which cases are grouped."""

    DEPARTMENT = "department"
    PRODUCT = "product"
    CAUSE = "cause"
    SEVERITY = "severity"
    AGENT = "agent"
    CHANNEL = "channel"
    LINE = "line"
    CUSTOMER_CLASS = "customer_class"
    HOUR = "hour"
    WEEKDAY = "weekday"


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Counted:
    """A group as the database counts it; `value` is empty where the field is empty."""

    value: str
    cases: int
    closed: int = 0
    in_time: int = 0
    asked: int = 0
    """Closed cases in which the customer answered yes or no."""
    confirmed: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """`cumulative` is the share of this group and all larger ones; `in_time` refers to closed cases only."""

    value: str
    cases: int
    share: float
    cumulative: float
    in_time: Share
    confirmed: Share


def pareto(counted: Sequence[Counted]) -> list[Group]:
    """Returns the groups, largest first; ties are ordered by name."""
    ordered = sorted(counted, key=lambda group: (-group.cases, group.value))
    whole = sum(group.cases for group in ordered) or 1
    sums = accumulate(group.cases for group in ordered)
    return [
        Group(
            group.value,
            group.cases,
            round(group.cases / whole, 4),
            round(so_far / whole, 4),
            share(group.in_time, group.closed),
            share(group.confirmed, group.asked),
        )
        for group, so_far in zip(ordered, sums, strict=True)
    ]


Buckets = Mapping[int, Counted]
"""Openings by the start of their quarter of an hour, in seconds since 1970."""


def by_clock(buckets: Buckets, by: By, zone: str) -> list[Counted]:
    """The same counts by local hour (00 to 23) or weekday (1 Monday to 7 Sunday), including those without a case."""
    names = [f"{hour:02}" for hour in range(24)] if by is By.HOUR else [str(day) for day in range(1, 8)]
    cases_of: dict[str, list[Counted]] = {name: [] for name in names}
    for second, bucket in buckets.items():
        local = _local(second, zone)
        cases_of[f"{local.hour:02}" if by is By.HOUR else str(local.isoweekday())].append(bucket)
    return [_sum_of(name, counts) for name, counts in cases_of.items()]


def _sum_of(name: str, counts: Sequence[Counted]) -> Counted:
    return Counted(
        name,
        sum(count.cases for count in counts),
        sum(count.closed for count in counts),
        sum(count.in_time for count in counts),
        sum(count.asked for count in counts),
        sum(count.confirmed for count in counts),
    )


@dataclass(frozen=True, slots=True)
class Point:
    """The cases opened in the interval that begins on this local day."""

    start: date
    cases: int


def trend(buckets: Buckets, every: Every, zone: str, since: datetime, until: datetime) -> list[Point]:
    """Returns one point for each day, week (from Monday) or month of the period, including those without a case."""
    counted: Counter[date] = Counter()
    for second, bucket in buckets.items():
        counted[_start(_local(second, zone).date(), every)] += bucket.cases
    first = _start(since.astimezone(ZoneInfo(zone)).date(), every)
    last = (until - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    return [Point(day, counted[day]) for day in _starts(first, last, every)]


def _local(second: int, zone: str) -> datetime:
    return datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone))


def _start(day: date, every: Every) -> date:
    match every:
        case Every.DAY:
            return day
        case Every.WEEK:
            return day - timedelta(days=day.weekday())
        case Every.MONTH:
            return day.replace(day=1)


def _starts(first: date, last: date, every: Every) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day = _start(day + timedelta(days={Every.DAY: 1, Every.WEEK: 7, Every.MONTH: 32}[every]), every)
