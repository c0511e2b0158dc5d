"""Tests records built from files that a real Asterisk 22 wrote for SIPp calls, and from variations of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.asterisk import cel, queue_log
from callcenter.asterisk.cel import CelRow
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls.model import CallRecord, HungUpBy, OfferOutcome, Outcome
from callcenter.calls.record import Sources, Witness, build
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules
from callcenter.facts import Uniqueid, linkedid_of

DATA = Path(__file__).parent / "data"
RULES = RingRules(3, cadence_of("cn"))
CEL = [row for line in (DATA / "cel.jsonl").read_bytes().splitlines() if (row := cel.parse(line))]
QUEUE = [witnesses for line in (DATA / "queue_log").read_bytes().splitlines() if (witnesses := queue_log.parse(line))]
CALLER_FIRST, AGENT_FIRST = "pbx1-1795459877.2", "pbx1-1795459883.4"
DECLINED, BUSY = "pbx1-1795459886.6", "pbx1-1795459892.9"
SILENT, TIMED_OUT, CLOSED = "pbx1-1795459897.12", "pbx1-1795459923.19", "pbx1-1795459928.23"


def sources(linkedid: str) -> Sources:
    return Sources(
        "pbx1",
        linkedid_of(linkedid),
        [row for row in CEL if row.linkedid == linkedid],
        [row for row in QUEUE if row.callid == linkedid],
    )


def built(witnesses: Sources) -> CallRecord:
    result = build(witnesses, RULES)
    assert result is not None
    return result.record


def call(linkedid: str, *witnesses: Witness) -> CallRecord:
    return built(replace(sources(linkedid), witnesses=witnesses))


def endings(record: CallRecord) -> list[tuple[str, OfferOutcome | None]]:
    return [(offer.agent, offer.outcome) for offer in record.offers]


def test_W1_an_answered_call_names_number_line_queue_agent_and_times() -> None:
    record = call(CALLER_FIRST)
    assert (record.caller_number, record.line, record.queue, record.agent) == (
        "13800138000",
        "hotline",
        "sales",
        "1001",
    )
    assert (record.outcome, record.called_number) == (Outcome.ANSWERED, "400001")
    assert record.wait_seconds == pytest.approx(1.006)
    assert record.talk_seconds == pytest.approx(3.505, abs=0.01)
    assert [leg.party for leg in record.legs] == ["caller", "agent"]


def test_R5_both_orders_of_hanging_up_are_distinguished() -> None:
    assert call(CALLER_FIRST).hung_up_by is HungUpBy.CALLER
    assert call(AGENT_FIRST).hung_up_by is HungUpBy.AGENT


def test_R5_witnesses_who_disagree_leave_it_undetermined() -> None:
    witnesses = sources(CALLER_FIRST)
    twisted = [replace(row, event="COMPLETEAGENT") if row.event == "COMPLETECALLER" else row for row in witnesses.queue]
    assert built(replace(witnesses, queue=twisted)).hung_up_by is HungUpBy.UNDETERMINED


def test_R5_an_agent_who_ends_the_call_by_command_is_named_although_app_queue_saw_no_request() -> None:
    witnesses = sources(AGENT_FIRST)
    agent = built(witnesses).legs[1].channel

    def commanded(row: CelRow) -> CelRow:
        mine = row.extra.get("hangupsource") == agent
        return replace(row, extra={**row.extra, "hangupsource": f"command/{agent}"}) if mine else row

    queue = [replace(row, event="COMPLETECALLER") if row.event == "COMPLETEAGENT" else row for row in witnesses.queue]
    twisted = replace(witnesses, cel=[commanded(row) for row in witnesses.cel], queue=queue)
    assert built(twisted).hung_up_by is HungUpBy.AGENT
    assert built(replace(witnesses, queue=queue)).hung_up_by is HungUpBy.UNDETERMINED


@pytest.mark.parametrize("cause", [38, 41, 44, 102])
def test_R5_an_agent_whose_network_was_lost_has_not_hung_up(cause: int) -> None:
    witnesses = sources(AGENT_FIRST)
    agent = built(witnesses).legs[1].channel

    def lost(row: CelRow) -> CelRow:
        mine = row.event == "HANGUP" and row.channel == agent
        return replace(row, extra={**row.extra, "hangupcause": str(cause)}) if mine else row

    twisted = replace(witnesses, cel=[lost(row) for row in witnesses.cel])
    assert built(twisted).hung_up_by is HungUpBy.UNDETERMINED
    assert built(witnesses).hung_up_by is HungUpBy.AGENT


def test_R5_an_external_party_who_hangs_up_is_not_the_agent() -> None:
    """The agent's leg as it would look if it were a further call on the trunk; the queue log has no row of it."""
    witnesses = sources(AGENT_FIRST)
    agent = built(witnesses).legs[1].channel

    def outside(row: CelRow) -> CelRow:
        source = {"hangupsource": "PJSIP/trunk-0000ffff"} if row.extra.get("hangupsource") == agent else {}
        channel = "PJSIP/trunk-0000ffff" if row.channel == agent else row.channel
        return replace(row, channel=channel, extra={**row.extra, **source})

    twisted = replace(witnesses, cel=[outside(row) for row in witnesses.cel], queue=())
    assert built(twisted).hung_up_by is HungUpBy.UNDETERMINED
    assert built(replace(witnesses, queue=())).hung_up_by is HungUpBy.AGENT


