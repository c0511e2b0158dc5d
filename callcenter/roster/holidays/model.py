"""Defines the days that the state publishes for a year, and checks them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from callcenter.roster.errors import BadHolidayYear

FIRST: Final = 2020
LAST: Final = 2100
MOST_DAYS: Final = 100
"""Of each kind: more is a slip."""
SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """`holidays` are paid as holidays, `days_off` as days of rest, `working_days` are weekend days that are worked."""

    year: int
    holidays: tuple[date, ...]
    days_off: tuple[date, ...] = ()
    working_days: tuple[date, ...] = ()


def check_year(year: HolidayYear) -> HolidayYear:
    """Return it with its days in order; raises BadHolidayYear."""
    kinds = (year.holidays, year.days_off, year.working_days)
    if not FIRST <= year.year <= LAST:
        raise BadHolidayYear("no such year", fault="year", first=FIRST, last=LAST)
    if not year.holidays or any(len(days) > MOST_DAYS for days in kinds):
        raise BadHolidayYear("a year has holidays, and not hundreds of them", fault="days")
    for day in (day for days in kinds for day in days):
        if day.year != year.year:
            raise BadHolidayYear("a day of another year", fault="other_year", day=day.isoformat())
    for day in twice(kinds):
        raise BadHolidayYear("a day is stated twice", fault="twice", day=day.isoformat())
    for day in year.working_days:
        if day.weekday() < SATURDAY:
            raise BadHolidayYear("a make-up day lies on a weekend", fault="weekday", day=day.isoformat())
    holidays, days_off, working_days = (tuple(sorted(days)) for days in kinds)
    return HolidayYear(year.year, holidays, days_off, working_days)


def twice(kinds: Iterable[Collection[date]]) -> list[date]:
    """The days that are stated more than once."""
    days = sorted(day for kind in kinds for day in kind)
    return [day for day, following in pairwise(days) if day == following]
