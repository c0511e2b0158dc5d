"""Tests the working calendar: holidays, make-up days, the centre's own exceptions, and days of 23 and 25 hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.kit.hours import BadHours
from callcenter.kit.work_calendar import NeverOpen, UnknownCountry, WorkTime, worktime_of

SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"
WEEKDAYS = worktime_of(["mon-fri 09:00-12:00", "mon-fri 13:00-18:00"], "CN", {}, SHANGHAI)
HOUR = timedelta(hours=1)
INSTANTS = st.integers(0, 330 * 86_400).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
WORK = st.timedeltas(timedelta(), timedelta(hours=100))


def here(month: int, day: int, hour: int = 0, minute: int = 0, zone: str = SHANGHAI) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (here(11, 24, 8), here(11, 24, 9)),
        (here(11, 24, 9), here(11, 24, 9)),
        (here(11, 24, 12), here(11, 24, 13)),
        (here(11, 24, 18), here(11, 25, 9)),
        (here(11, 27, 18), here(11, 30, 9)),
        (here(9, 30, 20), here(10, 8, 9)),
    ],
    ids=["before", "on the stroke", "at noon", "after hours", "over the weekend", "over the national holiday"],
)
def test_the_next_working_instant(at: datetime, opens: datetime) -> None:
    assert WEEKDAYS.next_open(at) == opens


def test_a_make_up_working_saturday_is_worked_like_a_monday() -> None:
    assert WEEKDAYS.is_open(here(2, 14, 10)), "the Saturday before the Spring Festival of 2026"
    assert not WEEKDAYS.is_open(here(2, 16, 10))
    assert not worktime_of(["mon-fri 09:00-18:00"], "", {}, SHANGHAI).is_open(here(2, 14, 10))


def test_the_centres_own_days_override_the_week_and_the_holidays() -> None:
    calendar = worktime_of(
        ["mon-sun 08:00-21:00"], "CN", {date(2026, 10, 1): ["10:00-12:00"], date(2026, 11, 24): []}, SHANGHAI
    )
    assert calendar.next_open(here(10, 1, 3)) == here(10, 1, 10)
    assert calendar.next_open(here(11, 24, 9)) == here(11, 25, 8)


def test_two_working_hours_on_a_friday_evening_end_on_monday_morning() -> None:
    assert WEEKDAYS.add(here(11, 27, 17), 2 * HOUR) == here(11, 30, 10)
    assert WEEKDAYS.between(here(11, 27, 17), here(11, 30, 10)) == 2 * HOUR


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25)])
def test_a_day_on_which_the_clocks_change_has_its_own_length(day: date, hours: int) -> None:
    start = datetime.combine(day, datetime.min.time(), ZoneInfo(NEW_YORK))
    whole = worktime_of(["mon-sun 00:00-24:00"], "", {}, NEW_YORK)
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(NEW_YORK))
    assert whole.between(start, end) == hours * HOUR


def test_a_window_across_midnight_reaches_into_the_next_day() -> None:
    night = worktime_of(["fri 22:00-02:00"], "", {}, SHANGHAI)
    assert night.is_open(here(11, 28, 1, 59))
    assert not night.is_open(here(11, 28, 2))
    assert night.add(here(11, 27, 23), 3 * HOUR) == here(11, 28, 2)


def test_without_a_week_the_centre_never_closes() -> None:
    always = WorkTime(SHANGHAI)
    assert always.is_open(here(1, 1, 3))
    assert always.add(here(1, 1, 3), 48 * HOUR) == here(1, 3, 3)


@given(INSTANTS, WORK)
def test_the_working_time_between_equals_the_time_added(at: datetime, work: timedelta) -> None:
    assert WEEKDAYS.between(at, WEEKDAYS.add(at, work)) == work


@given(INSTANTS, WORK, WORK)
@example(datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1), timedelta())
@example(datetime(2026, 1, 1, tzinfo=UTC), timedelta(), timedelta(days=1))
def test_working_time_adds_up(at: datetime, first: timedelta, second: timedelta) -> None:
    assert WEEKDAYS.add(WEEKDAYS.add(at, first), second) == WEEKDAYS.add(at, first + second)


@given(INSTANTS)
def test_adding_nothing_changes_nothing(at: datetime) -> None:
    assert WEEKDAYS.add(at, timedelta()) == at


def test_a_deadline_that_falls_on_closing_time_is_at_closing_time() -> None:
    assert WEEKDAYS.add(here(11, 24, 9), 8 * HOUR) == here(11, 24, 18)
    assert WEEKDAYS.add(here(11, 24, 18), HOUR) == here(11, 25, 10)


@given(INSTANTS)
def test_a_stretch_is_open_to_its_end_and_closed_before_its_beginning(at: datetime) -> None:
    start, end = WEEKDAYS.stretch(at)
    assert start >= at
    assert WEEKDAYS.is_open(start)
    assert WEEKDAYS.is_open(end - timedelta(microseconds=1))
    assert not WEEKDAYS.is_open(end)
    assert start == at or not WEEKDAYS.is_open(start - timedelta(microseconds=1))


def test_a_calendar_that_makes_no_sense_is_refused_with_a_code() -> None:
    with pytest.raises(BadHours):
        worktime_of(["monday morning"], "", {}, SHANGHAI)
    with pytest.raises(BadHours):
        worktime_of([], "", {date(2026, 1, 1): ["all day"]}, SHANGHAI)
    with pytest.raises(UnknownCountry):
        worktime_of([], "XX", {}, SHANGHAI)
    closed = {date(2026, 1, 1) + timedelta(days=day): () for day in range(800)}
    with pytest.raises(NeverOpen):
        worktime_of(["mon 09:00-10:00"], "", closed, SHANGHAI).next_open(here(1, 1))
