"""A member number on the keypad: the customer whose it is becomes the caller; nobody hears anything of a file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.flows.check import look_through
from ivr.session.machine import advance, begin
from ivr.session.model import (
    Ask,
    Began,
    Caller,
    End,
    Event,
    Finish,
    Found,
    Keys,
    LookUpMember,
    Noted,
    NotFound,
    Silence,
    Slow,
    Turn,
)
from tests.ivr.session.test_walks import KNOWN
from tests.ivr.session.walks import SITUATIONS, walk

SOURCE = """
name = "members"
lines = ["sales"]
languages = ["zh-CN"]
start = "who"
[hours]
closed = "message"
nobody = "message"
[steps.who]
kind = "member"
then = "person"
tries = 2
otherwise = "callback"
"""
FATHER = Caller("f" * 32, dialect="", priority=0)
SON = Caller("5" * 32, dialect="xiang-changsha", priority=10, team=True, own_agent="1002")


def session(*events: Event) -> tuple[Turn, list[Noted]]:
    flow, faults = look_through(SOURCE, KNOWN)
    assert flow is not None
    assert faults == []
    turn = advance(begin(flow, replace(SITUATIONS[0], number="073188886005")), Began())
    notes = list(turn.notes)
    for event in (Found(FATHER), *events):
        turn = advance(turn.state, event)
        notes += turn.notes
    return turn, notes


def test_the_customer_of_the_member_number_is_the_caller_from_then_on() -> None:
    asked, _ = session()
    assert isinstance(asked.do, Ask)
    assert asked.do.say[-1].prompt == "enter_member"
    looking, _ = session(Keys("20002"))
    assert looking.do == LookUpMember("20002", "073188886005")
    turn, notes = session(Keys("20002"), Found(SON))
    assert isinstance(turn.do, Finish)
    assert (turn.do.end, turn.do.dialect, turn.do.priority, turn.do.team, turn.do.own_agent) == (
        End.QUEUE,
        "xiang-changsha",
        10,
        True,
        "1002",
    )
    assert Noted("who", "*****") in notes, "the number itself is not kept"
    assert Noted("who", result=f"member_{SON.customer}") in notes


@pytest.mark.parametrize(
    ("events", "end"),
    [
        ((Keys("9999"), NotFound(), Keys("20002"), Found(SON)), End.QUEUE),
        ((Keys("9999"), NotFound(), Keys("8888"), NotFound()), End.CALLBACK),
        ((Silence(), Silence()), End.CALLBACK),
        ((Keys("20002"), Slow()), End.QUEUE),
    ],
)
def test_wrong_numbers_lead_on_and_a_slow_service_leaves_the_caller_as_known(
    events: tuple[Event, ...], end: End
) -> None:
    turn, _ = session(*events)
    assert isinstance(turn.do, Finish)
    assert turn.do.end is end


def test_every_way_through_the_step_ends() -> None:
    flow, _ = look_through(SOURCE, KNOWN)
    assert flow is not None
    ends = [
        walked for situation in SITUATIONS for walked in walk(flow, situation) if isinstance(walked.turn.do, Finish)
    ]
    assert {walked.turn.do.end for walked in ends if isinstance(walked.turn.do, Finish)} >= {End.QUEUE, End.CALLBACK}
