"""Tests the live floor: what users see of a call, whatever the order in which its facts arrive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter import facts
from callcenter.calls import deltas
from callcenter.calls.effects import AgentChanged, AutoPause, CallEnded, Effect, FlagRaised, LegWitnessed, NumberSeen
from callcenter.calls.floor import HANDLERS, Floor
from callcenter.calls.model import CallRecord, HungUpBy, OfferOutcome, Outcome
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.facts import CustomerId, LineCode, Linkedid, Uniqueid, linkedid_of
from tests.support.profiles import examples

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
CALL, LEG = linkedid_of("pbx1-1.1"), Uniqueid("pbx1-1.2")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def new_floor() -> Floor:
    floor = Floor("pbx1", RuleBook())
    floor.apply(
        facts.FloorSeen(at(-2), (), (), (), (facts.DeviceChanged(at(-2), "PJSIP/1001", "NOT_INUSE"),), ("food",), False)
    )
    floor.apply(facts.PresenceChanged(at(-1), "1001", "李小龙", "1001", "available", ""))
    return floor


def arrives(call: Linkedid = CALL) -> list[facts.Fact]:
    return [
        facts.ChannelOpened(at(0), call, call, "PJSIP/trunk-01", "cc-inbound", "4001", "13800000000", "王"),
        facts.LineEntered(at(0), call, call, "hot"),
        facts.CallerQueued(at(1), call, call, "food", 1, "hot", "13800000000", "王"),
    ]


def rings(start: float = 2, call: Linkedid = CALL, leg: Uniqueid = LEG) -> list[facts.Fact]:
    return [
        facts.ChannelOpened(at(start), call, leg, "PJSIP/1001-01", "cc-phones", "", "1001", ""),
        facts.PhoneCalled(at(start), call, call, leg, "food", "1001", "PJSIP/1001"),
        facts.PhoneRang(at(start), call, leg),
    ]


def answers(when: float) -> list[facts.Fact]:
    return [
        facts.DialEnded(at(when), CALL, LEG, "ANSWER"),
        facts.ChannelAnswered(at(when), CALL, LEG),
        facts.CallerLeftQueue(at(when), CALL, CALL, "food"),
        facts.AgentConnected(at(when), CALL, CALL, LEG, "food", "1001"),
    ]


def ends(first: Uniqueid, reason: str, when: float = 40) -> list[facts.Fact]:
    return [
        facts.HangupRequested(at(when), CALL, first),
        facts.AgentFinished(at(when + 0.1), linkedid_of(""), LEG, "food", "1001", reason),
        facts.ChannelClosed(at(when + 0.2), CALL, LEG, 16),
        facts.ChannelClosed(at(when + 0.3), CALL, CALL, 16),
    ]


def play(floor: Floor, *stories: Sequence[facts.Fact]) -> list[Effect]:
    return [effect for story in stories for fact in story for effect in floor.apply(fact)]


def record(floor: Floor) -> CallRecord:
    return floor.calls[CALL].record()


def flags(effects: Sequence[Effect]) -> list[FlagRaised]:
    return [effect for effect in effects if isinstance(effect, FlagRaised)]


def state(floor: Floor) -> str:
    return floor.agents.all()[0].state


def test_every_kind_of_fact_has_a_handler() -> None:
    assert set(HANDLERS) == set(get_args(facts.Fact))


def test_S1_the_supervisor_sees_who_waits_and_since_when() -> None:
    floor = new_floor()
    play(floor, arrives())
    queues = deltas.snapshot(floor.now())["queues"]
    waits = {"waiting": 1, "longest_since": "2026-11-24T04:00:01Z", "next": ["pbx1-1.1"]}
    assert queues == [{"code": "food", "agents_free": 0, **waits}]


def sides(effects: Sequence[Effect]) -> list[tuple[str, datetime, str, str | None]]:
    """Id, instant, side and agent of each flag."""
    return [
        (raised.flag.id.rpartition(":")[2], raised.flag.raised_at, dict(raised.flag.facts)["side"], raised.flag.agent)
        for raised in flags(effects)
    ]


def test_R1_one_ring_late_on_both_sides_is_one_flag_that_gains_the_phones_side() -> None:
    floor = new_floor()
    play(floor, arrives(), rings(2))
    assert floor.next_deadline() == at(12), "the caller hears ringing from the queue's start"
    assert not flags(floor.due(at(11.999)))
    assert sides(floor.due(at(12))) == [("caller", at(12), "caller", None)]
    assert floor.next_deadline() == at(13)
    joined = floor.due(at(13))
    assert sides(joined) == [("caller", at(12), "both", "1001")]
    facts = dict(flags(joined)[0].flag.facts)
    assert (facts["phone"], facts["leg"]) == ("1001", LEG)
    assert (facts["caller_late_at"], facts["agent_late_at"]) == ("2026-11-24T04:00:12Z", "2026-11-24T04:00:13Z")
    assert not flags(floor.due(at(14))), "a flag is raised once"


def test_R1_a_caller_who_hears_ringing_while_all_agents_are_busy_is_flagged_without_an_agent() -> None:
    floor = new_floor()
    effects = play(floor, arrives()) + floor.due(at(40))
    assert sides(effects) == [("caller", at(12), "caller", None)]
    later = play(floor, rings(41), answers(44))
    assert not flags([*later, *floor.due(at(80))]), "the phone itself was taken up in time"


def test_R1_a_phone_that_begins_to_ring_after_the_callers_third_tone_is_a_late_ring_of_its_own() -> None:
    floor = new_floor()
    effects = play(floor, arrives()) + floor.due(at(20)) + play(floor, rings(20)) + floor.due(at(31))
    assert sides(effects) == [("caller", at(12), "caller", None), (LEG, at(31), "agent", "1001")]


def test_R1_where_music_is_played_only_the_phone_counts() -> None:
    floor = new_floor()
    floor.rules.replace({LineCode("hot"): RingRules(hears_ring=False)})
    effects = play(floor, arrives(), rings(2)) + floor.due(at(60))
    assert sides(effects) == [(LEG, at(13), "agent", "1001")]


def test_R1_a_caller_who_left_the_queue_hears_no_ringing_any_more() -> None:
    floor = new_floor()
    play(floor, arrives(), [facts.CallerLeftQueue(at(9), CALL, CALL, "food")])
    assert not flags(floor.due(at(60)))


def test_R1_a_phone_answered_before_the_queues_event_has_stopped_ringing() -> None:
    floor = new_floor()
    play(floor, arrives(), rings(2), [facts.ChannelAnswered(at(10), CALL, LEG)])
    assert not flags(floor.due(at(13)))
    play(floor, [facts.AgentConnected(at(13.5), CALL, CALL, LEG, "food", "1001")])
    assert (record(floor).offers[0].ended_at, record(floor).late) == (at(10), False)


def test_R1_a_ring_whose_end_was_not_seen_is_judged_by_the_files() -> None:
    floor = new_floor()
    play(floor, arrives(), rings(2), [facts.LinkLost(at(4), "eof")])
    up = facts.ChannelSeen(CALL, LEG, "PJSIP/1001-01", "cc-phones", "", 6, "", "", "AppQueue", "", "b", 10)
    caller = facts.ChannelSeen(CALL, CALL, "PJSIP/trunk-01", "cc-do", "queue", 6, "", "", "Queue", "hot", "b", 12)
    play(floor, [facts.FloorSeen(at(12.5), (caller, up), (), (), (), ("food",), False)])
    assert "agent" not in {side for _, _, side, _ in sides(floor.due(at(60)))}


def test_R1_a_phone_that_still_rings_after_a_gap_is_flagged() -> None:
    floor = new_floor()
    play(floor, arrives(), rings(2), [facts.LinkLost(at(4), "eof")])
    leg = facts.ChannelSeen(CALL, LEG, "PJSIP/1001-01", "cc-phones", "", 5, "", "", "AppQueue", "", "", 10)
    caller = facts.ChannelSeen(CALL, CALL, "PJSIP/trunk-01", "cc-do", "queue", 4, "", "", "Queue", "hot", "", 12)
    entry = facts.QueueEntry(CALL, "food", 1, 11, "13800000000", "")
    play(floor, [facts.FloorSeen(at(12.5), (caller, leg), (entry,), (), (), ("food",), False)])
    assert sides(floor.due(at(13))) == [("caller", at(12), "both", "1001")]


def test_S1_a_silent_link_is_shown_as_stale_and_its_ring_flags_as_not_watched() -> None:
    floor = new_floor()
    seen: list[object] = []
    for fact in (facts.LinkStale(at(4)), facts.LinkProven(at(9)), facts.LinkLost(at(20), "eof")):
        floor.apply(fact)
        seen.append(deltas.snapshot(floor.now())["link"])
    assert seen == [
        {"connected": False, "state": "stale", "rings_watched": False, "since": "2026-11-24T04:00:04Z"},
        {"connected": True, "state": "live", "rings_watched": True, "since": "2026-11-24T04:00:09Z"},
        {"connected": False, "state": "lost", "rings_watched": False, "since": "2026-11-24T04:00:20Z"},
    ]


def test_a_call_shows_whose_number_it_is_once_that_is_found() -> None:
    floor = new_floor()
    asked = [effect for effect in play(floor, arrives()) if isinstance(effect, NumberSeen)]
    assert asked == [NumberSeen(CALL, "13800000000")], "asked once"
    floor.apply(facts.CustomerFound(at(1), CALL, "13900000000", CustomerId("c-9")))
    floor.apply(facts.CustomerFound(at(1), CALL, "13800000000", CustomerId("c-1")))
    (call,) = deltas.snapshot(floor.now())["calls"]
    assert call["customer_id"] == "c-1"


def test_R1_an_answer_on_ring_four_is_late() -> None:
    floor = new_floor()
    play(floor, arrives(), rings(2))
    floor.due(at(13))
    play(floor, answers(17.5))
    assert (record(floor).offers[0].rings, record(floor).late) == (4, True)


def test_R1_an_answer_on_ring_four_is_flagged_even_when_the_floor_was_behind() -> None:
    floor = new_floor()
    effects = play(floor, arrives(), rings(2), answers(17.5))
    assert sides(effects) == [("caller", at(12), "both", "1001")]


def test_R1_an_answer_on_ring_three_before_its_tone_ends_leaves_no_flag() -> None:
    floor = new_floor()
    effects = play(floor, arrives(), rings(2), answers(11.9), ends(CALL, "caller"))
    assert not flags([*effects, *floor.due(at(60))])
    assert record(floor).late is False


def test_a_repeated_ringing_event_counts_once() -> None:
    floor = new_floor()
    effects = play(floor, arrives(), rings(2), [facts.PhoneRang(at(2.5), CALL, LEG)])
    assert [e for e in effects if isinstance(e, LegWitnessed)] == [LegWitnessed(CALL, LEG, at(2))]


@pytest.mark.parametrize(
    ("first", "reason", "party"),
    [
        (CALL, "caller", HungUpBy.CALLER),
        (LEG, "agent", HungUpBy.AGENT),
        (CALL, "agent", HungUpBy.UNDETERMINED),
        (LEG, "caller", HungUpBy.UNDETERMINED),
    ],
)
def test_R5_the_first_to_hang_up_is_named_and_undetermined_when_witnesses_disagree(
    first: Uniqueid, reason: str, party: HungUpBy
) -> None:
    floor = new_floor()
    play(floor, arrives(), rings(), answers(5), ends(first, reason))
    assert record(floor).hung_up_by is party


@pytest.mark.parametrize(
    ("status", "cause", "seen"),
    [
        ("BUSY", 17, OfferOutcome.BUSY),
        ("BUSY", 21, OfferOutcome.DECLINED),
        ("CHANUNAVAIL", 21, OfferOutcome.DECLINED),
        ("CHANUNAVAIL", 20, OfferOutcome.UNREACHABLE),
        ("NOANSWER", 19, OfferOutcome.NO_ANSWER),
    ],
)
def test_R1_busy_declined_unreachable_and_unanswered_are_distinguished(
    status: str, cause: int, seen: OfferOutcome
) -> None:
    floor = new_floor()
    story = arrives() + (rings() if status == "NOANSWER" else rings()[:2])
    play(floor, story, [facts.DialEnded(at(17), CALL, LEG, status), facts.ChannelClosed(at(17), CALL, LEG, cause)])
    assert record(floor).offers[0].outcome is seen


def test_R1_a_caller_who_gives_up_after_ring_three_leaves_a_flag_and_no_miss() -> None:
    floor = new_floor()
    effects = play(floor, arrives(), rings(2)) + floor.due(at(13))
    effects += play(
        floor,
        [
            facts.HangupRequested(at(14), CALL, CALL),
            facts.CallerAbandoned(at(14), CALL, CALL, "food"),
            facts.DialEnded(at(14), CALL, LEG, "CANCEL"),
            facts.ChannelClosed(at(14), CALL, LEG, 16),
            facts.ChannelClosed(at(14), CALL, CALL, 16),
        ],
    )
    assert {name for name, *_ in sides(effects)} == {"caller"}
    assert record(floor).offers[0].outcome is OfferOutcome.CALLER_LEFT
    assert record(floor).outcome is Outcome.ABANDONED


def test_R1_a_phone_silent_twice_in_a_row_is_paused_with_a_reason() -> None:
    floor = new_floor()
    effects: list[Effect] = []
    for n in (1, 2):
        call, leg, start = f"pbx1-{n}.1", f"pbx1-{n}.2", 20.0 * n
        effects += play(
            floor,
            arrives(linkedid_of(call)),
            rings(start, linkedid_of(call), Uniqueid(leg)),
            [
                facts.DialEnded(at(start + 15), linkedid_of(call), Uniqueid(leg), "NOANSWER"),
                facts.PhoneMissed(at(start + 15), linkedid_of(call), Uniqueid(leg), "food", "1001", 15000),
                facts.ChannelClosed(at(start + 15), linkedid_of(call), Uniqueid(leg), 19),
            ],
        )
    assert [e for e in effects if isinstance(e, AutoPause)] == [AutoPause("1001", "missed")]


def test_S1_an_agent_rings_talks_wraps_up_and_is_free_again() -> None:
    floor = new_floor()
    seen = []
    for story in (arrives(), rings(), answers(5), ends(CALL, "caller")):
        play(floor, story)
        seen.append(state(floor))
    floor.due(at(40.1 + 15))
    assert [*seen, state(floor)] == ["available", "ringing", "on_call", "wrap_up", "available"]


def test_S1_an_agent_whose_talk_is_over_does_not_seem_to_ring_again_until_the_phone_is_down() -> None:
    floor = Floor("pbx1", RuleBook(wrap_up_seconds=0))
    floor.apply(facts.PresenceChanged(at(-1), "1001", "李小龙", "1001", "available", ""))
    states = [
        effect.agent.state
        for effect in play(floor, arrives(), rings(2), answers(5), ends(CALL, "caller"))
        if isinstance(effect, AgentChanged)
    ]
    assert [state for place, state in enumerate(states) if place == 0 or states[place - 1] != state] == [
        "available",
        "ringing",
        "on_call",
        "available",
    ]


def dials_back() -> list[facts.Fact]:
    """A return call: the agent's own phone is called first, and rings."""
    return [
        facts.ChannelOpened(at(2), CALL, CALL, "PJSIP/1001-01", "cc-phones", "s", "", ""),
        facts.PhoneRang(at(2), CALL, CALL),
    ]