def test_declined_and_busy_are_distinguished_and_the_next_phone_answers() -> None:
    answered = ("1002", OfferOutcome.ANSWERED)
    assert endings(call(DECLINED)) == [("1001", OfferOutcome.DECLINED), answered]
    assert endings(call(BUSY)) == [("1001", OfferOutcome.BUSY), answered]


def test_a_silent_phone_is_a_miss_each_time_it_rang() -> None:
    record = call(SILENT)
    assert set(endings(record)) == {("1001", OfferOutcome.NO_ANSWER)}
    assert len(record.offers) == 12


def test_the_dialplan_decides_the_outcome_of_a_call_without_an_agent() -> None:
    assert (call(TIMED_OUT).outcome, call(TIMED_OUT).hung_up_by) == (Outcome.ABANDONED, HungUpBy.SYSTEM)
    closed = call(CLOSED)
    assert (closed.outcome, closed.reason, closed.offers) == (Outcome.CLOSED, "outside_hours", ())


def abandoned() -> Sources:
    """The answered call as it looks when the caller leaves while the phone rings."""
    witnesses = sources(CALLER_FIRST)
    gone = {"ANSWER", "BRIDGE_ENTER", "BRIDGE_EXIT"}
    log = [row for row in witnesses.queue if row.event == "ENTERQUEUE"]
    left = replace(log[0], at=witnesses.cel[-1].at, event="ABANDON", agent="NONE", data=("1", "1", "5"))
    return replace(witnesses, cel=[row for row in witnesses.cel if row.event not in gone], queue=[*log, left])


def test_a_caller_who_gives_up_while_a_phone_rings_is_abandoned_and_the_agent_missed_nothing() -> None:
    record = built(abandoned())
    assert (record.outcome, record.hung_up_by) == (Outcome.ABANDONED, HungUpBy.CALLER)
    assert endings(record) == [("1001", OfferOutcome.CALLER_LEFT)]


def test_R1_answered_on_ring_4_is_late_and_on_ring_3_is_not() -> None:
    answered = call(CALLER_FIRST).answered_at
    assert answered is not None
    leg = "pbx1-1795459877.3"
    fourth = call(CALLER_FIRST, Witness(Uniqueid(leg), "ringing", answered - timedelta(seconds=15.1)))
    third = call(CALLER_FIRST, Witness(Uniqueid(leg), "ringing", answered - timedelta(seconds=14.9)))
    assert (fourth.late, fourth.offers[0].rings) == (True, 4)
    assert (third.late, third.offers[0].rings) == (False, 3)


