"""What kind of day an hour of work is paid as: a working day, a day of rest, or a public holiday. Pure.

Labour law pays overtime by the kind of day (China: 150, 200 and 300 %). The kind is that of the calendar, not of the
opening hours: a Sunday on which the centre is open is a day of rest still. A make-up working day is a working day. Days
off in lieu of one (and, in China, of a holiday that falls on a weekend) are days of rest, the holiday itself is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final

from callcenter.kit.work_calendar import country_calendar

MAKES_UP: Final = frozenset({"CN"})
"""Countries that state each year which weekend days are worked; a year without any is not known yet."""
SATURDAY: Final = 5
IN_LIEU: Final = "substituted"
"""Of the English name of a day off that is worked on another day."""


class PayDay(StrEnum):
    WORKDAY = "workday"
    REST_DAY = "rest_day"
    HOLIDAY = "holiday"


PayDays = Callable[[date], PayDay | None]
"""The kind of a day; None where the calendar does not know it."""


@dataclass(frozen=True, slots=True)
class PaidSeconds:
    workday: float = 0.0
    rest_day: float = 0.0
    holiday: float = 0.0

    def __add__(self, other: PaidSeconds) -> PaidSeconds:
        return PaidSeconds(self.workday + other.workday, self.rest_day + other.rest_day, self.holiday + other.holiday)


def unknown_days(_: date) -> PayDay | None:
    """Knows no day."""
    return None


def pay_days_of(country: str) -> PayDays:
    """The kinds of days in a country such as CN; no day is known without one. Raises UnknownCountry."""
    if not country:
        return unknown_days
    english = "en_US" if country in MAKES_UP else None
    off = country_calendar(country, language=english)
    itself = country_calendar(country, observed=False, language=english) if country in MAKES_UP else off

    @lru_cache(maxsize=2000)
    def kind(day: date) -> PayDay | None:
        # Queried first, because the package loads a year's days on the first query for one of them.
        free = day in off
        if country in MAKES_UP and not any(worked.year == day.year for worked in off.weekend_workdays):
            return None
        if day in itself and IN_LIEU not in itself[day]:
            return PayDay.HOLIDAY
        if free:
            return PayDay.REST_DAY
        return PayDay.WORKDAY if off.is_working_day(day) else PayDay.REST_DAY

    return kind


@dataclass(frozen=True, slots=True)
class PublishedDays:
    """The days of one year as the state has published them."""

    holidays: frozenset[date]
    days_off: frozenset[date]
    working_days: frozenset[date]


def published(kind: PayDays, years: Mapping[int, PublishedDays]) -> PayDays:
    """The kinds of days with those of published years, whose other weekend days are days of rest."""

    def known(day: date) -> PayDay | None:
        year = years.get(day.year)
        if year is None:
            return kind(day)
        if day in year.holidays:
            return PayDay.HOLIDAY
        if day in year.working_days:
            return PayDay.WORKDAY
        return PayDay.REST_DAY if day in year.days_off or day.weekday() >= SATURDAY else PayDay.WORKDAY

    return known


def by_pay_day(spans: Iterable[tuple[datetime, datetime]], kind: PayDays, zone: tzinfo) -> PaidSeconds | None:
    """The seconds of the spans by the kind of day of the local clock; None where a day's kind is not known.

    A span over midnight counts on both days; an hour that a clock change skips or repeats counts as it passes.
    """
    seconds = dict.fromkeys(PayDay, 0.0)
    for day, length in _days(spans, zone):
        paid_as = kind(day)
        if paid_as is None:
            return None
        seconds[paid_as] += length
    return PaidSeconds(seconds[PayDay.WORKDAY], seconds[PayDay.REST_DAY], seconds[PayDay.HOLIDAY])


def _days(spans: Iterable[tuple[datetime, datetime]], zone: tzinfo) -> Iterator[tuple[date, float]]:
    for begins, ends in spans:
        start, end = begins.astimezone(UTC), ends.astimezone(UTC)
        while start < end:
            day = start.astimezone(zone).date()
            midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
            until = min(midnight, end)
            yield day, (until - start).total_seconds()
            start = until
