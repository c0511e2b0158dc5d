"""Tests whose call it is and how long each party talked, from real files of dialled calls and transfers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.asterisk import cel, queue_log
from callcenter.asterisk.cel import CelRow
from callcenter.calls.model import CallRecord, Direction, HungUpBy, Outcome, call_id, talk_of
from callcenter.calls.record import Sources, build
from callcenter.calls.ring import cadence_of
from callcenter.calls.rows import CallAgentRow
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.service import CallFilter, CallService
from callcenter.calls.store import Change, save
from callcenter.facts import Uniqueid, linkedid_of
from callcenter.flags.model import flags_of
from callcenter.storage.database import Database

DATA = Path(__file__).parent / "data" / "dialled"
RULES = RingRules(3, cadence_of("cn"))
CEL = [row for line in (DATA / "cel.jsonl").read_bytes().splitlines() if (row := cel.parse(line))]
QUEUE = [logged for line in (DATA / "queue_log").read_bytes().splitlines() if (logged := queue_log.parse(line))]
AGENT_FIRST, CUSTOMER_FIRST, CANCELLED, BUSY, COLLEAGUE, COLLEAGUE_ENDS, BLIND, ATTENDED, CONSULTATION = dict.fromkeys(
    row.linkedid for row in CEL
)


def built(linkedid: str, rows: list[CelRow] | None = None) -> CallRecord:
    mine = [row for row in rows or CEL if row.linkedid == linkedid]
    result = build(
        Sources("pbx1", linkedid_of(linkedid), mine, [row for row in QUEUE if row.callid == linkedid]), RULES
    )
    assert result is not None
    return result.record


@pytest.mark.parametrize(
    ("linkedid", "outcome", "reason", "by"),
    [
        (AGENT_FIRST, Outcome.ANSWERED, None, HungUpBy.AGENT),
        (CUSTOMER_FIRST, Outcome.ANSWERED, None, HungUpBy.CALLER),
        (CANCELLED, Outcome.FAILED, "cancelled", HungUpBy.AGENT),
        (BUSY, Outcome.FAILED, "busy", HungUpBy.SYSTEM),
    ],
)
def test_a_call_that_an_agent_dials_is_theirs_however_it_ends(
    linkedid: str, outcome: Outcome, reason: str | None, by: HungUpBy
) -> None:
    record = built(linkedid)
    assert (record.direction, record.agent, record.called_number) == (Direction.OUTBOUND, "1001", "13974812345")
    assert (record.outcome, record.reason, record.hung_up_by) == (outcome, reason, by)
    assert record.agents == {"1001"}


def test_a_call_between_colleagues_belongs_to_both_and_creates_no_return_call() -> None:
    for linkedid in (COLLEAGUE, COLLEAGUE_ENDS):
        record = built(linkedid)
        assert (record.direction, record.agent, record.outcome) == (Direction.INTERNAL, "1001", Outcome.ANSWERED)
        assert record.agents == {"1001", "1002"}
        assert flags_of(record, RuleBook(RULES)) == []
    assert built(COLLEAGUE).hung_up_by is HungUpBy.AGENT


@pytest.mark.parametrize(("linkedid", "first", "second"), [(BLIND, 1.005, 3.579), (ATTENDED, 2.222, 2.551)])
def test_after_a_transfer_each_agent_has_their_own_seconds(linkedid: str, first: float, second: float) -> None:
    record = built(linkedid)
    assert record.agent == "1001"
    assert record.agents == {"1001", "1002"}
    assert (talk_of(record, "1001"), talk_of(record, "1002")) == (first, second)
    assert record.hung_up_by is HungUpBy.CALLER
    customer = next(leg for leg in record.legs if leg.party == "caller")
    assert customer.agent is None
    assert customer.talk_seconds == pytest.approx(first + second, abs=0.005)


def test_a_consultation_is_a_separate_talk_and_no_one_was_cut_off() -> None:
    record = built(CONSULTATION)
    assert (record.direction, record.agent, record.outcome, record.reason) == (
        Direction.INTERNAL,
        "1001",
        Outcome.ANSWERED,
        None,
    )
    assert talk_of(record, "1002") == pytest.approx(1.0, abs=0.02)


def test_an_agent_who_takes_over_a_dialled_call_and_hangs_up_first_is_the_agent() -> None:
    """The blind transfer as it is on a dialled call: the customer's channel is the one that was called."""
    rows = []
    for row in (row for row in CEL if row.linkedid == BLIND):
        first = "1001" in row.channel
        context = "cc-phones" if first else "cc-inbound"
        source = {"hangupsource": "PJSIP/1002-0000000e"} if row.event == "HANGUP" and not first else {}
        changed = replace(row, context=context, app="AppDial" if "trunk" in row.channel else row.app)
        ids = {BLIND: BLIND + "1", BLIND[:-1] + "3": BLIND}
        rows.append(
            replace(changed, uniqueid=Uniqueid(ids.get(row.uniqueid, row.uniqueid)), extra={**row.extra, **source})
        )
    begins = min(row.at for row in rows)
    rows = [
        replace(row, at=begins - timedelta(seconds=1)) if row.event == "CHAN_START" and "1001" in row.channel else row
        for row in rows
    ]
    result = build(Sources("pbx1", BLIND, rows), RULES)
    assert result is not None
    record = result.record
    assert (record.direction, record.agent, record.hung_up_by) == (Direction.OUTBOUND, "1001", HungUpBy.AGENT)
    assert (record.outcome, record.reason) == (Outcome.ANSWERED, None)
    assert talk_of(record, "1002") == pytest.approx(3.579, abs=0.01)


def test_a_talk_whose_end_was_not_seen_has_no_length() -> None:
    rows = [row for row in CEL if row.linkedid == BLIND and row.at < CEL[0].at + timedelta(seconds=12)]
    assert talk_of(built(BLIND, rows), "1002") is None


async def test_calls_are_found_by_every_agent_who_talked(database: Database) -> None:
    async with database.write() as session:
        changes = [Change(None, built(id), RULES, "v", "files", True) for id in (BLIND, AGENT_FIRST, COLLEAGUE)]
        await save(session, changes)
    service = CallService(database, "pbx1", RuleBook(RULES))

    async def of(agent: str, **more: object) -> set[str]:
        result = await service.find(CallFilter(agent=agent, **more))  # type: ignore[arg-type]
        return {call.linkedid for call in result}

    assert await of("1001") == {BLIND, AGENT_FIRST, COLLEAGUE}
    assert await of("1002") == {BLIND, COLLEAGUE}
    assert await of("1003") == set()
    assert await of("1002", since=built(BLIND).arrived_at) == {BLIND}
    async with database.read() as session:
        rows = await session.execute(
            select(CallAgentRow.agent, CallAgentRow.talk_seconds).where(CallAgentRow.call == call_id("pbx1", BLIND))
        )
        assert {(agent, seconds) for agent, seconds in rows} == {("1001", 1.005), ("1002", 3.579)}
