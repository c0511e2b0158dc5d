"""Tests dialling: agent first, then customer; never twice, whatever fails and whenever."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from callcenter.callbacks.errors import CustomerNotReached, DoNotCall, LeaseOver, NotYours, QuietHours
from callcenter.callbacks.model import GIVEN_BY_AGENT, NEEDS, Reach, Result, State
from callcenter.callbacks.outreach.do_not_call import DoNotCallList
from callcenter.callbacks.results import AgentResult
from callcenter.calls.model import Outcome
from callcenter.errors import CallCentreError, IllegalTransition
from callcenter.storage.database import Database
from callcenter.storage.intents import Intents, IntentState
from tests.callbacks.centre import CUSTOMER, DiallingCentre, candidate, request
from tests.callbacks.fake_pbx import Died, Fate
from tests.support.rooms import BOSS, person

AGENT, COLLEAGUE = person("1001"), person("1002")


@pytest_asyncio.fixture
async def centre(sqlite_database: Database) -> DiallingCentre:
    return DiallingCentre(sqlite_database)


async def test_F3_nothing_is_dialled_before_the_agent_dials(centre: DiallingCentre) -> None:
    id = await centre.held()
    await centre.dialling.look()
    assert not centre.pbx.dials
    assert centre.agent_phones.paused == {"1001"}
    await centre.dialling.dial(id, AGENT)
    (dial,) = centre.pbx.living()
    assert dial.number == CUSTOMER
    assert (await centre.attempts(id))[0].call == f"pbx1-{dial.intent}"


async def test_the_intent_is_noted_before_it_is_sent(centre: DiallingCentre) -> None:
    id = await centre.held()
    centre.pbx.fate = Fate.KILLED_BEFORE
    with pytest.raises(Died):
        await centre.dialling.dial(id, AGENT)
    noted = await Intents(centre.database, centre.clock).page(IntentState.NOTED, 10)
    assert [entry.id for entry in noted] == [(await centre.row(id)).intent]


async def test_two_dial_requests_dial_once(centre: DiallingCentre) -> None:
    id = await centre.held()
    results = await asyncio.gather(*(centre.dialling.dial(id, AGENT) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert all(isinstance(result, CallCentreError) for result in results if isinstance(result, BaseException))
    assert len(centre.pbx.dials) == 1


async def test_an_agent_cannot_dial_a_return_call_that_they_do_not_hold(centre: DiallingCentre) -> None:
    id = await centre.held()
    with pytest.raises(NotYours):
        await centre.dialling.dial(id, COLLEAGUE)
    centre.clock.move(minutes=11)
    with pytest.raises(LeaseOver):
        await centre.dialling.dial(id, AGENT)


async def test_early_media_is_no_answer_and_a_conversation_is(centre: DiallingCentre) -> None:
    id = await centre.held()
    await centre.dialling.dial(id, AGENT)
    (dial,) = centre.pbx.living()
    dial.agent_answered = True
    await centre.dialling.look()
    assert (await centre.row(id)).state == State.DIALLING
    dial.customer_answered = True
    await centre.dialling.look()
    assert (await centre.row(id)).state == State.TALKING


@pytest.mark.parametrize(
    ("reason", "result", "state"),
    [
        ("busy-17", "busy", "retry"),
        ("noanswer-0", "no_answer", "retry"),
        ("chanunavail-1", "wrong_number", "retry"),
        ("congestion-21", "busy", "retry"),
        ("congestion-38", "failed", "retry"),
    ],
)
async def test_the_networks_cause_is_the_result_of_the_attempt(
    centre: DiallingCentre, reason: str, result: str, state: str
) -> None:
    id = await centre.held()
    await centre.dialling.dial(id, AGENT)
    (dial,) = centre.pbx.living()
    dial.agent_answered = True
    await centre.dialling.ended([centre.pbx.end(dial, Outcome.FAILED, reason)])
    row = await centre.row(id)
    assert (row.state, row.last_result, row.attempts) == (state, result, 1)
    assert [attempt.result for attempt in await centre.attempts(id)] == [result]
    await centre.dialling.look()
    assert centre.agent_phones.paused == frozenset()


async def test_an_unanswered_agents_phone_uses_no_attempt(centre: DiallingCentre) -> None:
    id = await centre.held()
    await centre.dialling.dial(id, AGENT)
    await centre.dialling.ended([centre.pbx.end(centre.pbx.living()[0], Outcome.FAILED, "cause_0")])
    row = await centre.row(id)
    assert (row.state, row.attempts, row.last_result) == (State.QUEUED, 0, "agent_no_answer")


async def test_the_result_may_be_written_during_the_call_or_after_it(centre: DiallingCentre) -> None:
    id = await centre.held()
    await centre.dialling.dial(id, AGENT)
    (dial,) = centre.pbx.living()
    dial.agent_answered = dial.customer_answered = True
    await centre.dialling.look()
    await centre.dialling.ended([centre.pbx.end(dial, Outcome.ANSWERED)])
    assert (await centre.row(id)).lease_until is not None
    await centre.dialling.look()
    assert centre.agent_phones.paused == {"1001"}
    row = await centre.service.result(id, AgentResult(Result.ANSWERED, "was given the price"), AGENT)
    assert (row.state, row.result_call) == (State.DONE, f"pbx1-{dial.intent}")
    await centre.dialling.look()
    assert centre.agent_phones.paused == frozenset()


async def test_a_call_that_breaks_off_half_way_still_ends_with_a_result(centre: DiallingCentre) -> None:
    id = await centre.held()
    await centre.dialling.dial(id, AGENT)
    (dial,) = centre.pbx.living()
    dial.agent_answered = dial.customer_answered = True
    record = centre.pbx.end(dial, Outcome.ANSWERED)
    await centre.dialling.ended([record])
    centre.clock.move(minutes=31)
    await centre.sweep.once()
    assert [attempt.result for attempt in await centre.attempts(id)] == ["unsaid"]
    assert (await centre.row(id)).state == State.RETRY


async def test_the_night_that_came_while_the_agent_read_stops_the_dial(centre: DiallingCentre) -> None:
    centre.clock.move(hours=9, minutes=55)
    id = await centre.held()
    centre.clock.move(minutes=6)
    with pytest.raises(QuietHours):
        await centre.dialling.dial(id, AGENT)
    assert centre.pbx.dials == {}


async def test_a_number_on_the_do_not_call_list_is_not_dialled(centre: DiallingCentre) -> None:
    id = await centre.held()
    listed = DoNotCallList(
        centre.database, centre.clock, centre.rooms.audit, centre.rooms.customers, centre.rules.region
    )
    await listed.bar(CUSTOMER, "all", "asked us to stop", BOSS)
    with pytest.raises(DoNotCall):
        await centre.dialling.dial(id, AGENT)
    await centre.service.release(id, AGENT)
    assert await centre.service.ready(candidate("1002")) == []
    with pytest.raises(CallCentreError):
        await centre.service.claim(id, candidate("1002"), COLLEAGUE)


@pytest.mark.parametrize("fate", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.TAKEN_ANSWER_LOST, Fate.NEVER_CAME])
async def test_a_dial_with_unknown_outcome_is_watched_and_never_repeated(centre: DiallingCentre, fate: Fate) -> None:
    id = await centre.held()
    centre.pbx.fate = fate
    with suppress(Died):
        await centre.dialling.dial(id, AGENT)
    sent = len(centre.pbx.dials)
    centre.pbx.fate = Fate.TAKEN
    centre.clock.move(minutes=10)
    centre.restart()
    await centre.dialling.look()
    assert (await centre.row(id)).state == State.DIALLING
    centre.clock.move(minutes=2)
    await centre.dialling.look()
    row = await centre.row(id)
    assert (len(centre.pbx.dials), row.state) == (sent, State.DIALLING if sent else State.QUEUED)
    if sent:
        (dial,) = centre.pbx.living()
        dial.agent_answered = True
        await centre.dialling.ended([centre.pbx.end(dial, Outcome.FAILED, "busy-17")])
        assert (await centre.row(id)).last_result == "busy"
    else:
        assert (row.attempts, row.last_result) == (0, "not_sent")
        with pytest.raises((NotYours, LeaseOver, IllegalTransition)):
            await centre.dialling.dial(id, AGENT)


async def test_while_the_pbx_cannot_be_asked_nothing_is_concluded(centre: DiallingCentre) -> None:
    id = await centre.held()
    await centre.dialling.dial(id, AGENT)
    centre.pbx.connected = False
    centre.clock.move(hours=1)
    await centre.dialling.look()
    assert (await centre.row(id)).state == State.DIALLING


async def test_what_only_ami_has_seen_of_a_call_is_no_result_yet(centre: DiallingCentre) -> None:
    id = await centre.held()
    await centre.dialling.dial(id, AGENT)
    (dial,) = centre.pbx.living()
    dial.agent_answered = True
    record = centre.pbx.end(dial, Outcome.FAILED, "busy-17")
    name = f"pbx1-{dial.intent}"
    centre.pbx.records[name] = replace(record, legs=(), outcome=None, reason=None)
    await centre.dialling.look()
    assert (await centre.row(id)).state == State.DIALLING
    centre.pbx.records[name] = record
    await centre.dialling.look()
    assert (await centre.row(id)).last_result == "busy"


async def test_late_facts_from_the_files_correct_the_attempt(centre: DiallingCentre) -> None:
    id = await centre.held()
    await centre.dialling.dial(id, AGENT)
    (dial,) = centre.pbx.living()
    dial.over = True
    centre.clock.move(minutes=5)
    await centre.dialling.look()
    assert (await centre.row(id)).last_result == "not_sent"
    dial.agent_answered = True
    await centre.dialling.ended([centre.pbx.end(dial, Outcome.FAILED, "busy-17")])
    assert [attempt.result for attempt in await centre.attempts(id)] == ["busy"]


@pytest.mark.parametrize("result", sorted(GIVEN_BY_AGENT))
async def test_F1_an_agents_result_requires_what_it_states(centre: DiallingCentre, result: Result) -> None:
    """A customer's word needs a customer, a counted attempt a phone that was called; the PBX is the witness."""
    reported = AgentResult(
        result, again_at=centre.clock() + timedelta(hours=1) if result is Result.CALL_AGAIN else None
    )
    id = await centre.held()
    with pytest.raises(CustomerNotReached):
        await centre.service.result(id, reported, AGENT)
    dial = await centre.dialled(id, rings=False)

    async def allowed() -> bool:
        try:
            await centre.service.result(id, reported, AGENT)
        except CustomerNotReached:
            assert (await centre.row(id)).state == State.DIALLING
            assert [attempt.result for attempt in await centre.attempts(id)] == [None]
            return False
        return True

    if await allowed():
        assert NEEDS[result] is Reach.AGENT
        return
    dial.agent_answered = True
    if await allowed():
        assert NEEDS[result] is Reach.RINGING
        return
    centre.pbx.connected = False
    dial.customer_answered = True
    assert not await allowed(), "what the PBX cannot be asked is not known"
    centre.pbx.connected = True
    assert await allowed()
    assert NEEDS[result] is Reach.ANSWERED


