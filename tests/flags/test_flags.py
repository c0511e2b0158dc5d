"""Tests flags as evidence: what a flag gains when the record is complete, and how leaders list many of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from callcenter.calls import ring
from callcenter.calls.effects import Flag, FlagRaised
from callcenter.calls.floor import Floor
from callcenter.calls.late_rings import LateRing, PhoneRing, late_ring_flag
from callcenter.calls.live import LiveFloor
from callcenter.calls.model import CallRecord, Direction, HungUpBy, Offer, OfferOutcome
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.facts import Uniqueid
from callcenter.flags.model import NO_RING, NOT_HEARD, FlagEvent, FlagState, flags_of
from callcenter.flags.queries import FlagFilter, FlagQueries, Summary, SummaryBy
from callcenter.flags.service import SYSTEM, FlagService, OwnFlag
from callcenter.storage.database import Database
from tests.complaints.room import a_call

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
RULES = RingRules(3, cadence_of("cn"))


@pytest_asyncio.fixture
async def flags(database: Database) -> FlagService:
    return FlagService(database, RuleBook(RULES), lambda: NOW)


def late_call() -> tuple[Flag, CallRecord]:
    """A call answered on the fourth ring, and the flag as the floor raised it at the end of the third."""
    record = a_call()
    rang = record.arrived_at
    offer = Offer(
        Uniqueid("pbx1-1.2"),
        "1001",
        "1001",
        "sales",
        rang,
        rang,
        rang + timedelta(seconds=17),
        4,
        True,
        OfferOutcome.ANSWERED,
    )
    record = replace(record, offers=(offer,), answered_at=offer.ended_at)
    name = record.id
    facts = (("side", "agent"), ("line", record.line), ("ring_limit", 3), ("phone", "1001"), ("leg", offer.leg))
    raised = Flag(f"R1:{name}:{offer.leg}", "R1", "2026-11", ring.late_at(rang, 3, RULES.cadence), name, "1001", facts)
    return raised, record


async def test_R1_a_flag_gains_the_ring_of_the_answer_and_keeps_a_persons_decision(
    flags: FlagService,
    database: Database,
) -> None:
    raised, record = late_call()
    await flags.raise_all([raised])
    await flags.decide(raised.id, FlagEvent.CONFIRM, "supervisor", "听过录音")
    await flags.recompute([record])
    await flags.recompute([record])
    (result,) = await FlagQueries(database).find(FlagFilter(agent="1001"))
    assert result.facts == {**dict(raised.facts), "answered_on_ring": 4}
    assert (result.state, result.reason) == (FlagState.CONFIRMED, "听过录音")


async def test_R1_a_return_call_makes_no_flag_for_a_caller_who_heard_no_ring() -> None:
    _, record = late_call()
    outbound = replace(record, direction=Direction.OUTBOUND)
    assert [dict(flag.facts)["side"] for flag in flags_of(outbound, RuleBook(RULES))] == ["agent"]


class Feed:
    """What the live feed was given, as it was when it was given."""

    def __init__(self) -> None:
        self.deltas: list[tuple[str, dict[str, Any], frozenset[str] | None]] = []

    def publish(self, kind: str, data: Mapping[str, Any], agents: frozenset[str] | None = None) -> int:
        self.deltas.append((kind, dict(data), agents))
        return len(self.deltas)

    def replace(self, snapshot: Mapping[str, object]) -> int:
        return 0


def waited(seconds: float = 60.0, rang: float | None = 1.0, answered: float | None = None) -> CallRecord:
    """A caller who waited in the queue; a phone rang from `rang` seconds on, to the end or to its answer."""
    record = a_call()
    start = record.arrived_at

    def later(seconds: float) -> datetime:
        return start + timedelta(seconds=seconds)

    end = seconds if answered is None else answered
    outcome = OfferOutcome.CALLER_LEFT if answered is None else OfferOutcome.ANSWERED
    offer = Offer(
        Uniqueid("pbx1-1.2"), "1001", "1001", "sales", start, later(rang or 0.0), later(end), 9, True, outcome
    )
    return replace(
        record,
        queued_at=start,
        answered_at=None if answered is None else later(answered),
        ended_at=later(seconds + 30),
        wait_seconds=end,
        offers=() if rang is None else (offer,),
        hung_up_by=HungUpBy.CALLER,
    )


def raised_live(record: CallRecord, side: str, seconds: float, agent_late: float | None = None) -> Flag:
    """A flag as the floor raises it, by what it saw."""
    at = record.arrived_at + timedelta(seconds=seconds)
    phone = None
    if side != "caller":
        phone = PhoneRing(Uniqueid("pbx1-1.2"), "1001", "1001", record.arrived_at, None)
    phone_at = (
        None if phone is None else at if agent_late is None else record.arrived_at + timedelta(seconds=agent_late)
    )
    late = LateRing(None if side == "agent" else at, phone, phone_at)
    return late_ring_flag(late, record.id, record.line, 3, "2026-11")


@pytest.mark.parametrize("side", ["agent", "caller", "both"])
async def test_R1_a_flag_that_the_final_record_contradicts_is_annulled_by_the_system(
    database: Database, side: str
) -> None:
    feed = Feed()
    flags = FlagService(database, RuleBook(RULES), lambda: NOW, feed.publish)
    record = waited(seconds=0.5, answered=0.5)
    await flags.raise_all([raised_live(record, side, 11)], published=True)
    assert feed.deltas == []
    await flags.recompute([record])
    await flags.recompute([record])
    (result,) = await FlagQueries(database).find(FlagFilter())
    assert (result.state, result.by, result.reason) == (
        FlagState.ANNULLED,
        SYSTEM,
        NO_RING if side == "agent" else NOT_HEARD,
    )
    ((kind, delta, agents),) = feed.deltas
    assert (kind, delta["state"], delta["by"]) == ("flag", "annulled", SYSTEM)
    assert agents == (frozenset() if side == "caller" else frozenset({"1001"}))


async def test_R1_a_flag_that_a_person_has_confirmed_is_not_annulled_by_the_system(
    flags: FlagService, database: Database
) -> None:
    record = waited(seconds=0.5, answered=0.5)
    raised = raised_live(record, "agent", 11)
    await flags.raise_all([raised])
    await flags.decide(raised.id, FlagEvent.CONFIRM, "supervisor", "看到了")
    await flags.recompute([record])
    (result,) = await FlagQueries(database).find(FlagFilter())
    assert (result.state, result.by) == (FlagState.CONFIRMED, "supervisor")


async def test_R1_what_the_record_does_not_know_contradicts_nothing(flags: FlagService, database: Database) -> None:
    record = waited(rang=None, seconds=60)
    record = replace(record, queued_at=None, wait_seconds=None)
    await flags.raise_all([raised_live(record, "agent", 11), raised_live(record, "caller", 11)])
    await flags.recompute([record])
    assert {flag.state for flag in await FlagQueries(database).find(FlagFilter())} == {FlagState.RAISED}


async def test_R1_a_ring_limit_that_was_raised_later_does_not_rewrite_the_past(database: Database) -> None:
    record = waited(seconds=14, answered=14)
    now_five = FlagService(database, RuleBook(RingRules(5, cadence_of("cn")), "2026-12"), lambda: NOW)
    await now_five.raise_all([raised_live(record, "agent", 12)])
    await now_five.recompute([record])
    assert [entry.state for entry in await FlagQueries(database).find(FlagFilter())] == [FlagState.RAISED]


async def test_R1_one_late_ring_of_both_sides_is_one_entry_whatever_finds_it_first(database: Database) -> None:
    feed = Feed()
    flags = FlagService(database, RuleBook(RULES), lambda: NOW, feed.publish)
    record = waited(seconds=60)
    await flags.raise_all([raised_live(record, "caller", 11)], published=True)
    await flags.raise_all([raised_live(record, "both", 11, 12)], published=True)
    await flags.recompute([record])
    (result,) = await FlagQueries(database).find(FlagFilter(agent="1001"))
    assert [flag.id for flag in await FlagQueries(database).find(FlagFilter())] == [result.id]
    assert (result.facts["side"], result.facts["leg"], result.agent) == ("both", "pbx1-1.2", "1001")
    assert await FlagQueries(database).summary(FlagFilter(), SummaryBy.CLAUSE) == [Summary("R1", raised=1)]
    assert feed.deltas == [], "the floor has shown all of it already"


async def test_R1_a_flag_of_the_phone_alone_is_the_same_ring_once_the_record_knows_both_sides(
    flags: FlagService,
    database: Database,
) -> None:
    record = waited(seconds=60)
    alone = raised_live(record, "agent", 12)
    await flags.raise_all([alone])
    await flags.recompute([record])
    await flags.recompute([record])
    states = {flag.id: flag.state for flag in await FlagQueries(database).find(FlagFilter())}
    assert states == {
        alone.id: FlagState.ANNULLED,
        f"R1:{record.id}:caller": FlagState.RAISED,
    }


async def test_R1_an_agent_whose_phone_was_taken_up_in_time_after_all_is_taken_off_the_callers_flag(
    database: Database,
) -> None:
    feed = Feed()
    flags = FlagService(database, RuleBook(RULES), lambda: NOW, feed.publish)
    record = waited(seconds=11.5, answered=11.5)
    await flags.raise_all([raised_live(record, "both", 11, 12)], published=True)
    await flags.recompute([record])
    (result,) = await FlagQueries(database).find(FlagFilter())
    assert (result.state, result.agent, result.facts["side"]) == (FlagState.RAISED, None, "caller")
    assert feed.deltas[-1][1]["agent"] is None


async def test_every_flag_that_is_found_reaches_the_feed_once_in_one_shape(database: Database) -> None:
    """R5 flags and flags found again from the files are shown like those that the floor raises (S1)."""
    feed = Feed()
    flags = FlagService(database, RuleBook(RULES), lambda: NOW, feed.publish)
    record = replace(waited(seconds=60, answered=60), hung_up_by=HungUpBy.AGENT)
    await flags.recompute([record])
    await flags.recompute([record])
    await flags.decide(f"R5:{record.id}", FlagEvent.CONFIRM, "supervisor", "听过")
    floor = LiveFloor(Floor("pbx1", RuleBook()), feed, lambda: NOW, lambda: None)
    floor._perform(FlagRaised(raised_live(record, "agent", 11)))
    assert [(delta["clause"], delta["state"]) for _, delta, _ in feed.deltas] == [
        ("R1", "raised"),
        ("R5", "raised"),
        ("R5", "confirmed"),
        ("R1", "raised"),
    ]
    assert len({tuple(delta) for _, delta, _ in feed.deltas}) == 1
    assert all(delta["raised_at"].endswith("Z") for _, delta, _ in feed.deltas)
    assert [entry["id"] for entry in await FlagQueries(database).newest(10)] == [
        delta["id"] for _, delta, _ in feed.deltas[:2]
    ]


def test_R1_where_music_is_played_the_record_counts_the_phone_only() -> None:
    result = flags_of(waited(), RuleBook(replace(RULES, hears_ring=False)))
    assert [dict(flag.facts)["side"] for flag in result] == ["agent"]


def test_R1_a_caller_who_heard_ringing_while_all_agents_were_busy_is_flagged_by_the_record_too() -> None:
    (flag,) = flags_of(waited(rang=None, seconds=35, answered=35), RuleBook(RULES))
    assert (flag.agent, dict(flag.facts)["side"]) == (None, "caller")


async def test_flags_are_found_by_clause_and_time_and_counted_by_clause_and_agent(
    flags: FlagService, database: Database
) -> None:
    raised, _ = late_call()
    hour = timedelta(hours=1)
    await flags.raise_all(
        [
            raised,
            replace(raised, id="R1:b", raised_at=raised.raised_at + hour, agent="1002"),
            replace(raised, id="R5:c", clause="R5", agent=None),
        ]
    )
    await flags.decide("R1:b", FlagEvent.ANNUL, "supervisor", "试线")
    assert {flag.id for flag in await FlagQueries(database).find(FlagFilter(clause="R1"))} == {raised.id, "R1:b"}
    assert [flag.id for flag in await FlagQueries(database).find(FlagFilter(since=raised.raised_at + hour))] == ["R1:b"]
    assert await FlagQueries(database).summary(FlagFilter(), SummaryBy.CLAUSE) == [
        Summary("R1", raised=1, annulled=1),
        Summary("R5", raised=1),
    ]
    by_agent = await FlagQueries(database).summary(FlagFilter(state=FlagState.RAISED), SummaryBy.AGENT)
    assert {entry.value: entry.raised for entry in by_agent} == {"1001": 1, None: 1}


async def test_no_one_decides_on_a_flag_about_themselves(flags: FlagService) -> None:
    """A supervisor who also takes calls leaves it to another leader."""
    flag = raised_live(waited(rang=1.0), "agent", 11)
    await flags.raise_all([flag])
    for event in FlagEvent:
        with pytest.raises(OwnFlag):
            await flags.decide(flag.id, event, "boss", "试线", own_agent=flag.agent)
    decided = await flags.decide(flag.id, FlagEvent.ANNUL, "chief", "试线", own_agent="9999")
    assert (decided.state, decided.by) == ("annulled", "chief")


async def test_R1_late_calls_are_counted_once_and_annulled_ones_not_at_all(
    flags: FlagService, database: Database
) -> None:
    record = waited(rang=1.0)
    flag = raised_live(record, "caller", 11)
    await flags.raise_all([flag, raised_live(record, "agent", 12)])
    since, until = flag.raised_at - timedelta(hours=1), flag.raised_at + timedelta(hours=1)
    assert await FlagQueries(database).late_calls(since, until) == 1
    assert await FlagQueries(database).late_calls(until, until + timedelta(hours=1)) == 0
    for row in await FlagQueries(database).find(FlagFilter()):
        await flags.decide(row.id, FlagEvent.ANNUL, "boss", "a test call")
    assert await FlagQueries(database).late_calls(since, until) == 0
