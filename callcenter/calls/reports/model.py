"""Defines every figure of calls once: in words, as a formula, and as a function of counts. Pure.

Counts are those of inbound calls that arrived in the period, also of calls in progress. `figures/now` uses the same
definitions for the day so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final

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
    agent_first: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Counts)))


def share(part: float, whole: float) -> float | None:
    """None where there is nothing to divide: 0 and 1 would both be wrong."""
    return part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Figure:
    """`unit` is `share` (of 1) or `seconds`; `formula` names counts of this module."""

    unit: str
    formula: str
    zh: str
    en: str
    of: Callable[[Counts], float | None]


FIGURES: Final[Mapping[str, Figure]] = MappingProxyType(
    {
        "service_level": Figure(
            "share",
            "in_time / (answered + abandoned)",
            "服务水平：在规定时间内接听的来电，占已接听和客户放弃的来电的比例",
            "Service level: calls answered within the threshold, of those answered or given up",
            lambda n: share(n.in_time, n.answered + n.abandoned),
        ),
        "service_level_without_short": Figure(
            "share",
            "in_time / (answered + abandoned - abandoned_short)",
            "服务水平（不计很快挂断的来电）",
            "Service level without callers who gave up at once",
            lambda n: share(n.in_time, n.answered + n.abandoned - n.abandoned_short),
        ),
        "service_level_of_offered": Figure(
            "share",
            "in_time / offered",
            "服务水平（占全部来电）",
            "Service level of all calls offered",
            lambda n: share(n.in_time, n.offered),
        ),
        "answer_share": Figure(
            "share",
            "answered / offered",
            "接通率：已接听的来电占全部来电的比例",
            "Answered calls, of all calls offered",
            lambda n: share(n.answered, n.offered),
        ),
        "abandonment": Figure(
            "share",
            "abandoned / (answered + abandoned)",
            "放弃率：客户在接听前挂断的比例",
            "Abandonment: callers who gave up while they waited",
            lambda n: share(n.abandoned, n.answered + n.abandoned),
        ),
        "abandonment_without_short": Figure(
            "share",
            "(abandoned - abandoned_short) / (answered + abandoned - abandoned_short)",
            "放弃率（不计很快挂断的来电）",
            "Abandonment without callers who gave up at once",
            lambda n: share(n.abandoned - n.abandoned_short, n.answered + n.abandoned - n.abandoned_short),
        ),
        "asa_seconds": Figure(
            "seconds",
            "wait_seconds / wait_known",
            "平均接听速度：已接听的来电从排队到接听的平均时间",
            "Average speed of answer: from the queue to the answer, of answered calls",
            lambda n: share(n.wait_seconds, n.wait_known),
        ),
        "talk_seconds": Figure(
            "seconds",
            "talk_seconds / talk_known",
            "平均通话时间（不含话后处理）",
            "Average conversation of answered calls, without the wrap-up",
            lambda n: share(n.talk_seconds, n.talk_known),
        ),
        "late_rings": Figure(
            "share",
            "ring_late / ring_known",
            "超过规定铃声才接听（R1）的比例",
            "Calls that rang past the limit of R1, of those whose ringing is known",
            lambda n: share(n.ring_late, n.ring_known),
        ),
        "transfer_share": Figure(
            "share",
            "transferred / answered",
            "转接率：已接听的来电中被转接的比例",
            "Answered calls that were passed on",
            lambda n: share(n.transferred, n.answered),
        ),
        "hold_share": Figure(
            "share",
            "held / answered",
            "保持率：已接听的来电中被保持过的比例",
            "Answered calls in which the caller was put on hold",
            lambda n: share(n.held, n.answered),
        ),
        "agent_first_share": Figure(
            "share",
            "agent_first / answered",
            "客服先挂机（R5）的比例",
            "Answered calls in which the agent hung up first (R5)",
            lambda n: share(n.agent_first, n.answered),
        ),
    }
)


def figures_of(counts: Counts) -> dict[str, float | None]:
    """Every figure of these counts: shares to four places, seconds to one."""
    result: dict[str, float | None] = {}
    for name, figure in FIGURES.items():
        value = figure.of(counts)
        result[name] = None if value is None else round(value, 4 if figure.unit == "share" else 1)
    return result


def by_clock(buckets: Iterable[tuple[int, Counts]], by: ReportBy, zone: tzinfo) -> list[tuple[str, Counts]]:
    """Counts by the local clock, from those of quarter hours (seconds since 1970), in the clock's order."""
    groups: dict[str, Counts] = {}
    order: dict[str, tuple[int, ...]] = {}
    for second, counts in buckets:
        key, place = _key(datetime.fromtimestamp(second, UTC), by, zone)
        groups[key] = groups.get(key, Counts()) + counts
        order[key] = place
    return sorted(groups.items(), key=lambda group: order[group[0]])


def _key(at: datetime, by: ReportBy, zone: tzinfo) -> tuple[str, tuple[int, ...]]:
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
