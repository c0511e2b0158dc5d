"""Tests the forecast of calls: better than the plain mean on the past, holidays and made-up days, and no guesses."""

from __future__ import annotations

import math
import random
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.reports.queries import CallReports
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.facts import LineCode, QueueCode, linkedid_of
from callcenter.roster.forecast.model import STEPS, backtest, forecast, like, plain_mean
from callcenter.roster.forecast.service import Forecasts
from callcenter.settings import Settings
from callcenter.storage.database import Database

FIRST = date(2026, 6, 1)
HOLIDAYS = {date(2026, 10, day) for day in range(1, 8)}
MADE_UP = {date(2026, 9, 27), date(2026, 10, 10)}
WEEKDAYS = (1.3, 1.1, 1.0, 1.0, 1.05, 0.6, 0.45)


def works(day: date) -> bool:
    return day in MADE_UP or (day.weekday() < 5 and day not in HOLIDAYS)


def drawn(draw: random.Random, mean: float) -> int:
    """A Poisson number, by Knuth's method."""
    limit, count, product = math.exp(-mean), 0, draw.random()
    while product > limit:
        count += 1
        product *= draw.random()
    return count


def history(seed: int, growth: float = 0.01, days: int = 140) -> dict[date, list[float]]:
    """Calls with a weekly pattern, two peaks a day, growth, holidays and chance."""
    draw = random.Random(seed)
    result: dict[date, list[float]] = {}
    for number in range(days):
        day = FIRST + timedelta(days=number)
        level = WEEKDAYS[day.weekday()]
        if like(day, works) == "off":
            level = 0.4
        elif like(day, works) == "work":
            level = 1.1
        level *= (1 + growth) ** (number / 7)
        shape = [
            12 * level * (math.exp(-(((step - 20) / 4) ** 2)) + 0.8 * math.exp(-(((step - 31) / 4) ** 2)))
            for step in range(STEPS)
        ]
        result[day] = [drawn(draw, mean) if mean > 0.05 else 0 for mean in shape]
    return result


@pytest.mark.parametrize("seed", range(3))
def test_the_forecast_is_better_than_a_plain_mean_of_the_same_weekday(seed: int) -> None:
    calls = history(seed)
    days = [day for day in calls if day >= FIRST + timedelta(weeks=10)]
    result = backtest(days, calls, works)
    assert result.days == len(days)
    assert result.error is not None
    assert result.plain_error is not None
    assert result.error < result.plain_error
    usual = backtest([day for day in days if like(day, works).isdigit() and day < date(2026, 9, 25)], calls, works)
    assert (usual.error or 1) < (usual.plain_error or 0)


def test_holidays_and_made_up_days_are_compared_with_their_like() -> None:
    calls = history(7, growth=0.0)
    holiday, made_up = date(2026, 10, 5), date(2026, 10, 10)
    assert [like(day, works) for day in (holiday, made_up, date(2026, 10, 12))] == ["off", "work", "0"]
    for day in (holiday, made_up):
        before = {other: steps for other, steps in calls.items() if other < day}
        ours, plain = forecast(day, before, works), plain_mean(day, before)
        assert ours is not None
        assert plain is not None
        came = sum(calls[day])
        assert abs(ours.total - came) < abs(plain.total - came)


def test_a_steady_growth_is_followed() -> None:
    steady = {FIRST + timedelta(weeks=week): [10.0 + week] * STEPS for week in range(12)}
    result = forecast(FIRST + timedelta(weeks=12), steady, lambda day: day.weekday() < 5)
    assert result is not None
    plain = plain_mean(FIRST + timedelta(weeks=12), steady)
    assert plain is not None
    assert plain.total < result.total < 23 * STEPS
    level = {FIRST + timedelta(weeks=week): [10.0] * STEPS for week in range(12)}
    same = forecast(FIRST + timedelta(weeks=12), level, lambda day: day.weekday() < 5)
    assert same is not None
    assert same.steps == pytest.approx([10.0] * STEPS)


def test_without_a_comparable_day_there_is_no_guess() -> None:
    assert forecast(FIRST, {}, works) is None
    assert plain_mean(FIRST, {}) is None
    tuesday = {FIRST + timedelta(days=1): [1.0] * STEPS}
    assert forecast(FIRST + timedelta(days=7), tuesday, works) is None
    assert backtest([FIRST], tuesday, works).error is None
    quiet = {FIRST: [0.0] * STEPS}
    nothing = forecast(FIRST + timedelta(days=7), quiet, works)
    assert nothing is not None
    assert nothing.total == 0


async def test_a_forecast_from_the_records_states_the_agents_for_each_half_hour(database: Database) -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    records = []
    for week in range(1, 15):
        for number in range(6):
            at = datetime(2026, 11, 24, 9, 10, tzinfo=shanghai) - timedelta(weeks=week, minutes=-5 * number)
            records.append(
                CallRecord(
                    "pbx1",
                    linkedid_of(f"pbx1-{week}{number}.1"),
                    Direction.INBOUND,
                    LineCode("orders"),
                    QueueCode("general"),
                    "13974812001",
                    "",
                    "4001",
                    at,
                    queued_at=at,
                    answered_at=at,
                    ended_at=at + timedelta(seconds=285),
                    outcome=Outcome.ANSWERED,
                    wait_seconds=3.0,
                    talk_seconds=285.0,
                )
            )
    await CallService(database, "pbx1", RuleBook.of(Settings().policy)).keep(records)
    reports = CallReports(database, "pbx1", 15, 5, shanghai)

    def clock() -> datetime:
        return datetime(2026, 11, 24, 5, 0, tzinfo=shanghai)

    result = await Forecasts(reports, clock, shanghai, lambda day: None, 15.0).of(date(2026, 11, 24), None, 0.8, None)
    assert result.forecast is not None
    assert result.forecast.total == pytest.approx(6)
    assert result.forecast.steps[18] == pytest.approx(4, abs=1)
    assert result.handling == 300
    assert result.needed is not None
    assert (result.needed[0], result.needed[18] > 1) == (0, True)
    assert result.backtest.days == 28
    nothing = await Forecasts(reports, clock, shanghai, lambda day: None, 15.0).of(
        date(2026, 11, 24), "nowhere", 0.8, None
    )
    assert (nothing.forecast, nothing.needed, nothing.handling, nothing.backtest.error) == (None, None, None, None)
