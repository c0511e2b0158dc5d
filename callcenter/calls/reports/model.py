"""Defines what is counted of calls, and by what it is grouped. Pure.

Counts are those of inbound calls that arrived in the period, also of calls in progress. `definitions.py` defines the
figures that are computed from them; `figures/now` uses the same for the day so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Final

from callcenter.calls.reports.definitions import computed

BUCKET_SECONDS: Final = 900
"""Calls are counted by quarter hour of UTC: the local hours of every time zone are whole numbers of them."""


class ReportBy(StrEnum):
    TOTAL = "total"
    HALF_HOUR = "half_hour"
    """Each half hour of the period, by its local start."""
    DAY = "day"
    HOUR = "hour"
    """The hours of the day, 00 to 23, over all days of the period."""
    WEEKDAY = "weekday"
    """1 is Monday, 7 is Sunday."""
    LINE = "line"
    QUEUE = "queue"
    AGENT = "agent"
    """The agent who answered; calls without an answer have none."""
    TEAM = "team"
    """The present team of the agent who answered (GET /score-teams)."""


CLOCKED: Final = frozenset({ReportBy.HALF_HOUR, ReportBy.DAY, ReportBy.HOUR, ReportBy.WEEKDAY})


@dataclass(frozen=True, slots=True)
class Counts:
    """What is counted of calls; seconds are sums over those calls whose value is known."""

    offered: int = 0
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    abandoned_short: int = 0
    overflowed: int = 0
    callback_requested: int = 0
    message_left: int = 0
    closed: int = 0
    failed: int = 0
    unknown: int = 0
    in_progress: int = 0
    wait_known: int = 0
    wait_seconds: float = 0.0
    talk_known: int = 0
    talk_seconds: float = 0.0
    ring_known: int = 0
    ring_late: int = 0
    transferred: int = 0
    held: int = 0
    hold_known: int = 0
    hold_seconds: float = 0.0
    agent_first: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Counts)))


@dataclass(frozen=True, slots=True)
class Within:
    """The thresholds of the service level in seconds: the centre's, and those of lines that have their own (S1)."""

    centre: float
    lines: Mapping[str, float] = field(default_factory=dict)

    def of(self, line: str | None) -> float:
        return self.centre if line is None else self.lines.get(line, self.centre)


def figures_of(counts: Counts) -> dict[str, float | None]:
    """Every figure of these counts: shares to four places, seconds to one."""
    return computed("calls", asdict(counts))


def by_clock(buckets: Iterable[tuple[int, Counts]], by: ReportBy, zone: tzinfo) -> list[tuple[str, Counts]]:
    """Counts by the local clock, from those of quarter hours (seconds since 1970), in the clock's order."""
    groups: dict[str, Counts] = {}
    order: dict[str, tuple[int, ...]] = {}
    for second, counts in buckets:
        key, place = clock_key(datetime.fromtimestamp(second, UTC), by, zone)
        groups[key] = groups.get(key, Counts()) + counts
        order[key] = place
    return sorted(groups.items(), key=lambda group: order[group[0]])


def clock_key(at: datetime, by: ReportBy, zone: tzinfo) -> tuple[str, tuple[int, ...]]:
    """The name of the group of an instant, and its place among the others."""
    local = at.astimezone(zone)
    if by is ReportBy.HOUR:
        return f"{local.hour:02}", (local.hour,)
    if by is ReportBy.WEEKDAY:
        return str(local.isoweekday()), (local.isoweekday(),)
    if by is ReportBy.DAY:
        return local.date().isoformat(), (local.toordinal(),)
    # The half hour is found on the local clock; its offset tells apart the hour that a clock change repeats.
    start = local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0)
    return start.isoformat(timespec="minutes"), (int(start.timestamp()),)
