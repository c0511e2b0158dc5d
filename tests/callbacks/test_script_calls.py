"""Tests the script in a return call: its placeholders, and the result that follows from its answers."""

from __future__ import annotations

import pytest
import pytest_asyncio

from callcenter.callbacks.endings import CASE_CALLED_BACK
from callcenter.callbacks.errors import CustomerNotReached, EvaluationContradicts, NotYours
from callcenter.callbacks.model import Result, State
from callcenter.callbacks.results import AgentResult
from callcenter.callbacks.script_calls import surname_of
from callcenter.facts import ReturnCallId
from callcenter.followup.conversations.service import EVALUATION_GIVEN
from callcenter.storage.database import Database
from tests.callbacks.scripted import AGENT, Scripted
from tests.support.rooms import person

TWO = person("1002")


@pytest.mark.parametrize(
    ("name", "surname"),
    [("陈静", "陈"), ("欧阳娜娜", "欧阳"), ("欧阳", "欧"), ("Mary Ann Li", "Li"), ("  ", ""), ("客服1001", "客")],
)
def test_F2_the_script_uses_the_agents_surname_with_its_form_of_address(name: str, surname: str) -> None:
    assert surname_of(name) == surname


@pytest_asyncio.fixture
async def room(database: Database) -> Scripted:
    return Scripted(database)


async def test_F3_the_script_is_filled_from_the_return_call(room: Scripted) -> None:
    item = await room.talking()
    context = await room.calls.context(ReturnCallId(item), AGENT)
    assert (context.company, context.surname, context.case) == ("湘味到家", "陈", "TS1")
    assert (context.customer, context.hotline, context.call != "") == ("刘女士", "4008001234", True)
    with pytest.raises(NotYours):
        await room.calls.context(ReturnCallId(item), TWO)


async def test_F2_a_problem_in_step_four_goes_to_the_case(room: Scripted) -> None:
    item = await room.talking()
    evaluation = await room.follow(item, solved="no")
    row = await room.row(item)
    assert (row.state, row.result, row.evaluation, row.satisfaction) == (State.DONE, Result.PROBLEM, evaluation.id, 2)
    (payload,) = await room.jobs_of(CASE_CALLED_BACK)
    assert (payload["case"], payload["result"], payload["evaluation"], payload["notes"]) == (
        "TS1",
        "problem",
        evaluation.id,
        "还没有退款",
    )


async def test_F1_a_solved_matter_confirms_the_case(room: Scripted) -> None:
    evaluation = await room.follow(item := await room.talking(), solved="yes")
    assert (await room.row(item)).result == Result.CONFIRMED
    (payload,) = await room.jobs_of(CASE_CALLED_BACK)
    assert (payload["result"], payload["satisfaction"], payload["evaluation"]) == ("confirmed", 2, evaluation.id)


async def test_a_conversation_that_broke_off_leaves_the_result_to_the_agent(room: Scripted) -> None:
    item = await room.talking()
    await room.calls.begin(ReturnCallId(item), AGENT)
    await room.calls.finish(ReturnCallId(item), AGENT, broken_off=True)
    assert (await room.row(item)).state == State.TALKING


async def test_F1_F3_a_script_is_readable_before_dialling_and_answered_only_with_a_customer(room: Scripted) -> None:
    item = await room.claimed()
    assert (await room.calls.begin(ReturnCallId(item), AGENT))[1].step == "introduction"

    async def refused() -> None:
        for operation in (
            room.calls.answer(ReturnCallId(item), AGENT, "introduction", {"convenient": "yes"}),
            room.calls.finish(ReturnCallId(item), AGENT, broken_off=True),
        ):
            with pytest.raises(CustomerNotReached):
                await operation
        assert await room.evaluations() == []
        assert (await room.calls.read(ReturnCallId(item), AGENT))[1].answers == {}

    await refused()
    dial = await room.dialled(item, rings=False)
    await refused()
    dial.agent_answered = True
    await refused()
    dial.customer_answered = True
    await room.calls.answer(ReturnCallId(item), AGENT, "introduction", {"convenient": "yes"})


async def test_F1_an_evaluation_names_its_call(room: Scripted) -> None:
    item = await room.claimed()
    await room.calls.begin(ReturnCallId(item), AGENT)
    dial = await room.dialled(item, answers=True)
    evaluation = await room.follow(item, solved="yes")
    assert (evaluation.call, evaluation.agent) == (room.rules.call_of(dial.intent), "1001")


async def test_F1_an_evaluation_and_its_result_are_stored_together_or_not_at_all(room: Scripted) -> None:
    item = await room.talking()
    await room.answered(item, solved="no")
    await room.service.result(item, AgentResult(Result.CONFIRMED), AGENT)
    with pytest.raises(EvaluationContradicts):
        await room.calls.finish(ReturnCallId(item), AGENT)
    assert await room.evaluations() == []
    assert await room.jobs_of(EVALUATION_GIVEN) == []
    assert [payload["result"] for payload in await room.jobs_of(CASE_CALLED_BACK)] == ["confirmed"]


async def test_F1_answers_written_after_a_result_that_they_agree_with_are_kept(room: Scripted) -> None:
    item = await room.talking()
    await room.answered(item, solved="yes")
    await room.service.result(item, AgentResult(Result.CONFIRMED), AGENT)
    finished = await room.calls.finish(ReturnCallId(item), AGENT)
    assert [evaluation.id for evaluation in await room.evaluations()] == [finished.id]


async def test_a_machine_answers_no_script(room: Scripted) -> None:
    item = await room.talking()
    await room.answered(item, solved="yes")
    await room.service.result(item, AgentResult(Result.VOICEMAIL), AGENT)
    with pytest.raises(CustomerNotReached):
        await room.calls.finish(ReturnCallId(item), AGENT)


async def test_a_colleague_neither_reads_nor_answers_nor_ends_it(room: Scripted) -> None:
    item = await room.talking()
    await room.calls.begin(ReturnCallId(item), AGENT)
    for operation in (
        room.calls.begin(ReturnCallId(item), TWO),
        room.calls.read(ReturnCallId(item), TWO),
        room.calls.finish(ReturnCallId(item), TWO),
        room.calls.answer(ReturnCallId(item), TWO, "introduction", {"convenient": "yes"}),
    ):
        with pytest.raises(NotYours):
            await operation
