"""Forecasts the calls of a day by half hour, and measures the error on days of the past. Pure.

Days are compared with days of their kind: a weekday with the same weekday; a public holiday with Sundays and other
holidays; a weekend day that the calendar makes a working day with Mondays to Fridays. The day's total is the level
of those days with a damped trend (Holt's method, E. S. Gardner and E. McKenzie 1985), its shape their weighted profile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

STEPS: Final = 48
"""Half hours of a day; a clock change moves a day's calls, which its neighbours even out."""
WEEKS: Final = 12
PLAIN_WEEKS: Final = 4
LEVEL, TREND, DAMPING, RECENT = 0.3, 0.1, 0.9, 0.85
"""Weights of Holt's level and trend, the damping of the trend, and the weight of each older day in the shape."""

History = Mapping[date, Sequence[float]]
"""Calls by half hour of each day; a day without an entry has no records, which is not the same as no calls."""
Works = Callable[[date], bool]
"""Whether a day is a working day by the calendar: no holiday, or a weekend day that is worked to make up for one."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`steps` are calls by half hour; `days` is how many days of the past it rests on."""

    day: date
    steps: tuple[float, ...]
    days: int

    @property
    def total(self) -> float:
        return sum(self.steps)


@dataclass(frozen=True, slots=True)
class Backtest:
    """The errors of the forecast and of a plain mean by half hour: the sum of differences over the sum of calls."""

    days: int
    calls: float
    error: float | None
    plain_error: float | None


def like(day: date, works: Works) -> str:
    """What a day is compared with: its weekday, `off` or `work`."""
    weekend = day.weekday() >= 5
    if works(day) is not weekend:
        return str(day.weekday())
    return "work" if weekend else "off"


def comparable(day: date, history: History, works: Works, weeks: int = WEEKS) -> list[date]:
    """The days before this one that it is compared with, oldest first."""
    kind = like(day, works)
    past = (day - timedelta(days=back) for back in range(7 * weeks, 0, -1))
    return [other for other in past if other in history and _compares(kind, other, works)]


def _compares(kind: str, other: date, works: Works) -> bool:
    known = like(other, works)
    if kind == "off":
        return known in ("off", "6")
    if kind == "work":
        return known in ("work", "0", "1", "2", "3", "4")
    return known == kind


def forecast(day: date, history: History, works: Works) -> Forecast | None:
    """The calls of a day; None without a comparable day in the last weeks."""
    days = comparable(day, history, works)
    if not days:
        return None
    total = _holt([sum(history[other]) for other in days])
    return Forecast(day, tuple(total * share for share in _shape([history[other] for other in days])), len(days))


def plain_mean(day: date, history: History) -> Forecast | None:
    """The mean of the same weekday of the last four weeks: what anyone would reckon by hand."""
    days = [other for week in range(1, PLAIN_WEEKS + 1) if (other := day - timedelta(weeks=week)) in history]
    if not days:
        return None
    steps = tuple(sum(history[other][step] for other in days) / len(days) for step in range(STEPS))
    return Forecast(day, steps, len(days))


def backtest(days: Iterable[date], history: History, works: Works) -> Backtest:
    """Forecast each of these past days from the days before it alone, and compare with what came."""
    count, calls, error, plain_error = 0, 0.0, 0.0, 0.0
    for day in days:
        before = {other: steps for other, steps in history.items() if other < day}
        ours, plain = forecast(day, before, works), plain_mean(day, before)
        if day not in history or ours is None or plain is None:
            continue
        count += 1
        calls += sum(history[day])
        error += _distance(ours.steps, history[day])
        plain_error += _distance(plain.steps, history[day])
    return Backtest(count, calls, error / calls if calls else None, plain_error / calls if calls else None)


def _distance(forecasts: Sequence[float], came: Sequence[float]) -> float:
    return sum(abs(expected - calls) for expected, calls in zip(forecasts, came, strict=True))


def _holt(totals: Sequence[float]) -> float:
    """One step ahead of a series with a damped trend; never below zero."""
    level, trend = totals[0], 0.0
    for total in totals[1:]:
        expected = level + DAMPING * trend
        before, level = level, expected + LEVEL * (total - expected)
        trend = DAMPING * trend + TREND * (level - before - DAMPING * trend)
    return max(0.0, level + DAMPING * trend)


def _shape(days: Sequence[Sequence[float]]) -> list[float]:
    """The share of each half hour in the day, recent days counting more, evened out with its neighbours."""
    sums = [0.0] * STEPS
    for age, steps in enumerate(reversed(days)):
        for step, calls in enumerate(steps):
            sums[step] += calls * RECENT**age
    smooth = [
        (sums[max(step - 1, 0)] + 2 * sums[step] + sums[min(step + 1, STEPS - 1)]) / 4 if sums[step] else 0.0
        for step in range(STEPS)
    ]
    whole = sum(smooth)
    return [value / whole if whole else 0.0 for value in smooth]
