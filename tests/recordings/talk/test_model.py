"""Tests the talk figures computed from two channels."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recordings.talk.model import Limits, Span, Talk, plain, talk_from, talk_of, union

LIMITS = Limits(10.0, 0.5)


def talk(caller: list[Span], agent: list[Span], seconds: float = 100.0, holds: list[Span] | None = None) -> Talk:
    return talk_of(caller, agent, seconds, holds or [], LIMITS)


def test_silence_on_both_sides_is_dead_air_and_a_hold_is_not() -> None:
    spoke = talk([(2, 10)], [(0, 1), (30, 40)], 60)
    assert (spoke.dead_air, spoke.dead_air_seconds) == (((10, 30), (40, 60)), 40.0)
    held = talk([(2, 10)], [(0, 1), (30, 40)], 60, [(12, 29), (45, 80)])
    assert held.dead_air == ()
    assert talk([], [], 60, [(20, 30)]).dead_air == ((0, 20), (30, 60))


def test_who_comes_in_while_the_other_speaks_is_named_and_a_word_of_assent_is_none() -> None:
    result = talk([(0, 10), (20, 25), (40, 40.3)], [(8, 12), (19, 22), (38, 45)])
    assert [(entry.start, entry.end, entry.by) for entry in result.talk_over] == [(8, 10, "agent"), (20, 22, "caller")]
    assert result.talk_over_seconds == 4.0


def test_shares_the_first_word_and_the_longest_monologue() -> None:
    result = talk([(10, 20)], [(1, 5), (21, 30), (31, 51), (90, 91)])
    assert (result.agent_share, result.caller_share, result.first_word) == (0.7727, 0.2273, 1.0)
    assert result.longest_monologue == (21, 91)
    silent = talk([], [])
    assert (silent.agent_share, silent.first_word, silent.longest_monologue) == (None, None, None)


SPANS = st.lists(st.tuples(st.floats(0, 300), st.floats(0.1, 30)), max_size=12).map(
    lambda some: union([(start, start + length) for start, length in some])
)


@given(SPANS, SPANS, SPANS)
def test_figures_fit_into_the_recording_and_are_read_back_as_kept(
    caller: list[Span], agent: list[Span], holds: list[Span]
) -> None:
    result = talk(caller, agent, 330.0, holds)
    assert 0 <= result.dead_air_seconds <= 330.01
    assert result.talk_over_seconds <= min(result.caller_seconds, result.agent_seconds) + 0.02
    if result.agent_share is not None and result.caller_share is not None:
        assert abs(result.agent_share + result.caller_share - 1) < 0.001
    for start, end in result.dead_air:
        assert end - start >= LIMITS.dead_air - 0.02
        for spoke in (*caller, *agent, *holds):
            assert min(end, spoke[1]) - max(start, spoke[0]) < 0.02
    assert talk_from(plain(result)) == result
