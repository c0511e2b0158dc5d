"""Tests the expected wait, and back-tests it beside Asterisk's own figure on the same simulated days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.expected_wait import back_test
from callcenter.calls.expected_wait.model import (
    Estimate,
    Pace,
    PastCall,
    SpokenWait,
    estimate,
    may_announce,
    pace_of,
    spoken,
)

AT = datetime(2026, 11, 27, 2, tzinfo=UTC)
PACE = Pace(handling=180.0, ratio=1.0, spread=0.8, samples=100, pickup=4.0)


def test_a_caller_waits_for_as_many_calls_to_end_as_are_before_them_and_one_more() -> None:
    wait = estimate(PACE, ahead=3, serving=6, free=0)
    assert wait is not None
    assert wait.expected == pytest.approx(4 * 180 / 6)
    assert wait.low < wait.expected < wait.high


def test_a_free_agent_answers_at_once() -> None:
    wait = estimate(PACE, ahead=0, serving=3, free=2)
    assert wait is not None
    assert wait.expected == 4.0


@pytest.mark.parametrize(("pace", "serving", "free"), [(None, 5, 0), (PACE, 0, 0), (Pace(180, 1, 1, 30, None), 2, 1)])
def test_what_cannot_be_known_is_null(pace: Pace | None, serving: int, free: int) -> None:
    assert estimate(pace, 0, serving, free) is None


@given(st.integers(0, 50), st.integers(1, 50))
def test_more_callers_before_wait_longer_and_more_agents_serve_sooner(ahead: int, serving: int) -> None:
    wait, later = estimate(PACE, ahead, serving, 0), estimate(PACE, ahead + 1, serving, 0)
    sooner = estimate(PACE, ahead, serving + 1, 0)
    assert wait is not None
    assert later is not None
    assert sooner is not None
    assert sooner.expected < wait.expected < later.expected
    assert 0 <= wait.low <= wait.expected <= wait.high


def test_too_short_a_past_gives_no_estimate() -> None:
    starts = [AT + timedelta(minutes=minute) for minute in range(10)]
    minute = timedelta(minutes=1)
    few = [PastCall(start, start + minute, start + minute, start + 4 * minute) for start in starts]
    assert pace_of(few) is None
    assert pace_of([]) is None


def test_an_announcement_speaks_in_minutes_and_not_at_all_when_it_would_be_a_guess() -> None:
    assert spoken(Estimate(150, 100, 200)) == SpokenWait(1, 4)
    assert spoken(Estimate(20, 5, 40)) == SpokenWait(1, 1)
    assert spoken(Estimate(300, 0, 1200)) is None
    assert spoken(None) is None


@pytest.mark.parametrize(
    ("seconds", "every", "due"), [(None, 60, True), (59, 60, False), (60, 60, True), (600, 0, False), (None, 0, False)]
)
def test_no_announcement_comes_more_often_than_is_set(seconds: int | None, every: int, due: bool) -> None:
    last = None if seconds is None else AT - timedelta(seconds=seconds)
    assert may_announce(AT, last, every) is due


@pytest.mark.lengthy
def test_the_back_test_is_nearer_to_the_truth_than_asterisks_holdtime_and_knows_its_error() -> None:
    result = back_test(days=12, seed=7)
    assert result.calls > 500
    assert result.error < 0.75 * result.holdtime_error
    assert 0.65 < result.covered < 0.95, "four waits in five should lie in the interval"
