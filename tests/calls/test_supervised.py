"""Tests that a supervisor's channel is a part of the call that it joins, and no call of its own."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from callcenter import facts
from callcenter.calls.effects import AgentChanged, CallChanged, CallEnded, Effect, SupervisorFound, SupervisorSeen
from callcenter.calls.figures.model import SUPERVISING, occupancy
from callcenter.calls.floor import Floor
from callcenter.calls.rules import RuleBook
from callcenter.facts import CallId, Linkedid, Uniqueid, linkedid_of
from callcenter.settings import Settings

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
OWN = linkedid_of("sup-a1")
CALL = CallId("pbx1-1.1")


def floor() -> Floor:
    floor = Floor("pbx1", RuleBook.of(Settings().policy))
    floor.apply(facts.PresenceChanged(AT, "1009", "韩梅", "1009", "signed_out", ""))
    floor.apply(facts.SupervisionPlaced(AT, OWN, CALL))
    return floor


def opened(at: datetime) -> facts.ChannelOpened:
    return facts.ChannelOpened(at, OWN, OWN, "PJSIP/1009-00000001", "cc-supervise", "listen", "", "")


def calls(effects: list[Effect]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, CallChanged | CallEnded)]


def test_it_begins_no_call_and_shows_the_supervisor_on_the_call_that_is_joined() -> None:
    live = floor()
    effects = live.apply(opened(AT)) + live.apply(facts.ChannelAnswered(AT, OWN, OWN))
    assert calls(effects) == []
    agents = [effect.agent for effect in effects if isinstance(effect, AgentChanged)]
    assert (agents[-1].number, agents[-1].state, agents[-1].call) == ("1009", "on_call", CALL)
    # No agent of the call talks, as after a take-over: it is the supervisor's own.
    assert agents[-1].calls == ((CALL, "talking"),)
    assert SupervisorSeen(OWN, AT, ended=False) in effects


def test_its_end_is_seen_and_ends_no_call() -> None:
    live = floor()
    live.apply(opened(AT))
    end = AT + timedelta(seconds=9)
    effects = live.apply(facts.ChannelClosed(end, OWN, OWN, 16))
    assert SupervisorSeen(OWN, end, ended=True) in effects
    assert calls(effects) == []


def test_after_a_gap_it_has_ended_where_asterisk_no_longer_has_it() -> None:
    live = floor()
    seen = facts.FloorSeen(AT, (), (), (), (), (), restarted=False)
    assert SupervisorSeen(OWN, AT, ended=True) in live.apply(seen)
    assert not any(isinstance(effect, SupervisorSeen) for effect in live.apply(seen))


def test_a_snapshot_takes_it_for_no_call() -> None:
    live = floor()
    channel = facts.ChannelSeen(OWN, OWN, "PJSIP/1009-1", "cc-supervise", "listen", 6, "", "", "ChanSpy", "", "", 4)
    effects = live.apply(facts.FloorSeen(AT, (channel,), (), (), (), (), restarted=False))
    assert calls(effects) == []
    assert live.now().calls == ()


def given(queue: str, at: datetime) -> facts.CallerQueued:
    return facts.CallerQueued(at, Linkedid(Uniqueid("1.1")), Uniqueid("1.1"), queue, 1, "sales", "13900000001", "")


def test_a_caller_who_is_given_to_an_agent_still_waits_in_the_lines_queue() -> None:
    live = floor()
    live.apply(given("sales", AT))
    live.apply(facts.CallerLeftQueue(AT, Linkedid(Uniqueid("1.1")), Uniqueid("1.1"), "sales"))
    effects = live.apply(given("_give.1001", AT + timedelta(seconds=20)))
    (queue,) = live.now().queues
    assert (queue.code, queue.waiting) == ("sales", 1)
    changed = next(effect for effect in effects if isinstance(effect, CallChanged))
    assert (changed.record.queue, changed.record.queued_at) == ("sales", AT)
    live.apply(facts.CallerLeftQueue(AT, Linkedid(Uniqueid("1.1")), Uniqueid("1.1"), "_give.1001"))
    assert live.now().queues[0].waiting == 0
    live.apply(facts.MemberSeen(AT, "_give.1001", "1001", "PJSIP/1001", 0, False, "", 1, False))
    assert [queue.code for queue in live.now().queues] == ["sales"]


def test_S1_who_only_hears_a_colleague_is_not_busy_and_who_has_taken_the_call_is() -> None:
    live = floor()
    live.apply(facts.PresenceChanged(AT, "1001", "李娜", "1001", "available", ""))
    live.apply(facts.PresenceChanged(AT, "1002", "王强", "1002", "available", ""))
    caller, leg = Uniqueid("1.1"), Uniqueid("1.2")
    own = linkedid_of("1.1")
    live.apply(facts.ChannelOpened(AT, own, caller, "PJSIP/trunk-1", "cc-inbound", "4001", "13900000001", ""))
    live.apply(facts.ChannelOpened(AT, own, leg, "PJSIP/1001-2", "cc-phones", "", "", ""))
    live.apply(facts.ChannelAnswered(AT, own, leg))
    live.apply(opened(AT))
    live.apply(facts.ChannelAnswered(AT, OWN, OWN))

    def counts() -> tuple[dict[str, int], float | None]:
        """The agents as the figures count them, and a recount of those with a caller."""
        states = [SUPERVISING if each.supervising else str(each.state) for each in live.now().agents]
        return dict(Counter(states)), occupancy(states)

    assert counts() == ({"on_call": 1, "available": 1, "supervising": 1}, 0.5)
    # The agent is released: the supervisor has the caller.
    live.apply(facts.ChannelClosed(AT, own, leg, 16))
    states, share = counts()
    assert states["on_call"] == 1
    assert "supervising" not in states
    assert share == states["on_call"] / (states["on_call"] + states["available"])


def test_S1_after_a_restart_a_supervision_that_runs_is_found_and_counted_apart_again() -> None:
    live = Floor("pbx1", RuleBook.of(Settings().policy))
    for number, name in (("1001", "李娜"), ("1002", "王强"), ("1009", "韩梅")):
        live.apply(facts.PresenceChanged(AT, number, name, number, "available", ""))
    caller, leg, line = Uniqueid("1.1"), Uniqueid("1.2"), linkedid_of("1.1")
    channels = (
        facts.ChannelSeen(line, caller, "PJSIP/trunk-1", "cc-inbound", "4001", 6, "139", "", "AppQueue", "", "", 9),
        facts.ChannelSeen(line, leg, "PJSIP/1001-2", "cc-phones", "", 6, "", "", "AppQueue", "", "", 8),
        facts.ChannelSeen(OWN, OWN, "PJSIP/1009-3", "cc-supervise", "listen", 6, "", "", "ChanSpy", "", "", 4),
    )
    snapshot = facts.FloorSeen(AT, channels, (), (), (), (), restarted=False)
    assert SupervisorFound(OWN, AT) in live.apply(snapshot)
    live.apply(facts.SupervisionPlaced(AT, OWN, CALL))
    now = {each.number: each for each in live.now().agents}
    assert now["1009"].supervising
    assert now["1009"].calls == ((CALL, "supervising"),)
    states = [SUPERVISING if each.supervising else str(each.state) for each in now.values()]
    assert occupancy(states) == 0.5
    # The next snapshot finds nothing new.
    assert not any(isinstance(effect, SupervisorFound) for effect in live.apply(snapshot))