def test_R1_without_a_witness_of_the_ringing_only_a_short_attempt_is_surely_in_time() -> None:
    assert (call(CALLER_FIRST).late, call(CALLER_FIRST).offers[0].rings) == (False, None)
    witnesses = sources(CALLER_FIRST)
    leg = "pbx1-1795459877.3"
    long_ago = [
        replace(r, at=r.at - timedelta(seconds=30)) if r.uniqueid == leg and r.event == "CHAN_START" else r
        for r in witnesses.cel
    ]
    assert built(replace(witnesses, cel=long_ago)).late is None


def without_end(linkedid: str, last: str) -> Sources:
    witnesses = sources(linkedid)
    cut = next(place for place, row in enumerate(witnesses.cel) if row.event == last) + 1
    return replace(
        witnesses, cel=witnesses.cel[:cut], queue=[row for row in witnesses.queue if "COMPLETE" not in row.event]
    )


def test_a_living_call_is_not_final_and_has_no_outcome() -> None:
    result = build(without_end(CALLER_FIRST, "BRIDGE_ENTER"), RULES)
    assert result is not None
    assert (result.final, result.record.outcome, result.record.ended_at) == (False, None, None)


@pytest.mark.parametrize(("last", "outcome"), [("BRIDGE_ENTER", Outcome.ANSWERED), ("APP_START", Outcome.UNKNOWN)])
def test_a_call_that_died_with_asterisk_is_closed_at_its_last_event(last: str, outcome: Outcome) -> None:
    witnesses = without_end(CALLER_FIRST, last)
    log = [row for row in witnesses.queue if row.event != "CONNECT" or outcome is Outcome.ANSWERED]
    result = build(replace(witnesses, queue=log, starts=[witnesses.cel[-1].at + timedelta(seconds=9)]), RULES)
    assert result is not None
    assert result.final
    assert (result.record.outcome, result.record.hung_up_by) == (outcome, HungUpBy.UNDETERMINED)
    assert result.record.ended_at == witnesses.cel[-1].at


def test_a_start_of_asterisk_before_the_call_ends_nothing() -> None:
    witnesses = replace(without_end(CALLER_FIRST, "APP_START"), starts=[datetime(2026, 11, 23, tzinfo=UTC)])
    result = build(witnesses, RULES)
    assert result is not None
    assert not result.final


def test_the_order_and_the_number_of_times_that_rows_come_do_not_matter() -> None:
    for linkedid in (CALLER_FIRST, DECLINED, SILENT, TIMED_OUT, CLOSED):
        witnesses, conditions = sources(linkedid), call(linkedid)
        for seed in range(20):
            chance = random.Random(seed)
            again = replace(witnesses, cel=mixed(witnesses.cel, chance), queue=mixed_log(witnesses.queue, chance))
            assert built(again) == conditions


def mixed(rows: Sequence[CelRow], chance: random.Random) -> list[CelRow]:
    return chance.sample([*rows, *rows], 2 * len(rows))


def mixed_log(rows: Sequence[QueueRow], chance: random.Random) -> list[QueueRow]:
    return chance.sample([*rows, *rows], 2 * len(rows))


def test_holds_are_pairs_of_what_was_seen() -> None:
    start = datetime(2026, 11, 23, 18, 51, 20, tzinfo=UTC)
    leg = "pbx1-1795459877.3"
    seen = [Witness(Uniqueid(leg), "held", start), Witness(Uniqueid(leg), "resumed", start + timedelta(seconds=1))]
    (hold,) = call(CALLER_FIRST, *seen).holds
    assert (hold.started_at, hold.ended_at) == (start, start + timedelta(seconds=1))


def test_a_hold_of_a_party_who_left_by_a_transfer_ends_when_they_left() -> None:
    """Asterisk sends Hold as `*2` begins and never Unhold when the transfer succeeds (main/bridge_basic.c)."""
    plain = call(CALLER_FIRST)
    leg = next(leg for leg in plain.legs if leg.party == "agent")
    assert leg.answered_at is not None
    held = call(CALLER_FIRST, Witness(leg.uniqueid, "held", leg.answered_at))
    assert [(hold.by, hold.ended_at) for hold in held.holds] == [(leg.uniqueid, leg.ended_at)]
    assert leg.ended_at is not None
