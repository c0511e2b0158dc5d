"""Tests that the customer's answers in the script and the result of the return call agree (F1, F2)."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from callcenter.callbacks.errors import BadResult
from callcenter.callbacks.model import Event, Result, Source, State
from callcenter.callbacks.results import AgentResult
from callcenter.callbacks.store import load
from callcenter.followup.errors import UnknownEvaluation
from callcenter.followup.evaluations.model import meaning_of
from callcenter.followup.rows import EvaluationRow
from callcenter.storage.database import Database
from tests.callbacks.centre import CallbackCentre, candidate, request
from tests.support.rooms import person

AGENT = person("1001")


@pytest_asyncio.fixture
async def centre(sqlite_database: Database) -> CallbackCentre:
    return CallbackCentre(sqlite_database)


async def talked(centre: CallbackCentre, **given: Any) -> str:
    """A return call in which the script was followed to its end, with these answers."""
    asked = request(matter="case:TS1", source=Source.CASE_VERIFIED, case="TS1")
    requested = await centre.requests.make(asked)
    await centre.service.claim(requested.item, candidate("1001"), AGENT)
    values = {
        "case": "TS1",
        "solved": None,
        "satisfaction": None,
        "problem": "",
        "complete": True,
        "reopens": False,
        "notes": "",
    }
    async with centre.database.write() as session:
        row = await load(session, requested.item)
        await centre.steps.take(session, row, Event.DIAL, "1001", intent="i" * 32, lease_until=None)
        await centre.steps.take(
            session, row, Event.ANSWERED, "system", lease_until=centre.clock() + centre.rules.result_wait
        )
        session.add(
            EvaluationRow(
                id="e" * 32,
                item=requested.item,
                at=centre.clock(),
                script="follow_up",
                version=1,
                language="zh-CN",
                answers=[],
                opt_out=False,
                **(values | given),
            )
        )
    return requested.item


async def test_F1_the_answers_go_with_the_result_to_the_case(centre: CallbackCentre) -> None:
    id = await talked(centre, solved=True, satisfaction=4)
    row = await centre.service.result(id, AgentResult(Result.CONFIRMED), AGENT)
    assert (row.satisfaction, row.evaluation) == (4, "e" * 32)
    payload = (await centre.jobs_of("case_called_back"))[0]
    assert (payload["satisfaction"], payload["evaluation"]) == (4, "e" * 32)


async def test_F2_a_problem_that_the_customer_named_cannot_be_talked_away(centre: CallbackCentre) -> None:
    id = await talked(centre, solved=False, problem="还是坏的", reopens=True)
    with pytest.raises(BadResult):
        await centre.service.result(id, AgentResult(Result.CONFIRMED), AGENT)
    await centre.service.result(id, AgentResult(Result.PROBLEM), AGENT)
    assert (await centre.jobs_of("case_called_back"))[0]["notes"] == "还是坏的"


@pytest.mark.parametrize(
    ("given", "state", "result"),
    [
        ({"solved": True, "satisfaction": 5}, State.DONE, "confirmed"),
        ({"solved": False, "problem": "坏的", "complete": False}, State.DONE, "problem"),
        ({}, State.RETRY, "unsaid"),
        ({"solved": True, "complete": False}, State.RETRY, "unsaid"),
    ],
)
async def test_without_an_agents_result_the_customers_clear_answer_counts(
    centre: CallbackCentre, given: dict[str, Any], state: State, result: str
) -> None:
    id = await talked(centre, **given)
    centre.clock.move(minutes=31)
    await centre.sweep.once()
    row = await centre.row(id)
    assert (row.state, row.last_result) == (state, result)


YES_OR_NO = (True, False)


@pytest.mark.parametrize("complete", YES_OR_NO)
@pytest.mark.parametrize("reopens", YES_OR_NO)
@pytest.mark.parametrize("problem", ["", "还是坏的"])
@pytest.mark.parametrize("solved", [None, True, False])
@pytest.mark.parametrize("satisfaction", [None, 1, 5])
@pytest.mark.parametrize("case", ["", "TS1"])
def test_F1_F2_every_combination_of_answers_means_one_thing(
    complete: bool, reopens: bool, problem: str, solved: bool | None, satisfaction: int | None, case: str
) -> None:
    given = EvaluationRow(
        complete=complete, reopens=reopens, problem=problem, solved=solved, satisfaction=satisfaction, case=case
    )
    means = meaning_of(given)
    if reopens or problem or solved is False:
        assert means is Result.PROBLEM
    elif not complete:
        assert means is None
    elif solved:
        assert means is (Result.CONFIRMED if case else Result.ANSWERED)
    else:
        assert means is (Result.ANSWERED if satisfaction else None)


@pytest.mark.parametrize(
    ("given", "result", "fits"),
    [
        ({"solved": False}, Result.PROBLEM, True),
        ({"solved": False}, Result.CONFIRMED, False),
        ({"solved": False}, Result.ANSWERED, False),
        ({"solved": False}, Result.REFUSED, False),
        ({"problem": "坏的", "complete": False}, Result.REFUSED, False),
        ({"solved": True}, Result.CONFIRMED, True),
        ({"solved": True}, Result.PROBLEM, True),
        ({"solved": True}, Result.ANSWERED, False),
        ({"solved": True}, Result.REFUSED, False),
        ({"satisfaction": 4}, Result.ANSWERED, True),
        ({"complete": False}, Result.REFUSED, True),
    ],
)
async def test_F1_a_final_result_agrees_with_the_answers_or_is_refused(
    centre: CallbackCentre, given: dict[str, Any], result: Result, fits: bool
) -> None:
    id = await talked(centre, **given)
    if fits:
        assert (await centre.service.result(id, AgentResult(result), AGENT)).result == result
    else:
        with pytest.raises(BadResult):
            await centre.service.result(id, AgentResult(result), AGENT)
        assert (await centre.row(id)).state == State.TALKING


async def test_F4_a_rating_comes_from_the_customers_own_evaluation(centre: CallbackCentre) -> None:
    id = await talked(centre, solved=True, satisfaction=2)
    with pytest.raises(BadResult):
        await centre.service.result(id, AgentResult(Result.CONFIRMED, satisfaction=5), AGENT)
    with pytest.raises(UnknownEvaluation):
        await centre.service.result(id, AgentResult(Result.CONFIRMED, evaluation="f" * 32), AGENT)
    with pytest.raises(BadResult):
        await centre.service.result(id, AgentResult(Result.VOICEMAIL, satisfaction=5), AGENT)
    row = await centre.service.result(id, AgentResult(Result.CONFIRMED, satisfaction=2, evaluation="e" * 32), AGENT)
    assert (row.satisfaction, row.evaluation) == (2, "e" * 32)
