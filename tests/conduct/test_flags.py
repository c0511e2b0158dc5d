"""Flags as evidence: what a flag gains when the record is whole, and how leaders look through many of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest_asyncio

from callcenter.calls import ring
from callcenter.calls.effects import Flag
from callcenter.calls.model import CallRecord, Direction, Offer, OfferOutcome, call_id
from callcenter.calls.record import Rules
from callcenter.calls.ring import cadence_of
from callcenter.conduct.model import FlagEvent, FlagState, flags_of
from callcenter.conduct.service import FlagService, Summary, SummaryBy, Wanted
from callcenter.storage.database import Database
from tests.complaints.room import a_call

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
RULES = Rules(3, cadence_of("cn"))


@pytest_asyncio.fixture
async def flags(database: Database) -> FlagService:
    return FlagService(database, RULES, "2026-11", lambda: NOW)


def late_call() -> tuple[Flag, CallRecord]:
    """A call answered on the fourth ring, and the flag as the floor raised it at the end of the third."""
    record = a_call()
    rang = record.arrived_at
    offer = Offer(
        "pbx1-1.2", "1001", "1001", "sales", rang, rang, rang + timedelta(seconds=17), 4, True, OfferOutcome.ANSWERED
    )
    record = replace(record, offers=(offer,), answered_at=offer.ended_at)
    name = call_id(record.pbx, record.linkedid)
    facts = (("side", "agent"), ("line", record.line), ("ring_limit", 3), ("phone", "1001"), ("leg", offer.leg))
    raised = Flag(f"R1:{name}:{offer.leg}", "R1", "2026-11", ring.late_at(rang, 3, RULES.cadence), name, "1001", facts)
    return raised, record


async def test_R1_a_flag_learns_on_which_ring_the_phone_was_answered_and_keeps_a_persons_word(
    flags: FlagService,
) -> None:
    raised, record = late_call()
    await flags.raise_flag(raised)
    await flags.decide(raised.id, FlagEvent.CONFIRM, "supervisor", "听过录音")
    await flags.recompute([record])
    await flags.recompute([record])
    (found,) = await flags.find(Wanted(agent="1001"))
    assert found.facts == {**dict(raised.facts), "answered_on_ring": 4}
    assert (found.state, found.reason) == (FlagState.CONFIRMED, "听过录音")


async def test_R1_a_return_call_makes_no_flag_for_a_caller_who_heard_no_ring() -> None:
    _, record = late_call()
    outbound = replace(record, direction=Direction.OUTBOUND)
    assert [dict(flag.facts)["side"] for flag in flags_of(outbound, RULES, "2026-11")] == ["agent"]


async def test_flags_are_found_by_clause_and_time_and_counted_by_clause_and_agent(flags: FlagService) -> None:
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
    assert {one.id for one in await flags.find(Wanted(clause="R1"))} == {raised.id, "R1:b"}
    assert [one.id for one in await flags.find(Wanted(since=raised.raised_at + hour))] == ["R1:b"]
    assert await flags.summary(Wanted(), SummaryBy.CLAUSE) == [
        Summary("R1", raised=1, annulled=1), Summary("R5", raised=1),
    ]  # fmt: skip
    by_agent = await flags.summary(Wanted(state=FlagState.RAISED), SummaryBy.AGENT)
    assert {one.value: one.raised for one in by_agent} == {"1001": 1, None: 1}
