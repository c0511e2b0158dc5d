"""Tests when a customer may be called: nights, regions, and the nights in which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.callbacks.errors import NeverCallable
from callcenter.callbacks.model import Result
from callcenter.callbacks.timing import Backoff, Hours, allowed, allowed_until, next_allowed, place_of, window

DAY = Hours(time(9), time(20))
SHANGHAI, BERLIN, NEW_YORK = "Asia/Shanghai", "Europe/Berlin", "America/New_York"


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    year, month, day, hour, minute = (*parts, 0)[:5]
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone), fold=fold)


@pytest.mark.parametrize(
    ("zone", "asked", "called"),
    [
        (SHANGHAI, (2026, 11, 24, 0, 0), (2026, 11, 24, 9, 0)),
        (SHANGHAI, (2026, 11, 24, 8, 59), (2026, 11, 24, 9, 0)),
        (SHANGHAI, (2026, 11, 24, 9, 0), (2026, 11, 24, 9, 0)),
        (SHANGHAI, (2026, 11, 24, 19, 59), (2026, 11, 24, 19, 59)),
        (SHANGHAI, (2026, 11, 24, 20, 0), (2026, 11, 25, 9, 0)),
        (SHANGHAI, (2026, 12, 31, 23, 0), (2027, 1, 1, 9, 0)),
        # Clocks go forward in the night of 29 March 2026 and back in that of 25 October.
        (BERLIN, (2026, 3, 28, 21, 0), (2026, 3, 29, 9, 0)),
        (BERLIN, (2026, 10, 24, 21, 0), (2026, 10, 25, 9, 0)),
        (NEW_YORK, (2026, 3, 7, 23, 0), (2026, 3, 8, 9, 0)),
    ],
)
def test_no_calls_at_night_across_changes_of_the_clocks(
    zone: str, asked: tuple[int, ...], called: tuple[int, ...]
) -> None:
    assert next_allowed(local(zone, *asked), [zone], DAY) == local(zone, *called).astimezone(UTC)


def test_hours_that_open_in_the_hour_that_is_skipped_or_comes_twice() -> None:
    early = Hours(time(2, 30), time(4))
    skipped = next_allowed(local(NEW_YORK, 2026, 3, 8, 1, 0), [NEW_YORK], early)
    assert skipped.astimezone(ZoneInfo(NEW_YORK)).time() in (time(3), time(3, 30))
    night = Hours(time(1, 30), time(3))
    second = local(NEW_YORK, 2026, 11, 1, 1, 10, fold=1)
    result = next_allowed(second, [NEW_YORK], night)
    assert result == local(NEW_YORK, 2026, 11, 1, 1, 30, fold=1).astimezone(UTC)


def test_a_customer_abroad_is_called_in_their_own_day() -> None:
    assert place_of("+12125550123", "CN", SHANGHAI).zones == (NEW_YORK,)
    noon_here = local(SHANGHAI, 2026, 11, 24, 12, 0)
    there = next_allowed(noon_here, [NEW_YORK], DAY)
    assert there.astimezone(ZoneInfo(NEW_YORK)).hour == 9


def test_a_number_that_may_be_anywhere_is_called_when_it_is_day_in_all_its_places() -> None:
    zones = place_of("+18005550100", "CN", SHANGHAI).zones
    assert len(zones) > 10
    some = ["America/New_York", "America/Los_Angeles"]
    result = next_allowed(local(NEW_YORK, 2026, 11, 24, 7, 0), some, DAY)
    assert result == local("America/Los_Angeles", 2026, 11, 24, 9, 0).astimezone(UTC)
    assert allowed_until(result, some, DAY) == local(NEW_YORK, 2026, 11, 24, 20, 0).astimezone(UTC)


def test_places_without_a_common_hour_are_refused() -> None:
    short = Hours(time(9), time(10))
    with pytest.raises(NeverCallable):
        next_allowed(local(SHANGHAI, 2026, 11, 24, 0), [SHANGHAI, NEW_YORK], short)


@pytest.mark.parametrize("hours", [(time(20), time(9)), (time(9), time(9)), (time(22), time(2))])
def test_hours_that_cross_midnight_are_refused(hours: tuple[time, time]) -> None:
    with pytest.raises(ValueError, match="same day"):
        Hours(*hours)


def test_a_centre_that_never_closes_calls_at_any_hour() -> None:
    always = Hours(time(0), time(0))
    for hour in range(24):
        at = local(SHANGHAI, 2026, 11, 24, hour, 0)
        assert next_allowed(at, [SHANGHAI, NEW_YORK], always) == at
        assert allowed_until(at, [SHANGHAI], always) == local(SHANGHAI, 2026, 11, 25, 0, 0).astimezone(UTC)


def test_hours_until_midnight_end_with_the_day() -> None:
    late = Hours(time(9), time(0))
    assert allowed(local(SHANGHAI, 2026, 11, 24, 23, 59), [SHANGHAI], late)
    assert not allowed(local(SHANGHAI, 2026, 11, 25, 0), [SHANGHAI], late)
    assert next_allowed(local(SHANGHAI, 2026, 11, 25, 0), [SHANGHAI], late) == local(SHANGHAI, 2026, 11, 25, 9)


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 - the zone is put beside it
    zones=st.lists(st.sampled_from([SHANGHAI, BERLIN, "Asia/Urumqi", "Europe/London"]), min_size=1, unique=True),
)
def test_the_next_window_is_allowed_never_earlier_and_open_until_its_end(at: datetime, zones: list[str]) -> None:
    asked = at.replace(tzinfo=UTC)
    start, until = window(asked, zones, DAY)
    assert start >= asked
    assert start < until
    assert allowed(start, zones, DAY)
    assert allowed(until - timedelta(minutes=1), zones, DAY)
    assert not allowed(until, zones, DAY)
    if start > asked:
        assert not allowed(start - timedelta(minutes=1), zones, DAY)


def test_the_wait_grows_by_result_and_stays_at_its_last_step() -> None:
    waits = Backoff({Result.BUSY: (timedelta(minutes=10), timedelta(minutes=30))})
    assert [waits.after(Result.BUSY, n).seconds // 60 for n in (1, 2, 3, 9)] == [10, 30, 30, 30]
    assert waits.after(Result.NO_ANSWER, 1) == timedelta(hours=1)
