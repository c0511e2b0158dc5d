"""When next week's roster and next month's plan are due, and which reminder is next (policy D1). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.roster.model import instant_of
from callcenter.roster.plans.model import Days

CATCH_UP: Final = timedelta(days=4)
"""Over a weekend without the service, and no longer: the roster of a week that is half over helps nobody."""


class Period(StrEnum):
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class DeadlineRules:
    """A weekday from 1 and a day of the month; 0 is no deadline. `hours` are those of the reminders before it."""

    weekday: int = 5
    month_day: int = 25
    at: time = time(17, 0)
    hours: tuple[int, ...] = (24, 2)


@dataclass(frozen=True, slots=True)
class Due:
    period: Period
    days: Days
    due_at: datetime


def due_next(today: date, rules: DeadlineRules, zone: str) -> list[Due]:
    """Next week and next month, each with its deadline in this week or month."""
    result = []
    if rules.weekday:
        monday = today - timedelta(days=today.weekday())
        due_at = _instant(monday + timedelta(days=rules.weekday - 1), rules.at, zone)
        following = Days(monday + timedelta(days=7), monday + timedelta(days=13))
        result.append(Due(Period.WEEK, following, due_at))
    if rules.month_day:
        first = _next_month(today)
        due_at = _instant(today.replace(day=rules.month_day), rules.at, zone)
        result.append(Due(Period.MONTH, Days(first, _next_month(first) - timedelta(days=1)), due_at))
    return result


def due_missed(now: datetime, rules: DeadlineRules, zone: ZoneInfo) -> list[Due]:
    """The week and the month that have begun since their deadline, for some days: nobody was reminded of what became
    overdue while the service was down.
    """
    today = now.astimezone(zone).date()
    weeks = due_next(today - timedelta(days=7), replace(rules, month_day=0), zone.key)
    months = due_next(today.replace(day=1) - timedelta(days=1), replace(rules, weekday=0), zone.key)
    return [due for due in (*weeks, *months) if due.due_at <= now <= due.due_at + CATCH_UP]


def stage(due: Due, now: datetime, rules: DeadlineRules) -> int | None:
    """The hours before the deadline of the latest reminder that is due, 0 for overdue; None before the first."""
    passed = [hours for hours in (*rules.hours, 0) if now >= due.due_at - timedelta(hours=hours)]
    return min(passed, default=None)


def covered(days: Days, published: Sequence[Days]) -> bool:
    """Whether published plans cover every day."""
    return all(any(day in span for span in published) for day in days)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _instant(day: date, at: time, zone: str) -> datetime:
    return instant_of(datetime.combine(day, at), zone)
