"""The centre's working calendar: when it is open, and how much working time is between two instants. Pure.

Weekly windows in the centre's time zone, the country's public holidays and make-up working days where the centre
observes them, and exceptions. All arithmetic is on instants, so a day on which the clocks change has its true length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from callcenter.errors import Invalid
from callcenter.kit.hours import Window, read_windows

if TYPE_CHECKING:
    from holidays import HolidayBase

LONGEST_REST: Final = 370
"""Days without any working time after which a calendar is considered wrong."""
MONDAY: Final = 0
DayKind = bool | None
"""True for a make-up working day, False for a holiday, None for an ordinary day."""


class NeverOpen(Invalid):
    """The calendar has no working time within a year."""

    code = "never_open"


class UnknownCountry(Invalid):
    """The `holidays` package does not know this country."""

    code = "unknown_country"


def no_holidays(_: date) -> DayKind:
    """Treats every day as an ordinary day."""
    return None


def country_calendar(country: str, *, observed: bool = True, language: str | None = None) -> HolidayBase:
    """A country's days off by date, with their names; `observed` has those in lieu too. Raises UnknownCountry."""
    # Imported late: without a country no one needs its tables.
    from holidays import country_holidays

    try:
        return country_holidays(country, observed=observed, language=language)
    except NotImplementedError:
        raise UnknownCountry("no calendar of holidays is known for this country", country=country[:10]) from None


def holidays_of(country: str) -> Callable[[date], DayKind]:
    """A country's public holidays and make-up working days, such as CN's; every day is ordinary for an empty text.

    Raises UnknownCountry.
    """
    if not country:
        return no_holidays
    calendar = country_calendar(country)

    @lru_cache(maxsize=2000)
    def kind(day: date) -> DayKind:
        # Queried first, because the package loads a year's days on the first query for one of them.
        if day in calendar:
            return False
        return True if day.weekday() >= 5 and calendar.is_working_day(day) else None

    return kind


@dataclass(frozen=True, slots=True)
class WorkTime:
    """`days` are the centre's own exceptions, by date: the windows of that day, none for a closed one.

    The weekday of an exception's windows is ignored. Without a week the centre never closes.
    """

    zone: str
    week: tuple[Window, ...] = ()
    kind: Callable[[date], DayKind] = no_holidays
    days: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)

    def is_open(self, at: datetime) -> bool:
        return self.next_open(at) == at

    def next_open(self, at: datetime) -> datetime:
        """The first working instant from `at` on. Raises NeverOpen."""
        return self.stretch(at)[0]

    def stretch(self, at: datetime) -> tuple[datetime, datetime]:
        """The first period of working time from `at` on. Raises NeverOpen."""
        return next(self._from(at))

    def periods(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """All periods of working time from `at` on, without end. Raises NeverOpen."""
        return self._from(at)

    def add(self, at: datetime, work: timedelta) -> datetime:
        """The instant at which this much working time has passed since `at`. Raises NeverOpen.

        It is the earliest such instant: what ends at closing time ends then and not at the next opening. Zero working
        time leaves the instant unchanged, so that `add(add(at, a), b)` is `add(at, a + b)`.
        """
        if not work:
            return at
        left = work
        for start, end in self._from(at):
            if left <= end - start:
                return start + left
            left -= end - start
        raise AssertionError("working time never ends")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from one instant to a later one. Raises NeverOpen."""
        worked = timedelta()
        if end <= start:
            return worked
        for opens, closes in self._from(start):
            if opens >= end:
                break
            worked += min(closes, end) - opens
        return worked

    def _from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Periods of working time from `at` on, in order, without end. Raises NeverOpen."""
        at = at.astimezone(UTC)
        if not self.week and not self.days:
            yield at, datetime.max.replace(tzinfo=UTC)
            return
        # A window of the evening before may extend into this day.
        day, idle, over = at.astimezone(ZoneInfo(self.zone)).date() - timedelta(days=1), 0, at
        while idle < LONGEST_REST:
            idle += 1
            for opens, closes in self._of_day(day):
                start = max(opens, over)
                if start < closes:
                    idle = 0
                    yield start, closes
                    over = closes
            day += timedelta(days=1)
        raise NeverOpen("the working calendar has no working time within a year", days=LONGEST_REST)

    def _of_day(self, day: date) -> list[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.zone)
        return sorted(_instants(window, day, zone) for window in self._windows(day))

    def _windows(self, day: date) -> Iterable[Window]:
        if day in self.days:
            return self.days[day]
        if not self.week:
            return (_WHOLE_DAY,)
        kind = self.kind(day)
        if kind is False:
            return ()
        # A make-up working day at a weekend has Monday's hours.
        weekday = MONDAY if kind else day.weekday()
        return (window for window in self.week if window.weekday == weekday)


def worktime_of(week: Iterable[str], country: str, days: Mapping[date, Iterable[str]], zone: str) -> WorkTime:
    """Parse the calendar: "mon-fri 09:00-18:00" for the week, "09:00-12:00" for single days.

    Raises BadHours, UnknownCountry.
    """
    own = {day: read_windows(f"mon {span}" for span in spans) for day, spans in days.items()}
    return WorkTime(zone, read_windows(week), holidays_of(country), own)


_WHOLE_DAY: Final = Window(0, datetime.min.time(), datetime.min.time())


def _instants(window: Window, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    last = day + timedelta(days=window.closes <= window.opens)
    return (
        datetime.combine(day, window.opens, zone).astimezone(UTC),
        datetime.combine(last, window.closes, zone).astimezone(UTC),
    )
