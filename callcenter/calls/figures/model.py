"""Defines the figures of a period and of this moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

BUSY: Final = frozenset({"on_call", "wrap_up"})
SUPERVISING: Final = "supervising"
"""The state, in the figures, of who is on a colleague's call to hear or help: neither busy with a caller nor ready."""
READY: Final = frozenset({"available", "ringing"})
DEFINITION: Final = "answered within the threshold, of all callers who were answered or gave up"
STEP: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Period:
    """Inbound calls of a period. Averages are None without such calls."""

    offered: int
    answered: int
    in_time: int
    abandoned: int
    asa_seconds: float | None
    """Average speed of answer: from the queue to the answer."""
    talk_seconds: float | None
    """Average conversation; the wrap-up is not stored per call."""

    @property
    def level(self) -> float | None:
        asked = self.answered + self.abandoned
        return self.in_time / asked if asked else None


@dataclass(frozen=True, slots=True)
class Step:
    """A half hour of the centre's day, counted from its midnight."""

    start: int
    offered: int
    answered: int
    abandoned: int


@dataclass(frozen=True, slots=True)
class DayNow:
    """The figures of the day and of this moment, of the centre or of one line."""

    as_of: datetime
    since: datetime
    line: str | None
    threshold_seconds: int
    today: Period
    week_ago: Period
    curve: Sequence[Step]
    week_ago_curve: Sequence[Step]
    waiting: int
    longest_since: datetime | None
    agents: Mapping[str, int]
    occupancy: float | None
    live: bool


def occupancy(states: Iterable[str]) -> float | None:
    """The share of working agents who are on a call or in its wrap-up; None when nobody works."""
    counted = [*states]
    busy, ready = (sum(state in kind for state in counted) for kind in (BUSY, READY))
    return busy / (busy + ready) if busy + ready else None


def curve(calls: Iterable[tuple[datetime, str | None]], midnight: datetime) -> list[Step]:
    """The calls (arrival, outcome) by half hour, only those half hours that had one."""
    counts: dict[int, list[int]] = {}
    for arrived, outcome in calls:
        step = counts.setdefault((arrived - midnight) // STEP, [0, 0, 0])
        step[0] += 1
        step[1] += outcome == "answered"
        step[2] += outcome == "abandoned"
    return [Step(start, *step) for start, step in sorted(counts.items())]
