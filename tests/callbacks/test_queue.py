"""Tests the queue of return calls as agents and supervisors use it."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio

from callcenter.callbacks.blending import QueueLoad
from callcenter.callbacks.errors import (
    AlreadyCalling,
    CannotTake,
    LeaseOver,
    NothingToCall,
    NotYours,
    QuietPromise,
    ReasonMissing,
)
from callcenter.callbacks.model import Event, Result, Source, State
from callcenter.callbacks.results import AgentResult
from callcenter.callbacks.store import load
from callcenter.catalogue import sentence_of
from callcenter.catalogue.languages import Language
from callcenter.errors import CallCentreError, IllegalTransition
from callcenter.settings import WorkTimeSettings
from callcenter.storage.database import Database
from tests.callbacks.centre import CUSTOMER, OTHER, CallbackCentre, candidate, request
from tests.support.rooms import BOSS, person

AGENT, COLLEAGUE = person("1001"), person("1002")


@pytest_asyncio.fixture
async def centre(database: Database) -> CallbackCentre:
    return CallbackCentre(database)


async def test_a_second_cause_joins_the_open_return_call_of_the_customer_and_matter(centre: CallbackCentre) -> None:
    first = await centre.requests.make(request())
    second = await centre.requests.make(request(source=Source.REQUESTED, reason="pressed 1"))
    assert (second.item, second.joined) == (first.item, True)
    assert (await centre.requests.make(request(matter="case:TS1"))).item != first.item
    assert len(await centre.rows()) == 2


async def test_simultaneous_causes_create_one_return_call(centre: CallbackCentre) -> None:
    requested = await asyncio.gather(*(centre.requests.make(request()) for _ in range(6)))
    assert len({entry.item for entry in requested}) == 1
    assert sum(not entry.joined for entry in requested) == 1


async def test_a_cause_reported_twice_counts_once(centre: CallbackCentre) -> None:
    first = await centre.requests.make(request(), once="call:1")
    await centre.service.claim(first.item, candidate("1001"), AGENT)
    assert (await centre.requests.make(request(), once="call:1")).item == first.item


async def test_two_agents_never_hold_the_same_return_call(centre: CallbackCentre) -> None:
    requested = await centre.requests.make(request())

    async def take(number: str) -> str:
        try:
            return (await centre.service.claim(requested.item, candidate(number), person(number))).agent or ""
        except CallCentreError as error:
            return error.code

    got = await asyncio.gather(*(take(f"10{n:02}") for n in range(8)))
    assert sum(entry.isdigit() for entry in got) == 1
    assert set(got) - {entry for entry in got if entry.isdigit()} <= {
        "cannot_take_return_call",
        "already_calling",
        "return_call_changed_meanwhile",
    }


async def test_a_customers_return_calls_are_held_by_one_agent_at_a_time(centre: CallbackCentre) -> None:
    first, second = await centre.requests.make(request()), await centre.requests.make(request(matter="case:TS1"))
    await centre.service.claim(first.item, candidate("1001"), AGENT)
    with pytest.raises(AlreadyCalling):
        await centre.service.claim(second.item, candidate("1002"), COLLEAGUE)


async def test_an_agent_holds_one_return_call_at_a_time(centre: CallbackCentre) -> None:
    first, second = await centre.requests.make(request()), await centre.requests.make(request(OTHER))
    await centre.service.claim(first.item, candidate("1001"), AGENT)
    with pytest.raises(AlreadyCalling):
        await centre.service.claim(second.item, candidate("1001"), AGENT)
    with pytest.raises(AlreadyCalling):
        await centre.service.claim_next(candidate("1001"), AGENT)


async def test_an_expired_claim_is_released_and_reported(centre: CallbackCentre) -> None:
    requested = await centre.requests.make(request())
    await centre.service.claim(requested.item, candidate("1001"), AGENT)
    centre.clock.move(minutes=11)
    assert await centre.sweep.once() == 1
    assert (await centre.row(requested.item)).state == State.QUEUED
    with pytest.raises(LeaseOver):
        await centre.service.release(requested.item, AGENT)


async def test_an_urgent_promise_comes_before_older_ones_and_a_caller_keeps_their_place(centre: CallbackCentre) -> None:
    early = centre.clock() - timedelta(hours=1)
    old = await centre.requests.make(request(source=Source.REQUESTED, arrived_at=early))
    older = await centre.requests.make(request(OTHER, source=Source.REQUESTED, arrived_at=early - timedelta(minutes=1)))
    soon = centre.clock() + timedelta(minutes=3)
    promise = await centre.requests.make(
        request("13974800003", "call:1", Source.AGENT_PROMISE, due_at=soon, promised=True), strict=True
    )
    ready = [row.id for row in await centre.service.ready(candidate("1001"))]
    assert ready == [promise.item, older.item, old.item]


async def test_R8_only_a_speaker_of_the_dialect_calls_back(centre: CallbackCentre) -> None:
    requested = await centre.requests.make(request(source=Source.DIALECT, language="xiang-changsha"))
    with pytest.raises(NothingToCall):
        await centre.service.claim_next(candidate("1001", zh_cn=5), AGENT)
    with pytest.raises(CannotTake):
        await centre.service.claim(requested.item, candidate("1001", xiang_changsha=1), AGENT)
    assert (await centre.service.claim_next(candidate("1002", xiang_changsha=4), COLLEAGUE)).id == requested.item


async def test_waiting_callers_come_first_except_before_a_promise(centre: CallbackCentre) -> None:
    await centre.requests.make(request())
    centre.floor.queue = QueueLoad(waiting=2, free=1)
    with pytest.raises(NothingToCall):
        await centre.service.claim_next(candidate("1001"), AGENT)
    soon = centre.clock() + timedelta(minutes=2)
    requested = await centre.requests.make(request(OTHER, "call:9", Source.AGENT_PROMISE, due_at=soon, promised=True))
    assert (await centre.service.claim_next(candidate("1001"), AGENT)).id == requested.item


async def test_in_a_centre_where_callers_always_wait_a_return_call_gets_its_turn(centre: CallbackCentre) -> None:
    callback = [(await centre.requests.make(request(f"1397480000{n}"))).item for n in range(1, 4)]
    centre.floor.queue = QueueLoad(waiting=9, free=0, on_duty=10)
    with pytest.raises(NothingToCall):
        await centre.service.claim_next(candidate("1001"), AGENT)
    centre.clock.move(minutes=91)
    first = await centre.service.claim_next(candidate("1001"), AGENT)
    second = await centre.service.claim_next(candidate("1002"), COLLEAGUE)
    [third] = set(callback) - {first.id, second.id}
    with pytest.raises(NothingToCall):
        await centre.service.claim_next(candidate("1003"), person("1003"))
    with pytest.raises(CannotTake):
        await centre.service.claim(third, candidate("1003"), person("1003"))
    await centre.service.release(first.id, AGENT)
    assert (await centre.service.claim(third, candidate("1003"), person("1003"))).agent == "1003"


@pytest.mark.parametrize(("language", "word"), [("zh-CN", "来电者正在等待"), ("en", "callers are waiting")])
async def test_a_refusal_to_assign_has_a_readable_reason(centre: CallbackCentre, language: Language, word: str) -> None:
    with pytest.raises(NothingToCall) as refused:
        await centre.service.claim_next(candidate("1001"), AGENT)
    assert refused.value.facts["why"] == "empty"
    await centre.requests.make(request())
    await centre.requests.make(request(OTHER, source=Source.DIALECT, language="xiang-changsha"))
    await centre.requests.make(request("13974800003"))
    centre.floor.queue = QueueLoad(waiting=2, free=1)
    with pytest.raises(NothingToCall) as refused:
        await centre.service.claim_next(candidate("1001"), AGENT)
    facts = refused.value.facts
    assert (facts["waiting"], facts["why"]) == (3, "callers_wait,language")
    assert (facts["callers_wait"], facts["language"]) == (2, 1)
    assert word in sentence_of(refused.value, language)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_refusal_to_assign_names_the_next_possible_time(centre: CallbackCentre, language: Language) -> None:
    at = centre.clock() + timedelta(hours=3)
    await centre.requests.make(request(due_at=at, promised=True))
    with pytest.raises(NothingToCall) as refused:
        await centre.service.claim_next(candidate("1001"), AGENT)
    assert "04:55" in sentence_of(refused.value, language)


async def test_a_call_at_midnight_cannot_be_promised(centre: CallbackCentre) -> None:
    midnight = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    with pytest.raises(QuietPromise) as refused:
        await centre.requests.make(request(due_at=midnight, promised=True), strict=True)
    assert refused.value.facts["next"] == "2026-11-25T01:00:00+00:00"
    moved = await centre.requests.make(request(due_at=midnight, promised=True))
    assert (await centre.row(moved.item)).due_at == datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


async def test_at_night_nothing_is_given_out_and_in_the_morning_it_is_still_due(centre: CallbackCentre) -> None:
    requested = await centre.requests.make(request())
    due = (await centre.row(requested.item)).due_at
    centre.clock.move(hours=11)
    with pytest.raises(NothingToCall):
        await centre.service.claim_next(candidate("1001"), AGENT)
    await centre.sweep.once()
    centre.clock.move(hours=13)
    row = await centre.service.claim_next(candidate("1001"), AGENT)
    assert (row.id, row.due_at) == (requested.item, due)


async def test_on_a_closed_day_no_calls_are_made_and_none_is_lost(database: Database) -> None:
    stocktaking = {date(2026, 11, 24): (), date(2026, 11, 25): ("13:00-18:00",)}
    centre = CallbackCentre(database, worktime=WorkTimeSettings(days=stocktaking))
    opens = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
    requested = await centre.requests.make(request())
    assert (await centre.row(requested.item)).may_from == opens
    with pytest.raises(NothingToCall):
        await centre.service.claim_next(candidate("1001"), AGENT)
    tomorrow = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    with pytest.raises(QuietPromise) as refused:
        await centre.requests.make(request(OTHER, due_at=tomorrow, promised=True), strict=True)
    assert refused.value.facts["next"] == opens.isoformat()
    centre.clock.at = opens
    await centre.sweep.once()
    assert (await centre.service.claim_next(candidate("1001"), AGENT)).id == requested.item


async def test_a_customer_abroad_is_called_in_their_daytime_while_the_centre_is_open(database: Database) -> None:
    centre = CallbackCentre(database, worktime=WorkTimeSettings(week=("mon-sun 08:00-21:00",)))
    requested = await centre.requests.make(request("+12125550123"))
    # Eight in the morning in Changsha is seven in the evening in New York: the only hour in common.
    row = await centre.row(requested.item)
    assert row.may_from == datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    assert row.may_until == datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


async def test_ending_a_return_call_needs_a_person_and_a_reason(centre: CallbackCentre) -> None:
    requested = await centre.requests.make(request())
    centre.clock.move(days=30)
    await centre.sweep.once()
    assert (await centre.row(requested.item)).state == State.QUEUED
    with pytest.raises(ReasonMissing):
        await centre.service.expire(requested.item, BOSS, " ")
    row = await centre.service.expire(requested.item, BOSS, "the promotion is over")
    assert (row.state, row.closed_by) == (State.EXPIRED, "boss")
    with pytest.raises(IllegalTransition):
        await centre.service.withdraw(requested.item, BOSS, "again")


async def test_a_colleague_can_neither_release_nor_end_a_held_return_call(centre: CallbackCentre) -> None:
    requested = await centre.requests.make(request())
    await centre.service.claim(requested.item, candidate("1001"), AGENT)
    for act in (
        centre.service.release(requested.item, COLLEAGUE),
        centre.service.withdraw(requested.item, COLLEAGUE, "no"),
    ):
        with pytest.raises(NotYours):
            await act
    assert (await centre.service.release(requested.item, AGENT)).state == State.QUEUED


async def talking(centre: CallbackCentre, id: str) -> None:
    """As the dialling leaves it when the customer answers."""
    async with centre.database.write() as session:
        row = await load(session, id)
        await centre.steps.take(session, row, Event.DIAL, "1001", intent="i" * 32)
        await centre.steps.take(session, row, Event.ANSWERED, "system")


async def test_K3_the_customers_answer_reaches_the_case_in_the_same_transaction(centre: CallbackCentre) -> None:
    requested = await centre.requests.make(request(matter="case:TS1", source=Source.CASE_VERIFIED, case="TS1"))
    await centre.service.claim(requested.item, candidate("1001"), AGENT)
    await talking(centre, requested.item)
    row = await centre.service.result(requested.item, AgentResult(Result.CONFIRMED, "satisfied", 5), AGENT)
    assert (row.state, row.result, row.satisfaction) == (State.DONE, "confirmed", 5)
    payload = (await centre.jobs_of("case_called_back"))[0]
    assert (payload["case"], payload["result"], payload["satisfaction"], payload["agent"]) == (
        "TS1",
        "confirmed",
        5,
        "1001",
    )
    assert payload["call"] == "pbx1-" + "i" * 32


async def test_F2_a_problem_without_a_case_requests_one(centre: CallbackCentre) -> None:
    requested = await centre.requests.make(request())
    await centre.service.claim(requested.item, candidate("1001"), AGENT)
    await talking(centre, requested.item)
    await centre.service.result(requested.item, AgentResult(Result.PROBLEM, "the crab was bad"), AGENT)
    conditions = (await centre.jobs_of("case_wanted"))[0]
    assert (conditions["kind"], conditions["text"], conditions["item"]) == (
        "complaint",
        "the crab was bad",
        requested.item,
    )
    assert await centre.jobs_of("case_called_back") == []


async def test_attempts_end_in_unreachable_and_only_a_signature_closes_it(centre: CallbackCentre) -> None:
    requested = await centre.requests.make(request(matter="case:TS1", case="TS1", source=Source.CASE_VERIFIED))
    for _ in range(3):
        row = await centre.row(requested.item)
        centre.clock.at = max(centre.clock.at, row.may_from)
        await centre.sweep.once()
        await centre.service.claim(requested.item, candidate("1001"), AGENT)
        await talking(centre, requested.item)
        await centre.service.result(requested.item, AgentResult(Result.VOICEMAIL), AGENT)
    row = await centre.row(requested.item)
    assert (row.state, row.attempts) == (State.UNREACHABLE, 3)
    assert await centre.jobs_of("case_called_back") == []
    await centre.service.sign_unreachable(requested.item, BOSS, "three tries on three days")
    assert (await centre.jobs_of("case_called_back"))[0]["result"] == "unreachable_signed"


async def test_a_result_that_is_never_recorded_is_written_as_unsaid(centre: CallbackCentre) -> None:
    requested = await centre.requests.make(request())
    await centre.service.claim(requested.item, candidate("1001"), AGENT)
    await talking(centre, requested.item)
    centre.clock.move(minutes=31)
    await centre.sweep.once()
    row = await centre.row(requested.item)
    assert (row.state, row.last_result, row.preferred) == (State.RETRY, "unsaid", "1001")


async def test_a_new_cause_revives_what_could_not_be_reached(centre: CallbackCentre) -> None:
    centre = CallbackCentre(centre.database, {"max_attempts": 1})
    requested = await centre.requests.make(request())
    await centre.service.claim(requested.item, candidate("1001"), AGENT)
    await talking(centre, requested.item)
    await centre.service.result(requested.item, AgentResult(Result.WRONG_NUMBER), AGENT)
    assert (await centre.row(requested.item)).state == State.UNREACHABLE
    again = await centre.requests.make(request())
    row = await centre.row(again.item)
    assert (again.item, row.state, row.attempts) == (requested.item, State.QUEUED, 0)


@pytest.mark.parametrize("number", ["anonymous", "110", "1001", "12345"])
async def test_hidden_numbers_extensions_and_emergency_numbers_are_not_called(
    centre: CallbackCentre, number: str
) -> None:
    with pytest.raises(CallCentreError) as refused:
        await centre.requests.make(request(number))
    assert refused.value.code == "number_not_callable"
    assert CUSTOMER not in str(centre.published)
