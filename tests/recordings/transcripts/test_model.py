"""Tests merging two channels into one timeline, with the right agent after a transfer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.model import Direction, Transfer
from callcenter.errors import IllegalTransition
from recordings.transcripts.model import (
    AGENT,
    CALLER,
    Segment,
    TranscriptEvent,
    TranscriptState,
    Turn,
    Utterance,
    after,
    agent_at,
    digest,
    merge,
    plain,
    turns_of,
)
from tests.recordings.transcripts.sounds import ANSWERED, ARRIVED, answered_call, leg

CUSTOMER, FIRST = leg("1", "trunk", "caller", 0), leg("2", "1001", "agent", 6)


def second(number: float) -> object:
    return ARRIVED + timedelta(seconds=number)


def test_who_speaks_when_is_one_timeline_by_start() -> None:
    utterances = merge(
        {AGENT: [Segment(0.5, 2, "您好"), Segment(9, 10, "再见")], CALLER: [Segment(3, 8, "我要退货")]},
        [Turn(ANSWERED, "1001")],
        ANSWERED,
    )
    assert [(entry.start, entry.speaker, entry.agent, entry.text) for entry in utterances] == [
        (0.5, "agent", "1001", "您好"),
        (3, "caller", None, "我要退货"),
        (9, "agent", "1001", "再见"),
    ]
    assert plain(utterances) == "您好\n我要退货\n再见"


def test_after_a_blind_transfer_the_colleague_speaks_from_their_answer_on() -> None:
    moved = Transfer(ARRIVED + timedelta(seconds=30), "blind", "1001", "1002")
    call = answered_call(CUSTOMER, FIRST, leg("3", "1002", "other", 40), transfers=(moved,))
    turns = turns_of(call)
    utterances = merge({AGENT: [Segment(1, 2, "a"), Segment(20, 22, "b"), Segment(36, 38, "c")]}, turns, ANSWERED)
    assert [entry.agent for entry in utterances] == ["1001", "1001", "1002"]


def test_a_consulted_colleague_is_heard_by_the_customer_only_from_the_transfer_on() -> None:
    moved = Transfer(ARRIVED + timedelta(seconds=60), "attended", "1001", "1002")
    # As Asterisk reports it: the leg came from the consultation's own call and has no answer here.
    for answered in (None, 40):
        call = answered_call(CUSTOMER, FIRST, leg("3", "1002", "other", answered), transfers=(moved,))
        assert turns_of(call) == (Turn(ANSWERED, "1001"), Turn(ARRIVED + timedelta(seconds=60), "1002"))


def test_the_owner_of_a_phone_is_named_not_the_phone() -> None:
    moved = Transfer(ARRIVED + timedelta(seconds=30), "blind", "1001", "1002")
    call = answered_call(CUSTOMER, FIRST, leg("3", "webphone7", "other", 40), transfers=(moved,))
    assert [turn.agent for turn in turns_of(call, {"webphone7": "1002"}.get)] == ["1001", "1002"]


def test_on_an_outbound_call_the_agent_is_who_dialled() -> None:
    from dataclasses import replace

    call = replace(
        answered_call(leg("1", "1001", "caller", 0), leg("2", "trunk", "other", 6)),
        direction=Direction.OUTBOUND,
        offers=(),
    )
    assert [turn.agent for turn in turns_of(call)] == ["1001"]


def test_a_call_without_usable_legs_belongs_to_the_answering_agent() -> None:
    assert turns_of(answered_call(leg("1", "trunk", "caller", 0))) == (Turn(ANSWERED, "1001"),)
    assert agent_at((), ANSWERED) is None


def test_a_transcript_that_is_done_is_never_run_again() -> None:
    assert after(TranscriptState.QUEUED, TranscriptEvent.START) is TranscriptState.RUNNING
    assert after(TranscriptState.UNAVAILABLE, TranscriptEvent.RETRY) is TranscriptState.QUEUED
    for event in TranscriptEvent:
        with pytest.raises(IllegalTransition):
            after(TranscriptState.DONE, event)


def test_the_digest_detects_any_change() -> None:
    utterances = (Utterance(0, 1, AGENT, "1001", "您好"),)
    assert digest(utterances) == digest((Utterance(0, 1, AGENT, "1001", "您好"),))
    assert digest(utterances) != digest((Utterance(0, 1, AGENT, "1002", "您好"),))


spans = st.lists(st.tuples(st.floats(0, 500), st.floats(0, 9), st.text(max_size=5)), max_size=12)


@given(spans, spans)
def test_merging_loses_nothing_and_is_in_order(
    mine: list[tuple[float, float, str]], theirs: list[tuple[float, float, str]]
) -> None:
    channels = {
        AGENT: [Segment(start, start + span, text) for start, span, text in mine],
        CALLER: [Segment(start, start + span, text) for start, span, text in theirs],
    }
    utterances = merge(channels, [Turn(ANSWERED, "1001")], ANSWERED)
    assert len(utterances) == len(mine) + len(theirs)
    assert [entry.start for entry in utterances] == sorted(entry.start for entry in utterances)
    assert {entry.agent for entry in utterances if entry.speaker == CALLER} <= {None}
