"""Reads the past from the records, and forecasts a day with the agents that it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from callcenter.calls.reports.model import Counts, ReportBy
from callcenter.calls.reports.queries import CallReports, ReportFilter
from callcenter.clock import Clock
from callcenter.roster.forecast.model import STEPS, WEEKS, Backtest, Forecast, backtest, forecast, plain_mean
from callcenter.roster.staffing.model import Load, agents_needed

KindOf = Callable[[date], bool | None]
"""True for a weekend day that is worked, False for a holiday, None for an ordinary day."""
TESTED_DAYS: Final = 28
HALF_HOUR: Final = 1800.0
GOAL: Final = 0.8


@dataclass(frozen=True, slots=True)
class DayForecast:
    """`needed` are agents by half hour, None where handling is unknown; `handling` is the mean talk and the wrap-up."""

    forecast: Forecast | None
    plain: Forecast | None
    needed: tuple[int, ...] | None
    handling: float | None
    backtest: Backtest


class Forecasts:
    def __init__(
        self, reports: CallReports, clock: Clock, zone: tzinfo, kind_of: KindOf, wrap_up_seconds: float
    ) -> None:
        self._reports = reports
        self._clock = clock
        self._zone = zone
        self._kind_of = kind_of
        self._wrap_up = wrap_up_seconds

    async def of(self, day: date, line: str | None, goal: float, patience: float | None) -> DayForecast:
        """The forecast of a day from the days before today, and its error on the last four weeks."""
        today = self._clock().astimezone(self._zone).date()
        end = min(day, today)
        first = end - timedelta(days=7 * WEEKS + TESTED_DAYS)
        history, total = await self._history(first, end, line)
        ours = forecast(day, history, self._works)
        talk = total.talk_seconds / total.talk_known if total.talk_known else None
        handling = None if talk is None else talk + self._wrap_up
        needed = None
        if ours is not None and handling:
            within = self._reports.within_seconds
            needed = tuple(
                agents_needed(Load(calls, handling, HALF_HOUR, patience), goal, within).agents for calls in ours.steps
            )
        tested = [end - timedelta(days=back) for back in range(TESTED_DAYS, 0, -1)]
        return DayForecast(ours, plain_mean(day, history), needed, handling, backtest(tested, history, self._works))

    async def load(self, line: str, at: datetime) -> Load | None:
        """The calls to expect on a line in the half hour of an instant; None without a comparable day or handling."""
        local = at.astimezone(self._zone)
        result = await self.of(local.date(), line, GOAL, None)
        if result.forecast is None or not result.handling:
            return None
        return Load(result.forecast.steps[local.hour * 2 + local.minute // 30], result.handling, HALF_HOUR)

    async def _history(self, first: date, end: date, line: str | None) -> tuple[dict[date, list[float]], Counts]:
        """Calls by half hour of each day; from the first call on, a day without calls had none."""
        since, until = self._midnight(first), self._midnight(end)
        history: dict[date, list[float]] = {}
        total = Counts()
        for key, counts in await self._reports.report(ReportFilter(since, until, line), ReportBy.HALF_HOUR):
            local = datetime.fromisoformat(key or "")
            step = local.hour * 2 + local.minute // 30
            history.setdefault(local.date(), [0.0] * STEPS)[step] += counts.offered
            total += counts
        if history:
            day = min(history)
            while day < end:
                history.setdefault(day, [0.0] * STEPS)
                day += timedelta(days=1)
        return history, total

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone).astimezone(UTC)

    def _works(self, day: date) -> bool:
        kind = self._kind_of(day)
        return day.weekday() < 5 if kind is None else kind