def test_R1_on_a_return_call_the_agents_own_phone_is_flagged_and_no_caller_hears_a_ring() -> None:
    floor = new_floor()
    play(floor, dials_back())
    assert state(floor) == "ringing"
    raised = flags(floor.due(at(13)))
    assert [(f.flag.agent, dict(f.flag.facts)["side"], dict(f.flag.facts)["phone"]) for f in raised] == [
        ("1001", "agent", "1001"),
    ]
    play(floor, [facts.ChannelAnswered(at(17.5), CALL, CALL)])
    assert [(offer.rings, offer.late) for offer in record(floor).offers] == [(4, True)]
    assert not flags(floor.due(at(60)))


def test_R1_an_agents_phone_that_answers_a_return_call_in_time_leaves_no_flag() -> None:
    floor = new_floor()
    play(floor, dials_back(), [facts.ChannelAnswered(at(5), CALL, CALL)])
    assert not flags(floor.due(at(60)))


def test_a_signed_out_agent_in_a_call_stays_on_the_call_until_it_ends() -> None:
    floor = new_floor()
    play(floor, arrives(), rings(), answers(5))
    floor.apply(facts.PresenceChanged(at(6), "1001", "李小龙", "1001", "signed_out", ""))
    assert state(floor) == "on_call"
    play(floor, ends(CALL, "caller"))
    assert state(floor) == "signed_out"


