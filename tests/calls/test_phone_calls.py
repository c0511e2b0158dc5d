"""Tests what the floor shows of phones that no queue calls: a colleague passes a caller on, or a second call rings."""

from __future__ import annotations

from callcenter import facts
from callcenter.calls import deltas
from callcenter.calls.effects import AgentOffered, AutoPause
from callcenter.calls.model import OfferOutcome
from callcenter.facts import Uniqueid, linkedid_of
from tests.calls.test_floor import CALL, answers, arrives, at, new_floor, play, record, rings


def test_R3_a_colleague_rung_by_a_passed_on_caller_is_offered_the_call_and_a_miss_counts_against_no_one() -> None:
    floor = new_floor()
    colleague: list[facts.Fact] = [
        facts.DeviceChanged(at(0), "PJSIP/1002", "NOT_INUSE"),
        facts.PresenceChanged(at(0), "1002", "韩梅", "1002", "available", ""),
    ]
    play(floor, colleague)
    play(floor, arrives(), rings(2), answers(4))
    passed = Uniqueid("pbx1-1.3")
    ring: list[facts.Fact] = [
        facts.ChannelOpened(at(10), CALL, passed, "PJSIP/1002-01", "cc-phones", "", "1002", ""),
        facts.PhoneRang(at(10), CALL, passed),
    ]
    assert AgentOffered(CALL, "1002") in play(floor, ring)
    assert [(each.agent, each.phone) for each in record(floor).offers] == [("1001", "1001"), ("1002", "1002")]
    calls = {each["number"]: each["calls"] for each in deltas.snapshot(floor.now())["agents"]}
    assert calls == {
        "1001": [{"call": "pbx1-1.1", "state": "talking"}],
        "1002": [{"call": "pbx1-1.1", "state": "ringing"}],
    }
    unanswered: list[facts.Fact] = [
        facts.DialEnded(at(40), CALL, passed, "NOANSWER"),
        facts.ChannelClosed(at(40), CALL, passed, 16),
    ]
    effects = [effect for _ in range(3) for effect in play(floor, unanswered)]
    assert not [effect for effect in effects if isinstance(effect, AutoPause)]
    assert record(floor).offers[1].outcome is OfferOutcome.NO_ANSWER


def test_an_agents_second_call_is_shown_beside_the_first() -> None:
    floor = new_floor()
    play(floor, arrives(), rings(2), answers(4))
    other, leg = linkedid_of("pbx1-5.1"), Uniqueid("pbx1-5.2")
    ring: list[facts.Fact] = [
        facts.ChannelOpened(at(9), other, other, "PJSIP/1002-02", "cc-phones", "1001", "1002", ""),
        facts.ChannelOpened(at(9), other, leg, "PJSIP/1001-02", "cc-phones", "", "1001", ""),
        facts.PhoneRang(at(9), other, leg),
    ]
    play(floor, ring)
    both = [{"call": "pbx1-1.1", "state": "talking"}, {"call": "pbx1-5.1", "state": "ringing"}]
    assert deltas.snapshot(floor.now())["agents"][0]["calls"] == both
    play(floor, [facts.ChannelAnswered(at(10), other, leg)])
    both[1]["state"] = "talking"
    assert deltas.snapshot(floor.now())["agents"][0]["calls"] == both
