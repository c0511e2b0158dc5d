"""Tests calibration between graders (S2): blind until all have submitted, on both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from callcenter.scorecards.rows import CalibrationRow
from callcenter.scorecards.scoring import Answer
from callcenter.storage.database import Database
from callcenter.web.rows import AuditRow
from tests.scorecards.grading import FORM, FULL, Grading, all_of, open_grading

STRICT: dict[str, dict[str, Any]] = {**FULL, "goodbye": {"value": "no", "comment": "机密评语", "second": 61.0}}


@pytest_asyncio.fixture
async def grading(database: Database) -> AsyncIterator[Grading]:
    async with open_grading(database) as opened:
        yield opened


async def begun(grading: Grading, *graders: str, reference: str | None = None) -> str:
    await grading.as_("manager")
    body = {"call": await grading.call(), "title": "十一月", "graders": list(graders), "reference": reference}
    status, calibration = await grading.ask("POST", "/calibrations", body)
    assert (status, calibration["state"]) == (201, "blind")
    return f"/calibrations/{calibration['id']}"


async def gives(grading: Grading, path: str, login: str, answers: dict[str, dict[str, Any]]) -> Any:
    await grading.as_(login)
    assert (await grading.ask("PUT", f"{path}/sheet", {"answers": answers}))[0] == 200
    status, seen = await grading.ask("POST", f"{path}/submit")
    assert status == 200
    return seen


async def test_S2_answers_are_hidden_from_others_until_all_have_submitted(grading: Grading) -> None:
    path = await begun(grading, "supervisor", "manager", "zhou", reference="manager")
    seen = await gives(grading, path, "supervisor", STRICT)
    assert (seen["submitted"], seen["mine"]["goodbye"]["value"]) == (
        {"manager": False, "supervisor": True, "zhou": False},
        "no",
    )
    # Neither another grader, nor a leader who does not take part, in any reading; nor the audit, nor the live feed.
    for login in ("zhou", "manager", "boss"):
        await grading.as_(login)
        for asked in (path, "/calibrations", f"{path}/evidence", "/scores", "/scores/figures?by=item"):
            status, answer = await grading.ask("GET", asked)
            assert status == 200
            assert "机密评语" not in json.dumps(answer, ensure_ascii=False)
        _, calibration = await grading.ask("GET", path)
        assert (calibration["outcome"], calibration["sheets"]) == (None, {})
        assert calibration["mine"] == (None if login == "boss" else {})
    assert "机密评语" not in "".join(entry.facts for entry in await all_of(grading.web.database, AuditRow))
    assert grading.published == []
    assert grading.emitted == []

    await gives(grading, path, "manager", FULL)
    revealed = await gives(grading, path, "zhou", FULL)
    assert (revealed["state"], sorted(revealed["sheets"])) == ("revealed", ["manager", "supervisor", "zhou"])
    goodbye = next(entry for entry in revealed["outcome"]["items"] if entry["item"] == "goodbye")
    assert goodbye["values"] == {"manager": "yes", "supervisor": "no", "zhou": "yes"}
    assert (goodbye["agreement"], goodbye["off_reference"]) == (0.3333, 1)
    by = {entry["grader"]: entry["from_reference"] for entry in revealed["outcome"]["graders"]}
    assert (by["manager"], by["zhou"], by["supervisor"] < 0) == (0, 0, True)
    assert revealed["outcome"]["kappa"] is not None
    await grading.as_("supervisor")
    assert (await grading.ask("GET", path))[1]["sheets"]["supervisor"]["goodbye"]["comment"] == "机密评语"


async def test_who_is_still_to_answer_sees_no_score_that_another_gave_of_the_same_call(grading: Grading) -> None:
    path = await begun(grading, "supervisor", "manager")
    await grading.as_("boss")
    call = (await grading.ask("GET", path))[1]["call"]
    score = await grading.submitted(call, goodbye=STRICT["goodbye"])
    await grading.as_("supervisor")
    assert (await grading.ask("GET", "/scores"))[1]["items"] == []
    assert (await grading.ask("GET", f"/scores/{score}"))[0] == 404
    assert (await grading.ask("POST", f"/scores/{score}/review"))[0] == 404
    assert (await grading.ask("GET", "/scores/figures"))[1]["all"]["points"]["count"] == 0
    assert all("total" not in data for _, data, _ in grading.published)
    await gives(grading, path, "supervisor", FULL)
    assert (await grading.ask("GET", f"/scores/{score}"))[0] == 200
    await grading.as_("zhou")  # Takes no part, so there is nothing to spoil.
    assert (await grading.ask("GET", f"/scores/{score}"))[0] == 200


async def test_submitted_answers_do_not_change_and_strangers_do_not_answer(grading: Grading) -> None:
    path = await begun(grading, "supervisor", "manager")
    await grading.as_("zhou")
    assert (await grading.ask("PUT", f"{path}/sheet", {"answers": FULL}))[1]["code"] == "not_in_calibration"
    await grading.as_("lilei")
    for method, tail in (("GET", ""), ("PUT", "/sheet"), ("POST", "/submit"), ("POST", "/cancel")):
        body = {"answers": FULL} if method == "PUT" else None
        assert (await grading.ask(method, path + tail, body))[0] == 403
    await gives(grading, path, "supervisor", FULL)
    assert (await grading.ask("PUT", f"{path}/sheet", {"answers": STRICT}))[1]["code"] == "score_frozen"
    await grading.as_("manager")
    assert (await grading.ask("POST", f"{path}/submit"))[1]["code"] == "score_incomplete"
    # A cancelled session stays blind.
    _, ended = await grading.ask("POST", f"{path}/cancel")
    assert (ended["state"], ended["sheets"], ended["outcome"]) == ("cancelled", {}, None)
    assert (await grading.ask("POST", f"{path}/submit"))[1]["code"] == "score_frozen"


async def test_who_takes_part(grading: Grading) -> None:
    await grading.as_("manager")
    call = await grading.call(1, agent="1003")
    for graders, code in (
        (["supervisor", "supervisor"], "bad_graders"),
        (["supervisor", "lilei"], "bad_graders"),
        (["supervisor", "nobody"], "no_such_person"),
        (["supervisor", "zhou"], "own_call"),
    ):
        status, refused = await grading.ask("POST", "/calibrations", {"call": call, "graders": graders})
        assert (status >= 400, refused["code"]) == (True, code)
    body = {"call": call, "graders": ["supervisor", "manager"], "reference": "boss"}
    assert (await grading.ask("POST", "/calibrations", body))[1]["code"] == "bad_graders"


async def test_two_last_graders_at_the_same_instant_reveal_it_once(grading: Grading) -> None:
    path = await begun(grading, "supervisor", "manager")
    id = path.rpartition("/")[2]
    service = grading.room.calibrations
    people = [await grading.person(login) for login in ("supervisor", "manager")]
    answers = {item.key: Answer("yes" if item.kind == "yes_no" else item.top) for item in FORM.items}
    for person in people:
        await service.change(id, answers, person, 1)
    await asyncio.gather(*(service.submit(id, person, 2) for person in people))
    (row,) = await all_of(grading.web.database, CalibrationRow)
    assert row.state == "revealed"
