"""Tests that what is pushed ahead equals the reception's decision about an ordinary caller, at each instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk.render.ahead import LATEST, caller_key
from callcenter.customers.numbers import spellings
from callcenter.kit.hours import OpeningHours, read_windows
from ivr.ahead import DAYS, MOST, ahead
from ivr.reception import Line
from ivr.snapshot import Period, Snapshot

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
"""Friday noon in Changsha."""
WEEK = OpeningHours(read_windows(["mon-fri 09:00-18:00", "sat 22:00-02:00"]))
LINE = Line("orders", "general", hours=WEEK)


def entries(line: Line, at: datetime = NOW, duty: tuple[str, ...] | None = ("1001",)) -> list[tuple[str, int]]:
    snapshot = Snapshot({line.code: line}, None if duty is None else {line.code: duty})
    text = ahead(snapshot, at)[line.code]
    return [(text[place], int(text[place + 1 : place + 11])) for place in range(0, len(text), 11)]


def letter_at(decisions: list[tuple[str, int]], at: datetime) -> str:
    """What the dialplan does at an instant: the first decision that has not run out."""
    return next(letter for letter, until in decisions if at.timestamp() < until)


def test_a_line_without_hours_is_open_for_good() -> None:
    assert entries(replace(LINE, hours=OpeningHours())) == [("q", LATEST)]


def test_R4_that_no_one_is_on_duty_is_pushed_ahead_until_the_line_closes_and_no_further() -> None:
    closes, opens = datetime(2026, 11, 27, 10, tzinfo=UTC), datetime(2026, 11, 28, 14, tzinfo=UTC)
    assert entries(LINE, duty=())[:3] == [
        ("n", int(closes.timestamp())),
        ("c", int(opens.timestamp())),
        ("q", int((opens + timedelta(hours=4)).timestamp())),
    ]


def test_a_holiday_of_the_calendar_is_pushed_like_the_weekly_hours() -> None:
    opens = NOW + timedelta(days=3)
    open_times = {
        "orders": (
            Period(opens, opens + timedelta(hours=2)),
            Period(opens + timedelta(days=9), opens + timedelta(days=12)),
        )
    }
    text = ahead(Snapshot({"orders": LINE}, {"orders": ("1001",)}, open_times=open_times), NOW)["orders"]
    assert text.startswith(f"c{int(opens.timestamp())}q{int((opens + timedelta(hours=2)).timestamp())}c")


def test_R7_a_service_that_has_not_read_the_roster_leaves_the_line_open() -> None:
    assert entries(LINE, duty=None)[0][0] == "q"


@given(st.integers(0, DAYS * 24 * 60 - 1), st.integers(0, 7 * 24 * 60))
def test_every_minute_of_the_next_days_is_open_exactly_in_the_hours(minutes: int, later: int) -> None:
    start = NOW + timedelta(minutes=later)
    at = start + timedelta(minutes=minutes)
    assert letter_at(entries(LINE, start), at) == ("q" if WEEK.open_at(at) else "c")


@pytest.mark.lengthy
def test_a_line_with_very_many_windows_still_fits_into_an_action_and_ends_open() -> None:
    many = read_windows(
        f"mon-sun {hour:02d}:{minute:02d}-{hour:02d}:{minute + 5:02d}" for hour in range(24) for minute in (0, 20, 40)
    )
    decisions = entries(replace(LINE, hours=OpeningHours(many)))
    assert len(decisions) == MOST + 1
    assert decisions[-1] == ("q", LATEST)


@pytest.mark.parametrize("number", ["+8613974812346", "+8673188880001", "95588", "+85223456789", "12345"])
def test_a_caller_has_one_key_in_every_spelling_of_a_carrier(number: str) -> None:
    assert {caller_key(spelling) for spelling in spellings(number)} == {caller_key(number)}


def test_a_subscribers_number_that_begins_like_the_country_code_keeps_its_digits() -> None:
    assert caller_key("86123456") == "86123456"
    assert caller_key("8613974812346") == "13974812346"
