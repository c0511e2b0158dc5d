"""Tests when the calendar opens and closes a line (R2)."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from callcenter.centre.reception_lines import open_times
from callcenter.facts import LineCode, QueueCode
from callcenter.kit.work_calendar import holidays_of
from callcenter.routing.model import Line

ZONE = ZoneInfo("Asia/Shanghai")
EXCEPTIONS = {date(2026, 11, 28): ("10:00-12:00",), date(2026, 11, 30): ()}


def opening_days(hours: tuple[str, ...], at: datetime) -> list[str]:
    line = Line(LineCode("sales"), QueueCode("sales"), hours=hours, timezone="Asia/Shanghai")
    periods = open_times(line, holidays_of("CN"), EXCEPTIONS, at)
    return [f"{period.start.astimezone(ZONE):%m-%d %H:%M}" for period in periods[:4]]


def test_R2_public_holidays_close_a_line_and_make_up_days_open_it() -> None:
    begun = datetime(2026, 10, 7, 8, tzinfo=ZONE)
    assert opening_days(("mon-fri 09:00-18:00",), begun) == ["10-08 09:00", "10-09 09:00", "10-10 09:00", "10-12 09:00"]


def test_R2_the_centres_exceptions_come_before_the_week() -> None:
    begun = datetime(2026, 11, 27, 8, tzinfo=ZONE)
    assert opening_days(("mon-fri 09:00-18:00",), begun) == ["11-27 09:00", "11-28 10:00", "12-01 09:00", "12-02 09:00"]


@pytest.mark.parametrize("day", [28, 30])
def test_no_calendar_closes_a_line_without_hours(day: int) -> None:
    """The roster alone decides there: an agent who is on duty on an exceptional day is to be reached."""
    assert opening_days((), datetime(2026, 11, day, 8, tzinfo=ZONE)) == []
