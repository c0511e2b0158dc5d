"""Tests by which kind of day work is paid: nights over midnight, holidays, make-up days, clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kit.pay_days import PaidSeconds, PayDay, by_pay_day, pay_days_of, unknown_days
from callcenter.kit.work_calendar import UnknownCountry

CHINA, GERMANY, EGYPT = pay_days_of("CN"), pay_days_of("DE"), pay_days_of("EG")
SHANGHAI, BERLIN, CAIRO = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("Africa/Cairo")
HOUR = 3600
STATUTORY_2026 = {
    date(2026, 1, 1), date(2026, 2, 16), date(2026, 2, 17), date(2026, 2, 18), date(2026, 2, 19), date(2026, 4, 5),
    date(2026, 5, 1), date(2026, 5, 2), date(2026, 6, 19), date(2026, 9, 25), date(2026, 10, 1), date(2026, 10, 2),
    date(2026, 10, 3),
}  # fmt: skip
MAKE_UP_2026 = {
    date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10),
}  # fmt: skip


def test_the_thirteen_statutory_holidays_and_the_make_up_days_of_a_year() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    kinds = {day: CHINA(day) for day in days}
    assert {day for day, kind in kinds.items() if kind is PayDay.HOLIDAY} == STATUTORY_2026
    weekend_work = {day for day, kind in kinds.items() if kind is PayDay.WORKDAY and day.weekday() >= 5}
    assert weekend_work == MAKE_UP_2026
    # Other days of the long holidays are days off in lieu: 200 %, not 300.
    for day in (date(2026, 2, 20), date(2026, 4, 6), date(2026, 5, 4), date(2026, 10, 5), date(2026, 10, 7)):
        assert kinds[day] is PayDay.REST_DAY


def hours(workday: float = 0, rest_day: float = 0, holiday: float = 0) -> PaidSeconds:
    return PaidSeconds(workday * HOUR, rest_day * HOUR, holiday * HOUR)


@pytest.mark.parametrize(
    ("kind", "zone", "start", "end", "expected"),
    [
        (CHINA, SHANGHAI, "2026-11-24 18:00", "2026-11-24 21:00", hours(workday=3)),
        (CHINA, SHANGHAI, "2026-11-28 09:00", "2026-11-28 12:30", hours(rest_day=3.5)),
        (CHINA, SHANGHAI, "2026-09-30 22:00", "2026-10-01 06:00", hours(workday=2, holiday=6)),
        (CHINA, SHANGHAI, "2026-10-03 20:00", "2026-10-04 04:00", hours(rest_day=4, holiday=4)),
        (CHINA, SHANGHAI, "2026-10-05 08:00", "2026-10-05 12:00", hours(rest_day=4)),
        (CHINA, SHANGHAI, "2026-10-07 22:00", "2026-10-08 02:00", hours(workday=2, rest_day=2)),
        (CHINA, SHANGHAI, "2026-10-10 18:00", "2026-10-11 01:00", hours(workday=6, rest_day=1)),
        (CHINA, SHANGHAI, "2026-11-27 22:00", "2026-11-28 00:00", hours(workday=2)),
        (CHINA, SHANGHAI, "2026-11-24 18:00", "2026-11-24 18:00", hours()),
        (GERMANY, BERLIN, "2026-10-24 22:00", "2026-10-26 06:00", hours(workday=6, rest_day=27)),
        (GERMANY, BERLIN, "2026-03-29 00:00", "2026-03-30 00:00", hours(rest_day=23)),
        (GERMANY, BERLIN, "2026-12-24 20:00", "2026-12-25 02:00", hours(workday=4, holiday=2)),
        (EGYPT, CAIRO, "2026-04-23 22:00", "2026-04-24 06:00", hours(workday=2, rest_day=5)),
    ],
    ids=[
        "an evening of a working day",
        "Saturday",
        "a night into the National Day",
        "from the third day of the holiday into Sunday",
        "a day in lieu of a holiday on a Saturday",
        "from a day off in lieu into a working day",
        "a make-up Saturday into Sunday",
        "until midnight",
        "nothing",
        "a weekend whose Sunday has 25 hours",
        "a Sunday of 23 hours",
        "Christmas Eve into Christmas",
        "a night whose midnight the clock change skips",
    ],
)  # fmt: skip
def test_the_hours_of_a_span_by_the_kind_of_day(
    kind: object, zone: ZoneInfo, start: str, end: str, expected: PaidSeconds
) -> None:
    span = (datetime.fromisoformat(start).replace(tzinfo=zone), datetime.fromisoformat(end).replace(tzinfo=zone))
    assert callable(kind)
    assert by_pay_day([span], kind, zone) == expected


def test_what_the_calendar_does_not_know_is_unknown() -> None:
    span = (datetime(2026, 11, 24, 10, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert by_pay_day([span], unknown_days, SHANGHAI) is None
    assert pay_days_of("")(date(2026, 1, 1)) is None
    # The weekend days that are worked are stated year by year; without them a Saturday may be paid as either.
    assert CHINA(date(2090, 1, 7)) is None
    with pytest.raises(UnknownCountry):
        pay_days_of("XX")


@given(
    st.lists(st.tuples(st.integers(0, 300 * 86_400), st.integers(0, 3 * 86_400)), max_size=5),
    st.sampled_from([(CHINA, SHANGHAI), (GERMANY, BERLIN), (EGYPT, CAIRO)]),
)
def test_the_parts_are_the_whole(given: list[tuple[int, int]], where: tuple[object, ZoneInfo]) -> None:
    kind, zone = where
    assert callable(kind)
    new_year = datetime(2026, 1, 2, tzinfo=UTC)
    spans = [(new_year + timedelta(seconds=at), new_year + timedelta(seconds=at + length)) for at, length in given]
    parts = by_pay_day(spans, kind, zone)
    assert parts is not None
    assert parts.workday + parts.rest_day + parts.holiday == pytest.approx(sum(length for _, length in given))
