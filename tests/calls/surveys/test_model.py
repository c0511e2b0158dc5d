"""Tests the survey in a call's record: built from CEL alone, on histories as a real Asterisk 22 writes them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.calls.model import CallRecord, HungUpBy, Outcome
from callcenter.calls.record import Sources, build
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.surveys.model import Marks
from callcenter.facts import Uniqueid
from callcenter.flags.model import flags_of
from tests.calls.histories import CALL, CALLER, History, Phone, at, cel

RULES = RingRules(3, cadence_of("cn"))
LEG = Uniqueid(f"{CALL[:-1]}2")
AGENT = "PJSIP/1001-2"


def surveyed(*words: str, cause: int = 16, end: str = "dialplan/builtin") -> CallRecord:
    """A talk from second 3 to 23 that the agent's channel ended; the caller hears the question and leaves at 40."""
    story = History()
    story.arrive()
    story.call_phone(LEG, "1001", Phone("answers", 1), 2)
    story.answer(LEG, "1001", 3)
    story.hang_up(LEG, AGENT, 23.02, cause, AGENT if cause == 16 else "")
    for number, word in enumerate(words):
        row = cel("USER_DEFINED", 23 + number, CALL, CALLER)
        story.cel.append(replace(row, user_event="cc_survey", extra={"extra": word}))
    story.over(40, 16, end, "caller")
    built = build(Sources("pbx1", CALL, story.cel, story.queue), RULES)
    assert built is not None
    assert built.final
    return built.record


def ending(call: CallRecord) -> tuple[Outcome | None, str | None, HungUpBy | None]:
    return call.outcome, call.reason, call.hung_up_by


@pytest.mark.parametrize("end", ["dialplan/builtin", CALLER, ""])
def test_R5_a_talk_that_led_to_the_survey_was_ended_by_the_agent_and_raises_no_flag(end: str) -> None:
    call = surveyed("asked", "5", end=end)
    assert ending(call) == (Outcome.ANSWERED, None, HungUpBy.AGENT)
    assert (call.survey_asked_at, call.survey_mark, call.talk_seconds) == (at(23), 5, 20.0)
    assert call.ended_at == at(40)
    assert flags_of(call, RuleBook(RULES)) == []


def test_R7_an_agents_phone_that_lost_its_network_did_not_hang_up() -> None:
    assert ending(surveyed("asked", cause=44)) == (Outcome.ANSWERED, "cut_off", HungUpBy.UNDETERMINED)


@pytest.mark.parametrize("word", ["0", "6", "44", "-1", "five", "", "4;DROP"])
def test_what_is_no_mark_is_none(word: str) -> None:
    call = surveyed("asked", word)
    assert (call.survey_asked_at, call.survey_mark) == (at(23), None)


def test_a_mark_without_a_question_is_not_believed() -> None:
    call = surveyed("5")
    assert (call.survey_asked_at, call.survey_mark) == (None, None)


def test_the_average_is_of_the_marks_and_unknown_without_any() -> None:
    assert Marks(10, (1, 0, 0, 0, 3)).average == 4.0
    assert Marks(10, (0, 0, 0, 0, 0)).average is None
