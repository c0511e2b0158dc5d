"""The forecast of calls over HTTP."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.forecast.service import DayForecast, Forecasts
from callcenter.web.routes import LEADERS, Ask, Routes


class ForecastQuery(BaseModel):
    """`goal` is the service level wanted; `patience_seconds` makes it Erlang A."""

    model_config = ConfigDict(extra="forbid")

    day: date = Field(strict=False)
    line: str | None = Field(None, max_length=31)
    goal: float = Field(0.8, gt=0, lt=1)
    patience_seconds: float | None = Field(None, gt=0, le=1_000_000)


class ForecastStep(BaseModel):
    """A half hour of the local day: 0 begins at midnight. `plain` is the mean of the same weekday of four weeks."""

    start: int
    calls: float
    plain: float | None
    agents: int | None


class CallForecast(BaseModel):
    """`steps` are empty without a comparable day. `error` and `plain_error`: the sum of differences over the calls.

    Both errors are those of the last four weeks, each day forecast from the days before it alone.
    """

    day: date
    line: str | None
    total: float | None
    days: int
    handling_seconds: float | None
    steps: list[ForecastStep]
    tested_days: int
    error: float | None
    plain_error: float | None

    @classmethod
    def of(cls, query: ForecastQuery, result: DayForecast) -> CallForecast:
        ours, tested = result.forecast, result.backtest
        return cls(
            day=query.day,
            line=query.line,
            total=round(ours.total, 1) if ours else None,
            days=ours.days if ours else 0,
            handling_seconds=None if result.handling is None else round(result.handling, 1),
            steps=[
                ForecastStep(
                    start=start,
                    calls=round(calls, 2),
                    plain=round(result.plain.steps[start], 2) if result.plain else None,
                    agents=result.needed[start] if result.needed else None,
                )
                for start, calls in enumerate(ours.steps if ours else ())
            ],
            tested_days=tested.days,
            error=None if tested.error is None else round(tested.error, 4),
            plain_error=None if tested.plain_error is None else round(tested.plain_error, 4),
        )


def routes(forecasts: Forecasts) -> Routes:
    routes = Routes("roster")

    @routes.get("/staffing/forecast", roles=LEADERS)
    async def read_call_forecast(ask: Ask, query: ForecastQuery) -> CallForecast:
        """Forecast the calls of a day by half hour, with the agents needed and the forecast's error on the past."""
        return CallForecast.of(query, await forecasts.of(query.day, query.line, query.goal, query.patience_seconds))

    return routes
