"""Counts what an agent did on a day, and in each half hour of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.calls.reports.definitions import computed
from callcenter.calls.reports.rollups.model import HALF_HOUR, Calendar
from callcenter.calls.timeline.model import Span, SpanState


class WorkBy(StrEnum):
    TOTAL = "total"
    HALF_HOUR = "half_hour"
    """Each half hour of the days, by its local start."""
    DAY = "day"
    HOUR = "hour"
    """The hours of the day, 00 to 23, over all days."""
    WEEKDAY = "weekday"
    """1 is Monday, 7 is Sunday."""
    AGENT = "agent"
    TEAM = "team"
    """The agent's present team (GET /score-teams)."""


@dataclass(frozen=True, slots=True)
class WorkCounts:
    """Seconds in each state; `conversations` are calls in which the agent talked on that day, `wrap_ups` spells."""

    available: float = 0.0
    ringing: float = 0.0
    on_call: float = 0.0
    wrap_up: float = 0.0
    paused: float = 0.0
    unknown: float = 0.0
    conversations: int = 0
    wrap_ups: int = 0

    def __add__(self, other: WorkCounts) -> WorkCounts:
        return WorkCounts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(WorkCounts)))


def counts_of(spans: Iterable[Span]) -> WorkCounts:
    """The counts of an agent's spans; the time before the first presence that is known is not counted."""
    ordered = _known(spans)
    return replace(
        _seconds(ordered),
        conversations=len({span.call for span in ordered if span.state is SpanState.ON_CALL}),
        wrap_ups=sum(span.state is SpanState.WRAP_UP for span in ordered),
    )


def by_half_hour(spans: Iterable[Span], calendar: Calendar) -> Mapping[datetime, WorkCounts]:
    """The counts of a day's spans by half hour of the centre's clock; together they are `counts_of` of the day.

    A conversation and a wrap-up count once, where they begin or where the day does.
    """
    parts: dict[datetime, list[Span]] = {}
    begun: dict[datetime, list[Span]] = {}
    calls: set[str | None] = set()
    for span in _known(spans):
        for part in _parts(span, calendar):
            parts.setdefault(calendar.half_hour(part.start), []).append(part)
        if span.state is SpanState.WRAP_UP or (span.state is SpanState.ON_CALL and span.call not in calls):
            begun.setdefault(calendar.half_hour(span.start), []).append(span)
            calls |= {span.call} if span.state is SpanState.ON_CALL else set()
    return {
        at: replace(
            _seconds(inside),
            conversations=sum(span.state is SpanState.ON_CALL for span in begun.get(at, ())),
            wrap_ups=sum(span.state is SpanState.WRAP_UP for span in begun.get(at, ())),
        )
        for at, inside in parts.items()
    }


def _known(spans: Iterable[Span]) -> list[Span]:
    ordered = list(spans)
    while ordered and ordered[0].state is SpanState.UNKNOWN:
        ordered.pop(0)
    return ordered


def _parts(span: Span, calendar: Calendar) -> Iterator[Span]:
    """The span in pieces that each lie in one half hour."""
    start = span.start
    while start < span.end:
        end = min(calendar.half_hour(start) + timedelta(seconds=HALF_HOUR), span.end)
        yield replace(span, start=start, end=end)
        start = end


def _seconds(spans: Iterable[Span]) -> WorkCounts:
    seconds = dict.fromkeys(SpanState, 0.0)
    for span in spans:
        seconds[span.state] += (span.end - span.start).total_seconds()
    return WorkCounts(
        available=seconds[SpanState.AVAILABLE],
        ringing=seconds[SpanState.RINGING],
        on_call=seconds[SpanState.ON_CALL],
        wrap_up=seconds[SpanState.WRAP_UP],
        paused=seconds[SpanState.PAUSED],
        unknown=seconds[SpanState.UNKNOWN],
    )


def work_figures(counts: WorkCounts) -> dict[str, float | None]:
    """Occupancy, utilisation, handling time and wrap-up."""
    return computed("work", asdict(counts))
