"""Tests which flows only connect, and that the dialplan then does what the session would."""

from __future__ import annotations

import pytest

from ivr.flows.parser import read_flow
from ivr.session.connecting import connecting
from tests.support.flows import SAMPLES, sample

FLOW = """
name = "plain"
lines = ["sales"]
languages = ["zh-CN"]
start = "hello"
[hours]
closed = "message"
nobody = "message"
[steps.hello]
kind = "say"
say = "menu_intro"
then = "NEXT"
[steps.vip]
kind = "queue"
queue = "vip"
[steps.own]
kind = "queue"
queue = "sales"
[steps.ask]
kind = "menu"
[steps.ask.keys]
1 = "person"
2 = "vip"
3 = "own"
"""


def asked(source: str) -> list[str] | None:
    flow, faults = read_flow(source)
    assert flow is not None, faults
    plan = connecting(flow, "sales", "sales", "zh-CN")
    return None if plan is None else [say.prompt for say in plan.say]


@pytest.mark.parametrize("then", ["person", "own"])
def test_a_flow_that_says_and_connects_asks_nothing(then: str) -> None:
    assert asked(FLOW.replace("NEXT", then)) == ["greeting", "menu_intro"]


def test_its_path_is_the_one_that_the_session_notes() -> None:
    flow, _ = read_flow(FLOW.replace("NEXT", "person"))
    assert flow is not None
    plan = connecting(flow, "sales", "sales", "zh-CN")
    assert plan is not None
    assert [(note.step, note.result) for note in plan.notes] == [("hours", "open"), ("hello", ""), ("person", "")]


@pytest.mark.parametrize("then", ["ask", "vip", "message", "callback", "goodbye"])
def test_a_flow_that_asks_or_leads_elsewhere_is_the_services(then: str) -> None:
    assert asked(FLOW.replace("NEXT", then)) is None


def test_a_flow_in_two_languages_depends_on_the_callers_file() -> None:
    assert asked(FLOW.replace("NEXT", "person").replace('["zh-CN"]', '["zh-CN", "en"]')) is None


def test_of_the_samples_only_after_hours_asks_nothing_while_the_line_is_open() -> None:
    assert {name: asked(sample(name, "sales")) for name in SAMPLES} == {
        "hotline": None,
        "two_languages": None,
        "after_hours": ["greeting", "to_person"],
    }