async def test_a_customer_who_hung_up_before_the_next_look_still_counts_as_reached(centre: DiallingCentre) -> None:
    id = await centre.held()
    dial = await centre.dialled(id)
    dial.customer_answered = True
    record = centre.pbx.end(dial, Outcome.ANSWERED)
    row = await centre.service.result(id, AgentResult(Result.PROBLEM, "虾不新鲜"), AGENT)
    assert (row.state, row.result_call) == (State.DONE, f"pbx1-{record.linkedid}")


async def test_a_call_that_is_answered_after_the_agent_gave_it_up_is_no_cancelled_one(centre: DiallingCentre) -> None:
    id = await centre.held()
    dial = await centre.dialled(id)
    await centre.service.result(id, AgentResult(Result.CANCELLED), AGENT)
    assert ((await centre.row(id)).state, (await centre.row(id)).attempts) == (State.QUEUED, 0)
    dial.customer_answered = True
    await centre.dialling.ended([centre.pbx.end(dial, Outcome.ANSWERED)])
    (attempt,) = await centre.attempts(id)
    assert (attempt.result, attempt.answered_at is not None) == (Result.UNSAID, True)


async def test_a_named_time_is_no_way_around_the_result_of_a_call(centre: DiallingCentre) -> None:
    id = await centre.held()
    await centre.dialled(id, answers=True)
    for by in (AGENT, BOSS):
        with pytest.raises(IllegalTransition):
            await centre.service.schedule(id, centre.clock() + timedelta(hours=1), by)
    assert [attempt.result for attempt in await centre.attempts(id)] == [None]


async def test_the_rights_are_the_use_cases_own(centre: DiallingCentre) -> None:
    requested = await centre.requests.make(request())
    later = centre.clock() + timedelta(hours=1)
    for operation in (
        centre.service.claim(requested.item, candidate("1002"), AGENT),
        centre.service.schedule(requested.item, later, AGENT),
        centre.service.withdraw(requested.item, AGENT, "no"),
        centre.service.expire(requested.item, AGENT, "no"),
        centre.service.sign_unreachable(requested.item, AGENT, "no"),
    ):
        with pytest.raises(NotYours):
            await operation
    await centre.service.claim(requested.item, candidate("1001"), AGENT)
    assert centre.agent_phones.paused == {"1001"}
    await centre.service.release(requested.item, AGENT)
    assert centre.agent_phones.paused == frozenset()
