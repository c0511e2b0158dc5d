"""Tests return calls that are created automatically: from ended calls, by other rooms, for many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from callcenter.agents.model import Agent
from callcenter.callbacks.errors import ChangedMeanwhile, NotTheirCall, ReturnCallStands
from callcenter.callbacks.incoming import Serving
from callcenter.callbacks.jobs import Sources
from callcenter.callbacks.model import Result, State
from callcenter.callbacks.outreach.apologies import Apologies, was_harmed
from callcenter.callbacks.outreach.do_not_call import DoNotCallList
from callcenter.callbacks.outreach.surveys import Campaign, Surveys
from callcenter.callbacks.withdrawal import CaseMovedOn
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.service import CallFilter
from callcenter.errors import IllegalTransition
from callcenter.facts import AgentNumber, CallId, linkedid_of
from callcenter.storage.database import Database
from callcenter.storage.jobs import current_job
from callcenter.storage.paging import Position
from tests.callbacks.centre import CUSTOMER, OTHER, DiallingCentre, candidate
from tests.callbacks.centre import TEN as NOW
from tests.support.rooms import BOSS, CHIEF, person

AGENT = person("1001")


@dataclass
class Calls:
    """The calls' records, as the calls room would report them."""

    records: list[CallRecord] = field(default_factory=list)

    async def last_of(self, number: str, limit: int = 5) -> list[CallRecord]:
        return [record for record in self.records if record.caller_number == number][:limit]

    async def get(self, call: str) -> CallRecord:
        return next(record for record in self.records if record.id == call)

    async def several(self, calls: Sequence[str]) -> list[CallRecord]:
        return [record for record in self.records if record.id in calls]

    async def find(self, filter: CallFilter, limit: int = 50, after: Position | None = None) -> list[CallRecord]:
        lines = [call for call in self.records if filter.line in (None, call.line)]
        return [] if after else [call for call in lines if was_harmed(call) or not filter.harmed]


