"""Defines the delta of the figures, the same as the answer of GET /figures/now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from typing_extensions import TypedDict

from callcenter.calls.deltas import instant
from callcenter.calls.figures.model import DEFINITION, DayNow, Period, Step
from callcenter.web.ports import DeltaKind


class PeriodDelta(TypedDict):
    offered: int
    answered: int
    in_time: int
    abandoned: int
    service_level: float | None
    asa_seconds: float | None
    aht_seconds: float | None


class StepDelta(TypedDict):
    """A half hour of the day, 0 to 47."""

    start: int
    offered: int
    answered: int
    abandoned: int


class FiguresDelta(TypedDict):
    """`line` is null for the whole centre."""

    as_of: str | None
    since: str | None
    line: str | None
    threshold_seconds: int
    definition: str
    today: PeriodDelta
    week_ago: PeriodDelta
    curve: list[StepDelta]
    week_ago_curve: list[StepDelta]
    waiting: int
    longest_since: str | None
    agents: dict[str, int]
    occupancy: float | None
    live: bool


FIGURES: Final = DeltaKind("figures", FiguresDelta, "everyone")


def delta_of(now: DayNow) -> FiguresDelta:
    return {
        "as_of": instant(now.as_of),
        "since": instant(now.since),
        "line": now.line,
        "threshold_seconds": now.threshold_seconds,
        "definition": DEFINITION,
        "today": _period(now.today),
        "week_ago": _period(now.week_ago),
        "curve": _steps(now.curve),
        "week_ago_curve": _steps(now.week_ago_curve),
        "waiting": now.waiting,
        "longest_since": instant(now.longest_since),
        "agents": dict(now.agents),
        "occupancy": now.occupancy,
        "live": now.live,
    }


def _period(period: Period) -> PeriodDelta:
    return {
        "offered": period.offered,
        "answered": period.answered,
        "in_time": period.in_time,
        "abandoned": period.abandoned,
        "service_level": period.level,
        "asa_seconds": period.asa_seconds,
        "aht_seconds": period.talk_seconds,
    }


def _steps(steps: Iterable[Step]) -> list[StepDelta]:
    return [
        {"start": step.start, "offered": step.offered, "answered": step.answered, "abandoned": step.abandoned}
        for step in steps
    ]
