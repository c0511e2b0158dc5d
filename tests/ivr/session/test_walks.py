"""Tests every branch of the sample flows without a telephone: key, wrong key, silence and hang-up at every step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from callcenter.asterisk.render import numbers
from callcenter.documents.model import LANGUAGES
from ivr.flows.check import Known, look_through
from ivr.flows.model import Flow, Kind
from ivr.prompts.sentences import default_catalogue, prompt_names, sounds
from ivr.session import call_back
from ivr.session.machine import PROMPTS, SessionOver, advance, begin
from ivr.session.model import (
    Ask,
    Began,
    End,
    Finish,
    Hours,
    HungUp,
    Keys,
    Noted,
    NotFound,
    Silence,
    Situation,
    State,
    Turn,
)
from ivr.snapshot import Period, Snapshot, read, written
from tests.ivr.session.walks import AT, SITUATIONS, Walked, walk
from tests.support.flows import SAMPLES, sample

FLOWS = pytest.mark.parametrize("name", SAMPLES)
KNOWN = Known({name: tuple(default_catalogue().slots(name, "zh-CN")) for name in prompt_names()})


@cache
def flow_of(name: str) -> Flow:
    flow, faults = look_through(sample(name, "sales"), KNOWN)
    assert flow is not None
    assert faults == []
    return flow


@cache
def walks(name: str) -> list[Walked]:
    flow = flow_of(name)
    return [walked for situation in SITUATIONS for walked in walk(flow, situation)]


def patient(state: State, turn: Turn) -> list[Turn]:
    """The turns of a caller who presses nothing any more."""
    turns = [turn]
    while not isinstance(turns[-1].do, Finish):
        assert len(turns) < 40, "a caller who presses nothing is kept for ever"
        turns.append(advance(turns[-1].state, Silence()))
    return turns


@FLOWS
def test_R3_every_walk_ends_in_exactly_one_outcome(name: str) -> None:
    for walked in walks(name):
        if isinstance(walked.turn.do, Finish):
            with pytest.raises(SessionOver):
                advance(walked.turn.state, Silence())
            if walked.turn.do.end is End.MESSAGE or walked.turn.do.end is End.CLOSE:
                assert walked.turn.do.outcome


@FLOWS
def test_R3_a_caller_who_presses_nothing_reaches_a_person_or_can_leave_a_message(name: str) -> None:
    served = {End.QUEUE, End.MESSAGE, End.CALLBACK, End.LINE}
    for situation in SITUATIONS:
        begun = advance(begin(flow_of(name), situation), Began())
        last = patient(begun.state, begun)[-1].do
        assert isinstance(last, Finish)
        assert last.end in served
        if last.end is End.QUEUE:
            assert situation.hours is Hours.OPEN
            assert not situation.overflowed


@FLOWS
def test_no_caller_is_asked_in_silence(name: str) -> None:
    for walked in walks(name):
        if isinstance(walked.turn.do, Ask):
            assert walked.turn.do.say, walked
            assert walked.turn.do.seconds >= 2


@FLOWS
def test_every_prompt_of_every_branch_has_its_sounds(name: str) -> None:
    for walked in walks(name):
        said = walked.turn.do.say if isinstance(walked.turn.do, Ask | Finish) else ()
        for say in said:
            assert sounds(say.prompt, say.values, say.language)


@FLOWS
def test_a_hang_up_at_any_step_ends_the_session_at_once(name: str) -> None:
    for walked in walks(name):
        if isinstance(walked.event, HungUp):
            assert walked.turn.do == Finish(End.GONE, language=walked.turn.state.language)
            assert walked.turn.notes[-1].result == "hung_up"


@FLOWS
def test_every_step_of_the_flow_is_reached(name: str) -> None:
    flow = flow_of(name)
    passed = {note.step for walked in walks(name) for note in walked.turn.notes}
    assert set(flow.steps) <= passed
    assert {step.kind for step in flow.steps.values()} <= set(Kind)


@FLOWS
def test_the_check_digits_of_a_customer_never_reach_the_record(name: str) -> None:
    for walked in walks(name):
        for note in walked.turn.notes:
            if note.step.endswith("_check"):
                assert set(note.keys) <= {"*"}


def test_the_sessions_own_prompts_are_in_every_language() -> None:
    for language in LANGUAGES:
        assert set(PROMPTS) <= prompt_names(language)


# Single behaviours.

OPEN = Situation("sales", "sales", "zh-CN", Hours.OPEN, AT, number=None)


def run(name: str, situation: Situation, *events: Keys | Silence | NotFound) -> list[Turn]:
    turns = [advance(begin(flow_of(name), situation), Began())]
    for event in events:
        turns.append(advance(turns[-1].state, event))
    return turns


def finish(turns: list[Turn]) -> Finish:
    assert isinstance(turns[-1].do, Finish)
    return turns[-1].do


def test_R2_the_greeting_comes_first_and_a_key_may_interrupt_it() -> None:
    (first,) = run("hotline", OPEN)
    assert isinstance(first.do, Ask)
    assert [say.prompt for say in first.do.say][:2] == ["greeting", "menu_intro"]


def test_R2_a_line_of_two_languages_greets_in_both_until_the_caller_has_chosen() -> None:
    first, second = run("two_languages", OPEN, Keys("2"))
    assert isinstance(first.do, Ask)
    assert isinstance(second.do, Ask)
    assert [(say.prompt, say.language) for say in first.do.say][:2] == [("greeting", "zh-CN"), ("greeting", "en")]
    assert {say.language for say in second.do.say} == {"en"}


def test_three_wrong_keys_lead_to_a_person() -> None:
    turns = run("hotline", OPEN, Keys("7"), Keys("8"), Silence())
    assert finish(turns).end is End.QUEUE
    assert [note for turn in turns for note in turn.notes if note.step == "main"] == [
        Noted("main", "7"),
        Noted("main", "8"),
        Noted("main", ""),
    ]


def test_R8_the_chosen_dialect_goes_with_the_caller() -> None:
    assert finish(run("hotline", OPEN, Keys("1"), Keys("1"))).dialect == "xiang-changsha"


def test_R9_a_hidden_number_is_taken_by_keys_and_read_back() -> None:
    turns = run("hotline", OPEN, Keys("3"), Keys("13974812346"), Keys("1"))
    asked = turns[-2].do
    assert isinstance(asked, Ask)
    assert [say.values.get("number") for say in asked.say] == ["13974812346", None]
    assert finish(turns) == Finish(
        End.CALLBACK, (), "zh-CN", number="13974812346", outcome="overflowed:message_offered"
    )


@pytest.mark.parametrize("caller", ["12", "110", "10086", "+86"])
def test_R9_a_number_at_which_no_one_is_reached_is_like_a_hidden_one(caller: str) -> None:
    turns = run("hotline", replace(OPEN, number=caller), NotFound(), Keys("3"), Keys("13974812346"), Keys("1"))
    assert finish(turns).number == "13974812346"
    assert call_back.SHORTEST_CALLABLE == numbers.SHORTEST_CALLABLE
    known = run("hotline", replace(OPEN, number="84123456"), NotFound(), Keys("3"))
    assert finish(known).number == ""


def test_a_number_is_entered_again_by_key_2() -> None:
    turns = run("hotline", OPEN, Keys("3"), Keys("13974812340"), Keys("2"), Keys("13974812346"), Keys("1"))
    assert finish(turns).number == "13974812346"


def test_R4_who_calls_while_no_one_is_on_duty_hears_when_the_next_shift_begins() -> None:
    begins = AT + timedelta(hours=3)
    (first,) = run("hotline", replace(OPEN, hours=Hours.NOBODY, opens_at=begins))
    assert isinstance(first.do, Ask)
    assert [say.prompt for say in first.do.say][:2] == ["greeting", "closed_until"]
    assert first.do.say[1].values == {"opens": begins}
    (unknown,) = run("hotline", replace(OPEN, hours=Hours.NOBODY))
    assert isinstance(unknown.do, Ask)
    assert unknown.do.say[0].prompt == "nobody"


def test_the_next_shift_is_known_only_when_none_lasts() -> None:
    shift = Period(AT, AT + timedelta(hours=8))
    later = Period(AT + timedelta(hours=10), AT + timedelta(hours=12))
    snapshot = Snapshot(shifts={"sales": (shift, later)})
    assert snapshot.staffed_at("sales", AT + timedelta(hours=1)) is None, "its agents may come at any time"
    assert snapshot.staffed_at("sales", AT - timedelta(hours=1)) == shift.start
    assert snapshot.staffed_at("sales", shift.end) == later.start
    assert snapshot.staffed_at("sales", later.end) is None
    assert snapshot.staffed_at("orders", AT) is None
    assert read(written(snapshot)) == snapshot


def test_R2_a_closed_line_announces_when_it_opens_and_offers_a_message() -> None:
    opens = AT.replace(hour=1, day=28)
    turns = run("after_hours", Situation("sales", "sales", "zh-CN", Hours.CLOSED, AT, opens, "13974812346"))
    turns.append(advance(turns[-1].state, Silence()))
    asked = turns[-1].do
    assert isinstance(asked, Ask)
    assert [(say.prompt, dict(say.values)) for say in asked.say] == [
        ("greeting", {}),
        ("closed_until", {"opens": opens}),
        ("menu_return_call", {"key": "1"}),
        ("offer_message", {"key": "2"}),
    ]
