"""Dialling: agent first, then customer; never twice, whatever dies and whenever."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from callcenter.callbacks.errors import CustomerNotReached, DoNotCall, LeaseOver, NotYours, QuietHours
from callcenter.callbacks.model import NEEDS, SAID_BY_AGENT, Reach, Result, State
from callcenter.callbacks.outreach.service import Lists
from callcenter.callbacks.results import Said
from callcenter.calls.model import Outcome
from callcenter.errors import CallCentreError, IllegalTransition
from callcenter.storage.database import Database
from callcenter.storage.intents import Intents
from tests.callbacks.desk import CUSTOMER, Calling, candidate, request
from tests.callbacks.fake_pbx import Died, Fate
from tests.support.rooms import BOSS, person

ONE, TWO = person("1001"), person("1002")


@pytest_asyncio.fixture
async def desk(sqlite_database: Database) -> Calling:
    return Calling(sqlite_database)


async def test_F3_nothing_is_dialled_before_the_agent_says_go(desk: Calling) -> None:
    id = await desk.held()
    await desk.dialling.look()
    assert not desk.pbx.dials
    assert desk.desks.paused == {"1001"}
    await desk.dialling.dial(id, ONE)
    (dial,) = desk.pbx.living()
    assert dial.number == CUSTOMER
    assert (await desk.attempts(id))[0].call == f"pbx1-{dial.intent}"


async def test_the_intent_is_noted_before_it_is_sent(desk: Calling) -> None:
    id = await desk.held()
    desk.pbx.fate = Fate.KILLED_BEFORE
    with pytest.raises(Died):
        await desk.dialling.dial(id, ONE)
    noted = await Intents(desk.database, desk.clock).unsettled()
    assert [entry.id for entry in noted] == [(await desk.row(id)).intent]


async def test_saying_go_twice_dials_once(desk: Calling) -> None:
    id = await desk.held()
    results = await asyncio.gather(*(desk.dialling.dial(id, ONE) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert all(isinstance(result, CallCentreError) for result in results if isinstance(result, BaseException))
    assert len(desk.pbx.dials) == 1


async def test_a_colleague_cannot_dial_what_is_not_in_their_hand(desk: Calling) -> None:
    id = await desk.held()
    with pytest.raises(NotYours):
        await desk.dialling.dial(id, TWO)
    desk.clock.move(minutes=11)
    with pytest.raises(LeaseOver):
        await desk.dialling.dial(id, ONE)


async def test_early_media_is_no_answer_and_a_conversation_is(desk: Calling) -> None:
    id = await desk.held()
    await desk.dialling.dial(id, ONE)
    (dial,) = desk.pbx.living()
    dial.agent_answered = True
    await desk.dialling.look()
    assert (await desk.row(id)).state == State.DIALLING
    dial.customer_answered = True
    await desk.dialling.look()
    assert (await desk.row(id)).state == State.TALKING


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
async def test_what_the_network_says_is_the_result_of_the_attempt(
    desk: Calling, reason: str, result: str, state: str
) -> None:
    id = await desk.held()
    await desk.dialling.dial(id, ONE)
    (dial,) = desk.pbx.living()
    dial.agent_answered = True
    await desk.dialling.ended([desk.pbx.end(dial, Outcome.FAILED, reason)])
    row = await desk.row(id)
    assert (row.state, row.last_result, row.attempts) == (state, result, 1)
    assert [attempt.result for attempt in await desk.attempts(id)] == [result]
    await desk.dialling.look()
    assert desk.desks.paused == frozenset()


async def test_an_agents_phone_that_is_not_answered_uses_no_attempt_up(desk: Calling) -> None:
    id = await desk.held()
    await desk.dialling.dial(id, ONE)
    await desk.dialling.ended([desk.pbx.end(desk.pbx.living()[0], Outcome.FAILED, "cause_0")])
    row = await desk.row(id)
    assert (row.state, row.attempts, row.last_result) == (State.QUEUED, 0, "agent_no_answer")


async def test_the_result_may_be_written_during_the_call_or_after_it(desk: Calling) -> None:
    id = await desk.held()
    await desk.dialling.dial(id, ONE)
    (dial,) = desk.pbx.living()
    dial.agent_answered = dial.customer_answered = True
    await desk.dialling.look()
    await desk.dialling.ended([desk.pbx.end(dial, Outcome.ANSWERED)])
    assert (await desk.row(id)).lease_until is not None
    await desk.dialling.look()
    assert desk.desks.paused == {"1001"}
    row = await desk.service.result(id, Said(Result.ANSWERED, "told the price"), ONE)
    assert (row.state, row.result_call) == (State.DONE, f"pbx1-{dial.intent}")
    await desk.dialling.look()
    assert desk.desks.paused == frozenset()


async def test_a_call_that_breaks_off_half_way_still_ends_with_a_result(desk: Calling) -> None:
    id = await desk.held()
    await desk.dialling.dial(id, ONE)
    (dial,) = desk.pbx.living()
    dial.agent_answered = dial.customer_answered = True
    record = desk.pbx.end(dial, Outcome.ANSWERED)
    await desk.dialling.ended([record])
    desk.clock.move(minutes=31)
    await desk.sweep.once()
    assert [attempt.result for attempt in await desk.attempts(id)] == ["unsaid"]
    assert (await desk.row(id)).state == State.RETRY


async def test_the_night_that_came_while_the_agent_read_stops_the_dial(desk: Calling) -> None:
    desk.clock.move(hours=9, minutes=55)
    id = await desk.held()
    desk.clock.move(minutes=6)
    with pytest.raises(QuietHours):
        await desk.dialling.dial(id, ONE)
    assert desk.pbx.dials == {}


async def test_a_number_on_the_do_not_call_list_is_not_dialled(desk: Calling) -> None:
    id = await desk.held()
    lists = Lists(desk.database, desk.clock, desk.rooms.audit, desk.requests, None, desk.rooms.customers)  # type: ignore[arg-type]
    await lists.bar(CUSTOMER, "all", "asked us to stop", BOSS)
    with pytest.raises(DoNotCall):
        await desk.dialling.dial(id, ONE)
    await desk.service.release(id, ONE)
    assert await desk.service.ready(candidate("1002")) == []
    with pytest.raises(CallCentreError):
        await desk.service.claim(id, candidate("1002"), TWO)


@pytest.mark.parametrize("fate", [Fate.KILLED_BEFORE, Fate.KILLED_AFTER, Fate.TAKEN_ANSWER_LOST, Fate.NEVER_CAME])
async def test_a_dial_of_unknown_fate_is_looked_at_and_never_sent_again(desk: Calling, fate: Fate) -> None:
    id = await desk.held()
    desk.pbx.fate = fate
    with suppress(Died):
        await desk.dialling.dial(id, ONE)
    sent = len(desk.pbx.dials)
    desk.pbx.fate = Fate.TAKEN
    desk.clock.move(minutes=10)
    desk.restart()
    await desk.dialling.look()
    assert (await desk.row(id)).state == State.DIALLING
    desk.clock.move(minutes=2)
    await desk.dialling.look()
    row = await desk.row(id)
    assert (len(desk.pbx.dials), row.state) == (sent, State.DIALLING if sent else State.QUEUED)
    if sent:
        (dial,) = desk.pbx.living()
        dial.agent_answered = True
        await desk.dialling.ended([desk.pbx.end(dial, Outcome.FAILED, "busy-17")])
        assert (await desk.row(id)).last_result == "busy"
    else:
        assert (row.attempts, row.last_result) == (0, "not_sent")
        with pytest.raises((NotYours, LeaseOver, IllegalTransition)):
            await desk.dialling.dial(id, ONE)


async def test_while_the_pbx_cannot_be_asked_nothing_is_concluded(desk: Calling) -> None:
    id = await desk.held()
    await desk.dialling.dial(id, ONE)
    desk.pbx.connected = False
    desk.clock.move(hours=1)
    await desk.dialling.look()
    assert (await desk.row(id)).state == State.DIALLING


async def test_what_only_ami_has_seen_of_a_call_is_no_result_yet(desk: Calling) -> None:
    id = await desk.held()
    await desk.dialling.dial(id, ONE)
    (dial,) = desk.pbx.living()
    dial.agent_answered = True
    record = desk.pbx.end(dial, Outcome.FAILED, "busy-17")
    name = f"pbx1-{dial.intent}"
    desk.pbx.records[name] = replace(record, legs=(), outcome=None, reason=None)
    await desk.dialling.look()
    assert (await desk.row(id)).state == State.DIALLING
    desk.pbx.records[name] = record
    await desk.dialling.look()
    assert (await desk.row(id)).last_result == "busy"


async def test_what_the_files_tell_late_is_written_on_the_attempt(desk: Calling) -> None:
    id = await desk.held()
    await desk.dialling.dial(id, ONE)
    (dial,) = desk.pbx.living()
    dial.over = True
    desk.clock.move(minutes=5)
    await desk.dialling.look()
    assert (await desk.row(id)).last_result == "not_sent"
    dial.agent_answered = True
    await desk.dialling.ended([desk.pbx.end(dial, Outcome.FAILED, "busy-17")])
    assert [attempt.result for attempt in await desk.attempts(id)] == ["busy"]


@pytest.mark.parametrize("result", sorted(SAID_BY_AGENT))
async def test_F1_an_agents_word_needs_what_it_says(desk: Calling, result: Result) -> None:
    """A customer's word needs a customer, a counted attempt a phone that was called; the PBX is the witness."""
    said = Said(result, again_at=desk.clock() + timedelta(hours=1) if result is Result.CALL_AGAIN else None)
    id = await desk.held()
    with pytest.raises(CustomerNotReached):
        await desk.service.result(id, said, ONE)
    dial = await desk.dialled(id, rings=False)

    async def allowed() -> bool:
        try:
            await desk.service.result(id, said, ONE)
        except CustomerNotReached:
            assert (await desk.row(id)).state == State.DIALLING
            assert [attempt.result for attempt in await desk.attempts(id)] == [None]
            return False
        return True

    if await allowed():
        assert NEEDS[result] is Reach.AGENT
        return
    dial.agent_answered = True
    if await allowed():
        assert NEEDS[result] is Reach.RINGING
        return
    desk.pbx.connected = False
    dial.customer_answered = True
    assert not await allowed(), "what the PBX cannot be asked is not known"
    desk.pbx.connected = True
    assert await allowed()
    assert NEEDS[result] is Reach.ANSWERED