class Ears(DiallingCentre):
    """A listener that records the calls it is notified of."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.calls = Calls()
        key_of = self.rooms.customers.key_of
        self.on_cases: dict[str, list[str]] = {}
        self.serving = Serving(
            self.database,
            self.rules,
            self.steps,
            self.endings,
            self.calls,
            self.rooms.customers,
            self.rooms.agents,
            self.dialling,
            self._cases,
        )
        self.sources = Sources(self.database, self.requests, self.dialling, self.serving, self.calls, key_of)
        audit, customers = self.rooms.audit, self.rooms.customers
        self.do_not_call = DoNotCallList(self.database, self.clock, audit, customers, self.rules.region)
        self.surveys = Surveys(self.database, self.clock, audit, self.requests, self.calls, customers)
        self.apologies = Apologies(audit, self.requests, self.calls, customers)

    async def _cases(self, records: Sequence[CallRecord]) -> Mapping[str, Sequence[str]]:
        return {id: self.on_cases.get(id, []) for id in (record.id for record in records)}

    async def hear(self, *records: CallRecord) -> None:
        self.calls.records += records
        await self.sources.calls_recorded(records)

    async def states(self) -> list[tuple[str, str]]:
        return [(row.source, row.state) for row in await self.rows()]


@pytest_asyncio.fixture
async def centre(sqlite_database: Database) -> Ears:
    return Ears(sqlite_database)


def call(
    outcome: Outcome, number: str = CUSTOMER, at: datetime = NOW, seconds: float = 40, id: str = "1", **more: Any
) -> CallRecord:
    ended = at + timedelta(seconds=seconds)
    answered = at + timedelta(seconds=1) if outcome is Outcome.ANSWERED else None
    values = {"direction": Direction.INBOUND, "line": "orders", "queue": "general", "agent": None} | more
    return CallRecord(
        pbx="pbx1",
        linkedid=linkedid_of(f"pbx1-{id}"),
        caller_number=number,
        caller_name="",
        called_number="400",
        arrived_at=at,
        queued_at=at,
        answered_at=answered,
        ended_at=ended,
        outcome=outcome,
        wait_seconds=seconds,
        **values,
    )


@pytest.mark.parametrize(
    ("outcome", "source"),
    [
        (Outcome.ABANDONED, "abandoned"),
        (Outcome.CLOSED, "closed_hours"),
        (Outcome.MESSAGE_LEFT, "message"),
        (Outcome.CALLBACK_REQUESTED, "requested"),
        (Outcome.OVERFLOWED, "overflowed"),
    ],
)
async def test_R4_every_caller_who_was_not_served_is_called_back(centre: Ears, outcome: Outcome, source: str) -> None:
    await centre.hear(call(outcome))
    await centre.hear(call(outcome))
    assert await centre.states() == [(source, "queued")]


async def test_short_abandons_hidden_numbers_and_internal_calls_create_no_return_call(centre: Ears) -> None:
    await centre.hear(
        call(Outcome.ABANDONED, seconds=3),
        call(Outcome.ABANDONED, "anonymous", id="2"),
        call(Outcome.FAILED, OTHER, id="3"),
        call(Outcome.ABANDONED, OTHER, id="4", direction=Direction.OUTBOUND),
    )
    assert await centre.rows() == []


async def test_a_line_may_have_rules_of_its_own(sqlite_database: Database) -> None:
    centre = Ears(sqlite_database, {"lines": {"orders": ("message_left",)}})
    await centre.hear(call(Outcome.ABANDONED), call(Outcome.MESSAGE_LEFT, OTHER, id="2"))
    assert await centre.states() == [("message", "queued")]


async def test_a_caller_keeps_the_place_of_the_call(centre: Ears) -> None:
    early = NOW - timedelta(minutes=30)
    await centre.hear(call(Outcome.CALLBACK_REQUESTED, at=NOW - timedelta(minutes=5)))
    await centre.hear(call(Outcome.CALLBACK_REQUESTED, OTHER, at=early, id="2"))
    rows = [row.number for row in await centre.service.ready(candidate("1001"))]
    assert rows == [f"+86{OTHER}", f"+86{CUSTOMER}"]


async def test_a_customer_who_calls_in_and_is_served_settles_the_return_call(centre: Ears) -> None:
    await centre.hear(call(Outcome.ABANDONED))
    centre.clock.move(minutes=10)
    served = call(Outcome.ANSWERED, at=centre.clock() - timedelta(minutes=5), id="2")
    await centre.hear(served)
    row = (await centre.rows())[0]
    assert (row.state, row.result, row.result_call) == (State.DONE, "served_by_incoming", "pbx1-2")


async def test_a_customer_served_before_the_missed_call_was_processed_is_not_called(centre: Ears) -> None:
    served = call(Outcome.ANSWERED, at=NOW + timedelta(minutes=1), id="2")
    centre.calls.records.append(served)
    await centre.hear(call(Outcome.ABANDONED))
    assert await centre.rows() == []


async def test_a_call_on_another_line_or_the_one_that_made_the_promise_settles_nothing(centre: Ears) -> None:
    await centre.hear(call(Outcome.ABANDONED))
    centre.clock.move(minutes=10)
    at = centre.clock() - timedelta(minutes=2)
    await centre.hear(call(Outcome.ANSWERED, at=at, id="2", line="sales"))
    row = (await centre.rows())[0]
    assert (row.state, row.seen_call) == (State.QUEUED, "pbx1-2")
    await centre.sources.requested(payload(source="agent_promise", matter="call:pbx1-3", call="pbx1-3"))
    await centre.hear(call(Outcome.ANSWERED, at=at, id="3", seconds=300, line="sales"))
    assert {row.state for row in await centre.rows()} == {"queued"}


def payload(**more: Any) -> dict[str, Any]:
    return {
        "source": "case_verified",
        "matter": "case:TS1",
        "case": "TS1",
        "call": None,
        "customer": None,
        "number": CUSTOMER,
        "line": "orders",
        "due_at": None,
        "promised": False,
        "reason": "已核实，请回访",
        "agent": None,
        "language": None,
    } | more


async def test_F1_a_verified_case_is_called_back_and_an_unrelated_call_does_not_settle_it(centre: Ears) -> None:
    await centre.sources.requested(payload())
    await centre.sources.requested(payload())
    assert await centre.states() == [("case_verified", "queued")]
    centre.clock.move(minutes=10)
    await centre.hear(call(Outcome.ANSWERED, at=centre.clock() - timedelta(minutes=5), id="2"))
    row = (await centre.rows())[0]
    assert (row.state, row.seen_call) == (State.QUEUED, "pbx1-2")


async def test_R9_an_answer_that_is_ready_is_scheduled_and_kept_for_the_agent_who_promised_it(centre: Ears) -> None:
    due = (NOW + timedelta(hours=2)).isoformat()
    asked = payload(source="answer_ready", matter="call:1", case=None, due_at=due, promised=True, agent="1002")
    await centre.sources.requested(asked)
    row = (await centre.rows())[0]
    assert (row.state, row.preferred) == (State.SCHEDULED, "1002")
    assert await centre.service.ready(candidate("1002")) == []
    centre.clock.move(hours=2)
    assert await centre.service.ready(candidate("1001")) == []
    assert [entry.id for entry in await centre.service.ready(candidate("1002"))] == [row.id]
    centre.clock.move(minutes=31)
    assert [entry.id for entry in await centre.service.ready(candidate("1001"))] == [row.id]


async def test_a_case_that_is_verified_again_is_called_back_again_and_a_job_done_twice_asks_once(centre: Ears) -> None:
    async def job(id: str) -> None:
        token = current_job.set(id)
        await centre.sources.requested(payload())
        current_job.reset(token)

    await job("1")
    await centre.service.withdraw((await centre.rows())[0].id, BOSS, "tested")
    await job("1")
    assert [state for _, state in await centre.states()] == ["withdrawn"]
    await job("2")
    assert sorted(state for _, state in await centre.states()) == ["queued", "withdrawn"]


async def test_F1_a_case_that_moves_on_takes_its_queued_return_call_along_and_nothing_else(centre: Ears) -> None:
    moved = CaseMovedOn(centre.database, centre.service)
    await centre.sources.requested(payload())
    centre.clock.move(seconds=1)
    promised = payload(source="agent_promise", matter="case:TS1/promise", number=OTHER)
    await centre.sources.requested(promised)
    for _ in range(2):
        await moved.work({"case": "TS1", "reason": "客户已当面确认"})
    assert await centre.states() == [("case_verified", "withdrawn"), ("agent_promise", "queued")]
    row = (await centre.rows())[0]
    assert (row.notes, row.closed_by) == ("客户已当面确认", "system")


async def test_F1_a_customer_on_the_phone_is_heard_before_the_return_call_is_withdrawn(centre: Ears) -> None:
    await centre.sources.requested(payload())
    id = (await centre.rows())[0].id
    await centre.service.claim(id, candidate("1001"), person("1001"))
    await centre.dialling.dial(id, person("1001"))
    with pytest.raises(ChangedMeanwhile):
        await CaseMovedOn(centre.database, centre.service).work({"case": "TS1", "reason": "closed"})
    assert (await centre.row(id)).state == State.DIALLING


SPEAKER, OTHERS = "1003", "1001"


async def waits(centre: Ears, **more: Any) -> str:
    """One open return call that a room or an agent asked for, ten minutes ago; its id."""
    await centre.rooms.agents.add(Agent(AgentNumber(SPEAKER), "湘语", skills={"xiang-changsha": 4}), CHIEF)
    await centre.rooms.agents.add(Agent(AgentNumber(OTHERS), "客服", skills={"zh-cn": 5}), CHIEF)
    await centre.sources.requested(payload(**{"source": "agent_promise", "matter": "call:pbx1-0", "case": None} | more))
    centre.clock.move(minutes=10)
    return (await centre.rows())[0].id


def later(centre: Ears, agent: str = OTHERS, **more: Any) -> CallRecord:
    return call(Outcome.ANSWERED, at=centre.clock() - timedelta(minutes=5), id="2", agent=agent, **more)


TIME = (NOW + timedelta(hours=2)).isoformat()


@pytest.mark.parametrize(
    ("item", "agent", "case", "served"),
    [
        ({}, OTHERS, None, False),
        ({"case": "TS1"}, OTHERS, None, False),
        ({"case": "TS1"}, OTHERS, "TS2", False),
        ({"case": "TS1"}, OTHERS, "TS1", True),
        ({"case": "TS1", "due_at": TIME, "promised": True}, OTHERS, "TS1", False),
        ({"case": "TS1", "due_at": TIME}, OTHERS, "TS1", False),
        ({"case": "TS1", "source": "dialect", "language": "xiang-changsha"}, OTHERS, "TS1", False),
        ({"case": "TS1", "source": "dialect", "language": "xiang-changsha"}, SPEAKER, "TS1", True),
        ({"source": "dialect", "language": "xiang-changsha"}, SPEAKER, None, False),
        ({"source": "message"}, OTHERS, None, False),
        ({"source": "apology", "matter": "line:orders"}, OTHERS, None, False),
        ({"source": "supervisor"}, OTHERS, None, False),
        ({"source": "case_verified", "case": "TS1"}, OTHERS, "TS1", False),
        ({"source": "abandoned", "matter": "line:orders"}, OTHERS, None, True),
        ({"source": "requested", "matter": "line:orders"}, OTHERS, None, True),
        ({"source": "requested", "matter": "note:1", "line": None}, OTHERS, None, False),
        ({"source": "abandoned", "matter": "line:sales", "line": "sales"}, OTHERS, None, False),
    ],
)
async def test_R8_R9_an_incoming_call_settles_just_the_matter_that_it_served(
    centre: Ears, item: dict[str, Any], agent: str, case: str | None, served: bool
) -> None:
    id = await waits(centre, **item)
    centre.on_cases["pbx1-2"] = [case] if case else []
    await centre.hear(later(centre, agent))
    row = await centre.row(id)
    assert (row.result == Result.SERVED, row.seen_call == "pbx1-2") == (served, not served)


async def test_R7_a_promise_or_an_apology_that_joined_a_missed_call_is_not_settled_with_it(centre: Ears) -> None:
    id = await waits(centre, source="abandoned", matter="line:orders")
    await centre.sources.requested(payload(source="apology", matter="line:orders", case=None))
    centre.clock.move(minutes=10)
    await centre.hear(later(centre))
    assert (await centre.row(id)).state == State.QUEUED


async def test_a_call_that_is_put_on_the_case_after_it_has_ended_settles_the_matter_too(centre: Ears) -> None:
    id = await waits(centre, case="TS1")
    await centre.hear(later(centre))
    assert (await centre.row(id)).state == State.QUEUED
    centre.on_cases["pbx1-2"] = ["TS1"]
    await centre.serving.case_took_call({"case": "TS1", "call": "pbx1-2", "serial": 3})
    row = await centre.row(id)
    assert (row.result, row.result_call) == (Result.SERVED, "pbx1-2")
    assert [payload["result"] for payload in await centre.jobs_of("case_called_back")] == ["served"]


async def test_the_agent_who_took_the_call_decides_what_it_settled(centre: Ears) -> None:
    id = await waits(centre)
    stranger = call(Outcome.ANSWERED, OTHER, at=centre.clock(), id="5", agent=OTHERS)
    missed = call(Outcome.ABANDONED, at=centre.clock(), id="6", agent=OTHERS)
    centre.calls.records += [later(centre), stranger, missed]
    for which, by in (("pbx1-2", person("1002")), ("pbx1-5", AGENT), ("pbx1-6", AGENT)):
        with pytest.raises(NotTheirCall):
            await centre.serving.by_word(id, CallId(which), "", by)
    row = await centre.serving.by_word(id, CallId("pbx1-2"), "价格已告知", AGENT)
    assert (row.state, row.result, row.result_call, row.notes) == (State.DONE, Result.SERVED, "pbx1-2", "价格已告知")
    with pytest.raises(IllegalTransition):
        await centre.serving.by_word(id, CallId("pbx1-2"), "", AGENT)


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ({"due_at": TIME, "promised": True}, "promised"),
        ({"source": "dialect", "language": "xiang-changsha"}, "language"),
    ],
)
async def test_R8_R9_not_even_an_agents_decision_settles_a_promise_or_a_dialect(
    centre: Ears, item: dict[str, Any], why: str
) -> None:
    id = await waits(centre, **item)
    centre.calls.records.append(later(centre))
    with pytest.raises(ReturnCallStands) as refused:
        await centre.serving.by_word(id, CallId("pbx1-2"), "", BOSS)
    assert refused.value.facts["why"] == why


async def test_F1_a_survey_samples_served_customers_except_those_who_refused(centre: Ears) -> None:
    centre.calls.records += [
        call(Outcome.ANSWERED, f"1397480{n:04}", id=str(n), agent=f"100{n % 2}") for n in range(20)
    ]
    await centre.do_not_call.bar("13974800007", "survey", "no surveys please", BOSS)
    window = (NOW - timedelta(days=1), NOW + timedelta(days=1))
    campaign = Campaign("autumn", "满意度回访", *window, 6, NOW + timedelta(days=2), "seed", None, 3)
    await centre.surveys.add(campaign, BOSS)
    planned = await centre.surveys.draw("autumn", BOSS, dry_run=True)
    counts = await centre.surveys.draw("autumn", BOSS)
    assert (counts.calls, counts.made, counts.left_out) == (planned.calls, 6, 1)
    again = await centre.surveys.draw("autumn", BOSS)
    assert (again.made, len(await centre.rows())) == (0, 6)
    assert {row.source for row in await centre.rows()} == {"survey"}
