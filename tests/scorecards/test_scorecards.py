"""Tests grading a call (S2): drafts, freezing, reviews, disputes, who sees what; on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import update

from callcenter.errors import IllegalTransition
from callcenter.scorecards.forms.model import default_source
from callcenter.scorecards.model import SCORE, ScoreEvent, ScoreState, after
from callcenter.scorecards.rows import ScoreRow
from callcenter.storage.database import Database
from tests.scorecards.grading import FULL, Grading, open_grading


@pytest_asyncio.fixture
async def grading(database: Database) -> AsyncIterator[Grading]:
    async with open_grading(database) as opened:
        yield opened


def test_every_step_that_is_not_in_the_table_is_refused() -> None:
    for state in ScoreState:
        for event in ScoreEvent:
            if event in SCORE[state]:
                assert after(state, event) is SCORE[state][event]
            else:
                with pytest.raises(IllegalTransition):
                    after(state, event)


async def test_S2_a_draft_is_saved_while_listening_and_frozen_when_submitted(grading: Grading) -> None:
    call = await grading.call()
    await grading.flag("C1", call, parts=["goodbye"], seconds=[88.0], recording="r1")
    await grading.as_("supervisor")
    status, begun = await grading.ask("POST", "/scores", {"call": call})
    assert (status, begun["state"], begun["agent"], begun["total"], begun["form_number"]) == (
        201,
        "draft",
        "1001",
        None,
        1,
    )
    assert (await grading.ask("POST", "/scores", {"call": call}))[1]["id"] == begun["id"]
    path = f"/scores/{begun['id']}"

    # A flag's suggestion is shown beside the item with its second, and is not filled in.
    _, evidence = await grading.ask("GET", f"{path}/evidence")
    assert (evidence["call"], evidence["recordings"]) == (f"/calls/{call}", ["/recordings/r1"])
    assert [(entry["item"], entry["second"]) for entry in evidence["hints"]] == [("goodbye", 88.0)]
    assert begun["answers"] == {}

    answer = await grading.web.client.get(f"/api/v1{path}")
    seen = answer.headers["ETag"]
    low = {"goodbye": {"value": "no", "second": 88.0, "recording": "r1"}}
    status, saved = await grading.ask("PUT", path, {"answers": {**FULL, **low}, "note": "挂得急"}, **{"If-Match": seen})
    assert (status, saved["missing"]) == (200, {"answers": [], "comments": ["goodbye"]})
    assert saved["total"] < 100
    # Another person's tab still has the old one.
    stale = await grading.ask("PUT", path, {"answers": FULL}, **{"If-Match": seen})
    assert stale[0] == 412

    status, refused = await grading.ask("POST", f"{path}/submit")
    assert (status, refused["code"]) == (409, "score_incomplete")
    low["goodbye"]["comment"] = "没有道别"
    await grading.ask("PUT", path, {"answers": {**FULL, **low}, "note": "挂得急"})
    status, done = await grading.ask("POST", f"{path}/submit")
    assert (status, done["state"], len(done["sha256"])) == (200, "submitted", 64)
    for method, tail, body in (("PUT", "", {"answers": FULL}), ("POST", "/submit", None), ("POST", "/discard", None)):
        status, refused = await grading.ask(method, path + tail, body)
        assert (status, refused["code"]) == (409, "score_frozen")
    assert (await grading.ask("GET", path))[1]["answers"] == done["answers"]
    status, refused = await grading.ask("POST", "/scores", {"call": call})
    assert (status, refused["code"]) == (409, "call_already_graded")
    assert [kind for kind, _ in grading.emitted] == ["score.submitted"]
    assert [(kind, agents) for kind, _, agents in grading.published] == [("score", frozenset({"1001"}))]
    assert await grading.room.reading.verify() == []


async def test_S2_an_automatic_fail_makes_the_score_zero_and_names_the_item(grading: Grading) -> None:
    await grading.as_("supervisor")
    rude = {"value": "no", "comment": "“这不归我管”", "second": 31.5}
    id = await grading.submitted(await grading.call(), not_rude=rude)
    _, score = await grading.ask("GET", f"/scores/{id}")
    assert (score["total"], score["passed"], score["failed"]) == (0, False, ["not_rude"])
    assert score["earned"] > 70


async def test_S2_a_grader_must_not_have_been_on_the_call(grading: Grading) -> None:
    await grading.as_("zhou")
    own = await grading.call(1, agent="1003")
    status, refused = await grading.ask("POST", "/scores", {"call": own})
    assert (status, refused["code"]) == (403, "own_call")
    other = await grading.call(2, agent="1001")
    assert (await grading.ask("POST", "/scores", {"call": other, "agent": "1002"}))[1][
        "code"
    ] == "agent_not_on_the_call"
    assert (await grading.ask("POST", "/scores", {"call": other}))[0] == 201
    assert (await grading.ask("POST", "/scores", {"call": "no-call"}))[0] == 404
    # Nor do they settle a dispute about it, whatever they lead.
    await grading.as_("supervisor")
    graded = await grading.submitted(own)
    await grading.as_("zhou")
    await grading.ask("POST", f"/scores/{graded}/dispute", {"text": "不同意"})
    for tail, body in (("review", None), ("uphold", {"answer": "很好"})):
        assert (await grading.ask("POST", f"/scores/{graded}/{tail}", body))[1]["code"] == "own_call"


async def test_S2_agents_see_their_own_submitted_scores_and_nothing_else(grading: Grading) -> None:
    mine, other = await grading.call(1, "1001"), await grading.call(2, "1002")
    await grading.as_("supervisor")
    _, draft = await grading.ask("POST", "/scores", {"call": mine})
    theirs = await grading.submitted(other)
    await grading.as_("manager")
    # A draft is its grader's alone, among leaders too.
    assert (await grading.ask("GET", f"/scores/{draft['id']}"))[0] == 404
    assert [entry["id"] for entry in (await grading.ask("GET", "/scores"))[1]["items"]] == [theirs]
    assert (await grading.ask("PUT", f"/scores/{draft['id']}", {"answers": FULL}))[0] == 404
    await grading.as_("lilei")
    for path in (f"/scores/{draft['id']}", f"/scores/{draft['id']}/evidence", f"/scores/{theirs}"):
        assert (await grading.ask("GET", path))[0] == 404
    assert (await grading.ask("GET", "/scores"))[1]["items"] == []
    assert (await grading.ask("GET", "/scores?agent=1002"))[1]["items"] == []
    for method, path, body in (
        ("POST", "/scores", {"call": mine}),
        ("PUT", f"/scores/{draft['id']}", {"answers": FULL}),
        ("POST", f"/scores/{draft['id']}/review", None),
        ("GET", "/sample-picks", None),
        ("GET", "/calibrations", None),
    ):
        assert (await grading.ask(method, path, body))[0] == 403
    assert (await grading.ask("POST", f"/scores/{theirs}/acknowledge"))[0] == 404
    await grading.as_("hanmei")
    assert [entry["id"] for entry in (await grading.ask("GET", "/scores"))[1]["items"]] == [theirs]
    assert (await grading.ask("POST", f"/scores/{theirs}/acknowledge"))[1]["state"] == "acknowledged"
    _, figures = await grading.ask("GET", "/scores/figures?by=agent")
    assert list(figures["groups"]) == ["1002"]


async def test_S2_a_disputed_score_is_revised_by_another_person_and_both_stay_in_the_history(grading: Grading) -> None:
    await grading.as_("supervisor")
    no = {"value": "no", "comment": "没听到"}
    id = await grading.submitted(await grading.call(), goodbye=no)
    await grading.as_("lilei")
    wrong = await grading.ask("POST", f"/scores/{id}/dispute", {"text": "有道别", "items": {"nonsense": "x"}})
    assert wrong[1]["code"] == "bad_score_answer"
    objection = {"text": "录音最后有再见", "items": {"goodbye": "88 秒处说了再见"}}
    status, score = await grading.ask("POST", f"/scores/{id}/dispute", objection)
    assert (status, score["state"], score["dispute"]["items"]) == (200, "disputed", objection["items"])
    assert (await grading.ask("POST", f"/scores/{id}/dispute", objection))[1]["code"] == "illegal_transition"
    await grading.as_("supervisor")
    for tail, body in (("review", None), ("uphold", {"answer": "维持"})):
        assert (await grading.ask("POST", f"/scores/{id}/{tail}", body))[1]["code"] == "same_grader"
    await grading.as_("manager")
    status, review = await grading.ask("POST", f"/scores/{id}/review")
    assert (status, review["supersedes"], review["answers"]["goodbye"]["value"]) == (201, id, "no")
    # Until the review is submitted the first score is valid.
    assert (await grading.ask("GET", f"/scores/{id}"))[1]["state"] == "disputed"
    await grading.ask("PUT", f"/scores/{review['id']}", {"answers": FULL, "note": "确有道别"})
    assert (await grading.ask("POST", f"/scores/{review['id']}/submit"))[1]["total"] == 100
    _, first = await grading.ask("GET", f"/scores/{id}")
    assert (first["state"], first["superseded_by"], first["dispute"]["settled_by"]) == (
        "revised",
        review["id"],
        "manager",
    )
    assert first["answers"]["goodbye"]["value"] == "no"
    assert [entry["event"] for entry in first["steps"]] == ["submit", "dispute", "revise"]
    assert [kind for kind, _ in grading.emitted] == [
        "score.submitted",
        "score.disputed",
        "score.submitted",
        "score.revised",
    ]
    assert await grading.room.reading.verify() == []
    # Only the later one counts, and what answered a dispute is not disputed again.
    assert (await grading.ask("GET", "/scores/figures"))[1]["all"]["points"]["count"] == 1
    await grading.as_("lilei")
    again = await grading.ask("POST", f"/scores/{review['id']}/dispute", {"text": "还是不服"})
    assert again[1]["code"] == "dispute_closed"


async def test_a_dispute_is_upheld_with_a_reason_and_only_within_its_days(grading: Grading) -> None:
    await grading.as_("supervisor")
    first, late = await grading.submitted(await grading.call(1)), await grading.submitted(await grading.call(2))
    await grading.as_("lilei")
    await grading.ask("POST", f"/scores/{first}/dispute", {"text": "不同意"})
    await grading.as_("manager")
    assert (await grading.ask("POST", f"/scores/{first}/uphold", {"answer": "  "}))[1]["code"] == "text_missing"
    _, held = await grading.ask("POST", f"/scores/{first}/uphold", {"answer": "听过录音，维持原分"})
    assert (held["state"], held["dispute"]["answer"]) == ("upheld", "听过录音，维持原分")
    assert (await grading.ask("POST", f"/scores/{first}/acknowledge"))[1]["code"] == "not_your_score"
    grading.web.time.pass_by(days=7, seconds=1)
    await grading.as_("lilei")
    assert (await grading.ask("POST", f"/scores/{first}/acknowledge"))[1]["state"] == "upheld"
    assert (await grading.ask("POST", f"/scores/{late}/dispute", {"text": "晚了"}))[1]["code"] == "dispute_closed"


async def test_two_graders_cannot_both_have_a_score_that_counts(grading: Grading) -> None:
    call = await grading.call()
    await grading.as_("supervisor")
    _, entry = await grading.ask("POST", "/scores", {"call": call})
    await grading.ask("PUT", f"/scores/{entry['id']}", {"answers": FULL})
    await grading.as_("manager")
    other = await grading.submitted(call)
    await grading.as_("supervisor")
    status, refused = await grading.ask("POST", f"/scores/{entry['id']}/submit")
    assert (status, refused["code"]) == (409, "call_already_graded")
    assert (await grading.ask("POST", f"/scores/{entry['id']}/discard"))[1]["state"] == "discarded"
    assert [row["id"] for row in (await grading.ask("GET", f"/scores?call={call}&state=submitted"))[1]["items"]] == [
        other
    ]


async def test_a_score_that_was_tampered_with_is_detected(grading: Grading) -> None:
    await grading.as_("supervisor")
    id = await grading.submitted(await grading.call())
    async with grading.web.database.write() as session:
        await session.execute(update(ScoreRow).where(ScoreRow.id == id).values(total=12.5))
    assert await grading.room.reading.verify() == [id]


async def test_forms_are_drafted_tried_and_published_and_then_never_change(grading: Grading) -> None:
    await grading.as_("supervisor")
    graded = await grading.submitted(await grading.call(1))
    source = default_source().replace("pass_mark = 80", "pass_mark = 95")
    broken = source.replace("weight = 20", "weight = 0")
    _, tried = await grading.ask("POST", "/score-forms/preview", {"source": broken})
    assert (tried["form"], [entry["where"] for entry in tried["problems"]]) == (None, ["sections.0.weight"])
    body = {"source": source, "answers": {"goodbye": {"value": "no"}, "not_rude": {"value": "yes"}}}
    _, tried = await grading.ask("POST", "/score-forms/preview", body)
    assert (tried["score"]["total"], tried["missing"]["comments"]) == (66.67, ["goodbye"])
    status, draft = await grading.ask("POST", "/score-forms", {"source": broken})
    assert (status, draft["number"], len(draft["problems"])) == (201, 2, 1)
    path = "/score-forms/service_call/2"
    status, refused = await grading.ask("POST", f"{path}/publish")
    assert (status, refused["code"], refused["facts"]["where"]) == (422, "bad_score_form", "sections.0.weight")
    assert (await grading.ask("PUT", path, {"source": source}))[0] == 200
    assert (await grading.ask("POST", f"{path}/publish"))[1]["state"] == "published"
    for method, tail, sent in (("PUT", "", {"source": source}), ("POST", "/publish", None)):
        assert (await grading.ask(method, path + tail, sent))[1]["code"] == "score_form_published"
    # New calls are graded with the new version, graded ones keep theirs.
    _, new = await grading.ask("POST", "/scores", {"call": await grading.call(2)})
    assert (new["form_number"], (await grading.ask("GET", f"/scores/{graded}"))[1]["form_number"]) == (2, 1)
    await grading.as_("lilei")
    assert (await grading.ask("POST", "/score-forms", {"source": source}))[0] == 403
    assert (await grading.ask("GET", path))[0] == 200


async def test_F4_customers_ratings_are_shown_with_the_scores(grading: Grading) -> None:
    await grading.as_("supervisor")
    await grading.submitted(await grading.call(1, "1001"))
    await grading.submitted(await grading.call(2, "1002"), calm={"value": "no", "comment": "顶撞"})
    asked = "/scores/figures?by=agent&since=2026-11-01T00:00:00Z&until=2026-12-01T00:00:00Z"
    _, answer = await grading.ask("GET", asked)
    assert answer["satisfaction"]["1001"] == {"marks": 3, "mean": 4.33}
    assert answer["groups"]["1001"]["points"]["mean"] == 100
    assert answer["all"]["points"]["count"] == 2
    assert answer["all"]["points"]["low"] is not None
    _, items = await grading.ask("GET", "/scores/figures?by=item&month=2026-11")
    assert items["groups"]["service_call.calm"]["points"]["mean"] == 50
    await grading.as_("lilei")
    assert list((await grading.ask("GET", asked))[1]["satisfaction"]) == ["1001"]