async def test_a_customer_who_hung_up_before_anybody_looked_was_still_a_customer(desk: Calling) -> None:
    id = await desk.held()
    dial = await desk.dialled(id)
    dial.customer_answered = True
    record = desk.pbx.end(dial, Outcome.ANSWERED)
    row = await desk.service.result(id, Said(Result.PROBLEM, "虾不新鲜"), ONE)
    assert (row.state, row.result_call) == (State.DONE, f"pbx1-{record.linkedid}")


async def test_a_call_that_is_answered_after_the_agent_gave_it_up_is_no_cancelled_one(desk: Calling) -> None:
    id = await desk.held()
    dial = await desk.dialled(id)
    await desk.service.result(id, Said(Result.CANCELLED), ONE)
    assert ((await desk.row(id)).state, (await desk.row(id)).attempts) == (State.QUEUED, 0)
    dial.customer_answered = True
    await desk.dialling.ended([desk.pbx.end(dial, Outcome.ANSWERED)])
    (attempt,) = await desk.attempts(id)
    assert (attempt.result, attempt.answered_at is not None) == (Result.UNSAID, True)


async def test_a_named_time_is_no_way_around_the_result_of_a_call(desk: Calling) -> None:
    id = await desk.held()
    await desk.dialled(id, answers=True)
    for who in (ONE, BOSS):
        with pytest.raises(IllegalTransition):
            await desk.service.schedule(id, desk.clock() + timedelta(hours=1), who)
    assert [attempt.result for attempt in await desk.attempts(id)] == [None]


async def test_the_rights_are_the_use_cases_own(desk: Calling) -> None:
    made = await desk.requests.make(request())
    later = desk.clock() + timedelta(hours=1)
    for deed in (
        desk.service.claim(made.item, candidate("1002"), ONE),
        desk.service.schedule(made.item, later, ONE),
        desk.service.withdraw(made.item, ONE, "no"),
        desk.service.expire(made.item, ONE, "no"),
        desk.service.sign_unreachable(made.item, ONE, "no"),
    ):
        with pytest.raises(NotYours):
            await deed
    await desk.service.claim(made.item, candidate("1001"), ONE)
    assert desk.desks.paused == {"1001"}
    await desk.service.release(made.item, ONE)
    assert desk.desks.paused == frozenset()