def test_a_snapshot_without_the_call_ends_it_and_leaves_its_outcome_to_the_files() -> None:
    floor = new_floor()
    play(floor, arrives(), [facts.LinkLost(at(5), "eof")])
    effects = floor.apply(facts.FloorSeen(at(35), (), (), (), (), ("food",), False))
    ended = [e.record for e in effects if isinstance(e, CallEnded)]
    assert [(r.linkedid, r.outcome) for r in ended] == [(CALL, None)]
    assert deltas.snapshot(floor.now())["calls"] == []


def test_an_ended_call_leaves_the_floor_after_a_minute() -> None:
    floor = new_floor()
    play(floor, arrives(), rings(), answers(5), ends(CALL, "caller"))
    floor.due(at(100))
    assert CALL in floor.calls
    floor.due(at(101))
    assert not floor.calls


@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_every_order_of_the_concurrent_facts_gives_the_same_record(data: st.DataObject) -> None:
    straight, shuffled = new_floor(), new_floor()
    stages = [arrives()[1:], rings(), answers(5), ends(CALL, "caller")]
    play(straight, arrives()[:1], *stages)
    play(shuffled, arrives()[:1])
    for stage in stages:
        play(shuffled, data.draw(st.permutations(stage)))
    assert record(shuffled) == record(straight)


@settings(max_examples=examples(100), deadline=None)
@given(st.data())
def test_facts_that_come_twice_or_late_are_harmless(data: st.DataObject) -> None:
    straight, doubled = new_floor(), new_floor()
    story = [*arrives(), *rings(), *answers(5), *ends(CALL, "caller")]
    play(straight, story)
    play(doubled, story, data.draw(st.lists(st.sampled_from(story), max_size=8)))
    assert record(doubled) == record(straight)
    assert state(doubled) == state(straight)
