"""Tests which calls are graded (S2): at random, yet anyone can repeat the draw."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.facts import CallId
from callcenter.scorecards.sampling.model import (
    BadMonth,
    Candidate,
    Grader,
    assign,
    digest_of,
    draw,
    due,
    portions,
    quota,
    rank_of,
)

ZONE = ZoneInfo("Asia/Shanghai")
MONTH = portions("2026-11", ZONE)


@st.composite
def months(draw_: st.DrawFn) -> list[Candidate]:
    seconds = st.integers(0, 30 * 86_400 - 1)
    drawn = draw_(st.lists(st.tuples(st.sampled_from(["1001", "1002", "1003"]), seconds), max_size=60))
    start = MONTH[0].month_since
    return [Candidate(CallId(f"pbx1-{n}"), agent, start + timedelta(seconds=at)) for n, (agent, at) in enumerate(drawn)]


def whole_month(calls: list[Candidate], per_agent: int, plan: str = "quality") -> dict[str, list[str]]:
    had: dict[str, list[str]] = {}
    for portion in MONTH:
        for entry in draw(plan, portion, per_agent, calls, had):
            had.setdefault(entry.candidate.agent, []).append(entry.candidate.call)
    return had


@given(months(), st.integers(1, 9), st.randoms(use_true_random=False))
def test_the_same_calls_in_any_order_give_the_same_sample(calls: list[Candidate], n: int, chance: Random) -> None:
    shuffled = list(calls)
    chance.shuffle(shuffled)
    assert whole_month(calls, n) == whole_month(shuffled, n)
    assert digest_of(calls) == digest_of(shuffled)


@given(months(), st.integers(1, 9))
def test_every_agent_has_exactly_n_when_there_are_n(calls: list[Candidate], n: int) -> None:
    there = Counter(call.agent for call in calls)
    drawn = whole_month(calls, n)
    assert {agent: len(result) for agent, result in drawn.items()} == {agent: min(n, k) for agent, k in there.items()}
    assert all(len(set(result)) == len(result) for result in drawn.values())


@given(months(), st.integers(1, 9), months())
def test_calls_of_later_days_do_not_change_what_was_drawn(
    calls: list[Candidate], n: int, later: list[Candidate]
) -> None:
    until = MONTH[1].until
    before = [call for call in calls if call.at < until]
    new = [Candidate(CallId(f"late-{entry.call}"), entry.agent, entry.at) for entry in later if entry.at >= until]
    for portion in MONTH[:2]:
        assert draw("quality", portion, n, before, {}) == draw("quality", portion, n, [*before, *new], {})


def test_no_agent_and_no_time_of_day_is_preferred() -> None:
    """Among equals each call is drawn about as often: within five standard deviations over 400 plans."""
    calls = [Candidate(CallId(f"c{n}"), "1001", MONTH[0].since + timedelta(hours=n)) for n in range(100)]
    drawn = Counter(entry.candidate.call for p in range(400) for entry in draw(f"p{p}", MONTH[0], 40, calls, {}))
    expected, deviation = 400 * 0.1, (400 * 0.1 * 0.9) ** 0.5
    assert sum(drawn.values()) == 400 * 10
    assert all(abs(drawn[call.call] - expected) < 5 * deviation for call in calls)


def test_the_rank_can_be_computed_with_any_tool() -> None:
    key = b"quality\x002026-11\x001001"
    expected = hmac.new(key, b"pbx1-1795448173.47", hashlib.sha256).hexdigest()
    assert rank_of(key, "pbx1-1795448173.47") == expected
    result = draw("quality", MONTH[0], 4, [Candidate(CallId("pbx1-1795448173.47"), "1001", MONTH[0].since)], {})
    assert [entry.rank for entry in result] == [expected]


def test_a_month_is_graded_while_it_runs() -> None:
    assert [quota(5, entry.number) for entry in MONTH] == [1, 2, 3, 5]
    assert [entry.since.day for entry in MONTH] == [1, 8, 15, 22]
    assert portions("2026-12", ZONE)[-1].until == datetime(2027, 1, 1, tzinfo=ZONE)
    with pytest.raises(BadMonth):
        portions("2026-13", ZONE)


def test_what_fell_due_while_the_service_was_down_is_still_due() -> None:
    since, grace = datetime(2026, 10, 25, tzinfo=UTC), timedelta(hours=6)
    result = due(datetime(2026, 11, 16, 4, tzinfo=UTC), ZONE, grace, since)
    assert [(entry.month, entry.number) for entry in result] == [("2026-10", 4), ("2026-11", 1), ("2026-11", 2)]
    # The second week ends at 16:00 UTC; six hours of grace let its last calls become final.
    assert len(due(datetime(2026, 11, 14, 21, 59, tzinfo=UTC), ZONE, grace, since)) == 2
    assert len(due(datetime(2026, 11, 14, 22, 0, tzinfo=UTC), ZONE, grace, since)) == 3


def test_calls_are_assigned_evenly_and_never_to_the_agents_own_team() -> None:
    calls = [Candidate(CallId(f"c{n}"), f"100{n % 4}", MONTH[0].since) for n in range(40)]
    graders = [Grader("lin", agent="1001"), Grader("zhou", team=frozenset({"1002"})), Grader("he")]
    given_ = assign(calls, graders, {}, not_own_team=True, seed="quality\x002026-11")
    counts = Counter(given_.values())
    assert max(counts.values()) - min(counts.values()) <= 2
    of: dict[str, str] = {call.call: call.agent for call in calls}
    assert not [call for call, agent in given_.items() if (agent, of[call]) in {("lin", "1001"), ("zhou", "1002")}]
    assert assign(calls, graders, {}, not_own_team=True, seed="x") == assign(
        calls[::-1], graders[::-1], {}, not_own_team=True, seed="x"
    )


def test_where_only_the_own_teams_leader_is_left_they_grade_but_never_their_own_call() -> None:
    mine = Grader("zhou", agent="1001", team=frozenset({"1001", "1002"}))
    calls = [Candidate(CallId("a"), "1001", MONTH[0].since), Candidate(CallId("b"), "1002", MONTH[0].since)]
    assert assign(calls, [mine], {}, not_own_team=True, seed="s") == {"a": None, "b": "zhou"}


def test_who_has_less_is_given_more() -> None:
    calls = [Candidate(CallId(f"c{n}"), "1001", MONTH[0].since) for n in range(6)]
    counts = Counter(assign(calls, [Grader("a"), Grader("b")], {"a": 4}, not_own_team=False, seed="s").values())
    assert counts == {"a": 1, "b": 5}
