"""Counts what an agent did on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum

from callcenter.calls.reports.definitions import computed
from callcenter.calls.timeline.model import Span, SpanState


class WorkBy(StrEnum):
    TOTAL = "total"
    DAY = "day"
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
    seconds = dict.fromkeys(SpanState, 0.0)
    ordered = list(spans)
    while ordered and ordered[0].state is SpanState.UNKNOWN:
        ordered.pop(0)
    for span in ordered:
        seconds[span.state] += (span.end - span.start).total_seconds()
    return WorkCounts(
        available=seconds[SpanState.AVAILABLE],
        ringing=seconds[SpanState.RINGING],
        on_call=seconds[SpanState.ON_CALL],
        wrap_up=seconds[SpanState.WRAP_UP],
        paused=seconds[SpanState.PAUSED],
        unknown=seconds[SpanState.UNKNOWN],
        conversations=len({span.call for span in ordered if span.state is SpanState.ON_CALL}),
        wrap_ups=sum(span.state is SpanState.WRAP_UP for span in ordered),
    )


def work_figures(counts: WorkCounts) -> dict[str, float | None]:
    """Occupancy, utilisation, handling time and wrap-up."""
    return computed("work", asdict(counts))
