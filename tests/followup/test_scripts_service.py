"""Tests scripts and conversations as stored and as used over HTTP; on both databases."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from callcenter.agents.service import AgentService
from callcenter.callbacks.script_http import routes as script_call_routes
from callcenter.facts import CallId, CaseNumber, ReturnCallId
from callcenter.followup.conversations.model import Answers, AnswersMissing, ScriptContext, Session
from callcenter.followup.conversations.service import (
    EVALUATION_GIVEN,
    ConversationChangedMeanwhile,
    ConversationOver,
    Conversations,
)
from callcenter.followup.evaluations.http import routes as evaluation_routes
from callcenter.followup.evaluations.model import Evaluation
from callcenter.followup.evaluations.papers import EvaluationPapers
from callcenter.followup.evaluations.service import EvaluationService, evaluation_of
from callcenter.followup.rows import ScriptVersionRow
from callcenter.followup.scripts.http import routes as script_routes
from callcenter.followup.scripts.model import default_source
from callcenter.followup.scripts.service import AlreadyPublished, ScriptDamaged
from callcenter.paper.archive import PaperVault
from callcenter.paper.press import Press
from callcenter.paper.service import FormService, Letterhead
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from tests.callbacks.scripted import Scripted
from tests.support.rooms import BOSS, SetClock
from tests.support.web_centre import WebCentre, open_web_centre, seen

API = "/api/v1"
CONTEXT = ScriptContext(
    "湘味到家", "客户服务中心", "陈", "1001", "TS20261124-0001", "4008001234", "刘女士", phone="+8613807310000"
)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def scripts(database: Database, clock: SetClock) -> Conversations:
    return Conversations(database, clock, Audit(database, clock), Jobs(database, clock))


class OwnTransactions:
    """The conversations as they are kept, each step in a transaction of its own."""

    def __init__(self, database: Database, scripts: Conversations) -> None:
        self._database = database
        self.kept = scripts

    async def answer(self, item: str, step: str, answers: Answers, rev: int | None = None) -> Session:
        async with self._database.write() as session:
            return await self.kept.answer(session, ReturnCallId(item), step, answers, rev)

    async def finish(self, item: str, *, broken_off: bool = False) -> Evaluation:
        async with self._database.write() as session:
            call = CallId("pbx1-1")
            row = await self.kept.finish(session, ReturnCallId(item), agent="1001", call=call, broken_off=broken_off)
            return evaluation_of(row)


@pytest.fixture
def own(database: Database, scripts: Conversations) -> OwnTransactions:
    return OwnTransactions(database, scripts)


async def to_the_end(scripts: OwnTransactions, item: str, *, solved: str = "yes") -> None:
    await scripts.answer(item, "introduction", {"convenient": "yes"})
    await scripts.answer(item, "experience", {"satisfaction": 5})
    await scripts.answer(item, "suggestions", {"solved": solved})
    if solved == "no":
        await scripts.answer(item, "problem", {"problem": "还没有退款"})
    await scripts.answer(item, "hotline", {})
    await scripts.answer(item, "goodbye", {"opt_out": "yes"})


async def test_the_default_script_exists_from_the_beginning(scripts: Conversations) -> None:
    first, second = await asyncio.gather(scripts.versions.versions(), scripts.versions.versions())
    assert [(row.name, row.number, row.state) for row in first] == [("follow_up", 1, "published")]
    assert [row.id for row in first] == [row.id for row in second]


async def test_F3_a_dropped_call_goes_on_where_it_stopped_with_another_agent(
    scripts: Conversations, own: OwnTransactions
) -> None:
    await scripts.begin(ReturnCallId("item1"), CONTEXT)
    await own.answer("item1", "introduction", {"convenient": "yes"})
    resumed = await scripts.begin(ReturnCallId("item1"), replace(CONTEXT, surname="王", agent="1002", language="en"))
    assert (resumed.step, resumed.language, resumed.context.surname) == ("experience", "zh-CN", "王")
    assert await scripts.session(ReturnCallId("item1")) == resumed
    assert await scripts.session(ReturnCallId("item2")) is None


async def test_a_conversation_keeps_the_version_it_began_with(scripts: Conversations) -> None:
    await scripts.begin(ReturnCallId("item1"), CONTEXT)
    newer = default_source().replace("您好!", "您好,打扰了!", 1)
    draft = await scripts.versions.draft(newer, BOSS)
    await scripts.versions.publish("follow_up", draft.number, BOSS)
    assert (await scripts.begin(ReturnCallId("item1"), CONTEXT)).version == 1
    assert (await scripts.begin(ReturnCallId("item2"), CONTEXT)).version == 2
    assert "打扰了" in (await scripts.script_of(ReturnCallId("item2"))).steps[0].say["zh-CN"]


async def test_a_published_version_never_changes(scripts: Conversations, database: Database) -> None:
    await scripts.versions.versions()
    for operation in (
        scripts.versions.change("follow_up", 1, default_source(), BOSS, 1),
        scripts.versions.publish("follow_up", 1, BOSS),
    ):
        with pytest.raises(AlreadyPublished):
            await operation
    async with database.write() as session:
        await session.execute(update(ScriptVersionRow).values(source=default_source() + "\n# changed"))
    with pytest.raises(ScriptDamaged):
        await scripts.begin(ReturnCallId("item1"), CONTEXT)


async def test_F1_an_evaluation_is_made_once(own: OwnTransactions, database: Database) -> None:
    await own.kept.begin(ReturnCallId("item1"), CONTEXT)
    with pytest.raises(AnswersMissing):
        await own.finish("item1")
    await to_the_end(own, "item1", solved="no")
    first, second = await own.finish("item1"), await own.finish("item1")
    assert first == second
    assert (first.satisfaction, first.problem, first.reopens, first.opt_out) == (5, "还没有退款", True, True)
    with pytest.raises(ConversationOver):
        await own.answer("item1", "goodbye", {})
    evaluations = await EvaluationService(database).find(case=CaseNumber("TS20261124-0001"))
    assert [entry.id for entry in evaluations] == [first.id]


async def test_what_broke_off_goes_on_in_the_next_call(
    scripts: Conversations, database: Database, own: OwnTransactions
) -> None:
    await scripts.begin(ReturnCallId("item1"), CONTEXT)
    await own.answer("item1", "introduction", {"convenient": "yes"})
    cut = await own.finish("item1", broken_off=True)
    assert (cut.complete, await own.finish("item1", broken_off=True)) == (False, cut)
    with pytest.raises(ConversationOver):
        await own.answer("item1", "experience", {"satisfaction": 5})
    again = await scripts.begin(ReturnCallId("item1"), replace(CONTEXT, surname="王"))
    assert (again.step, again.finished, again.context.surname) == ("experience", False, "王")
    await to_the_end(own, "item1")
    whole = await own.finish("item1")
    assert (whole.id, whole.complete, whole.satisfaction) == (cut.id, True, 5)
    assert [entry.complete for entry in await EvaluationService(database).find()] == [True]
    assert (await scripts.begin(ReturnCallId("item1"), CONTEXT)).finished


async def test_two_who_write_at_once_lose_nothing_unseen(own: OwnTransactions) -> None:
    begun = await own.kept.begin(ReturnCallId("item1"), CONTEXT)
    await own.answer("item1", "introduction", {"convenient": "yes"}, begun.rev)
    with pytest.raises(ConversationChangedMeanwhile):
        await own.answer("item1", "introduction", {"convenient": "no"}, begun.rev)


@dataclass
class ScriptCentre:
    web: WebCentre
    item: str
    """A return call of 1001 that its customer has answered."""
    papers: EvaluationPapers
    forms: FormService

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Mapping[str, str]]:
        given = {**self.web.proof, **headers}
        if method == "PUT" and "If-Match" not in headers:
            given |= await seen(self.web.client, API + path)
        sent = {"headers": given} | ({} if body is None else {"json": body})
        answer = await self.web.client.request(method, API + path, **sent)
        content = await answer.json() if "json" in answer.content_type else await answer.read()
        return answer.status, content, answer.headers


@pytest_asyncio.fixture
async def centre(database: Database, tmp_path: Path) -> AsyncIterator[ScriptCentre]:
    async with Press(at_once=1) as press:
        room = Scripted(database)
        item = await room.talking()
        letterhead = Letterhead.of(Settings(data_dir=tmp_path))
        audit = Audit(database, room.clock)
        forms = FormService(database, room.clock, audit, press, letterhead, PaperVault(tmp_path / "forms"))
        evaluations = EvaluationService(database)
        papers = EvaluationPapers(database, evaluations, forms, AgentService(database, room.clock, audit))
        rooms = (
            script_routes(room.scripts.versions),
            script_call_routes(room.calls),
            evaluation_routes(evaluations, papers, forms),
        )
        async with open_web_centre(database, *rooms) as web_centre:
            yield ScriptCentre(web_centre, item, papers, forms)


async def test_a_supervisor_drafts_tries_and_publishes(centre: ScriptCentre) -> None:
    await centre.web.sign_in("supervisor")
    wrong = default_source().replace("{hotline}", "{phone_number}")
    status, draft, _ = await centre.ask("POST", "/scripts", {"source": wrong})
    assert status == 201
    assert draft["state"] == "draft"
    assert {(entry["step"], entry["field"]) for entry in draft["problems"]} == {
        ("hotline", "say.zh-CN"),
        ("hotline", "say.en"),
    }
    place = f"/scripts/follow_up/{draft['number']}"
    status, refusal, _ = await centre.ask("POST", f"{place}/publish")
    assert (status, refusal["code"], refusal["facts"]["step"], refusal["facts"]["field"]) == (
        422,
        "bad_script",
        "hotline",
        "say.zh-CN",
    )
    _, _, headers = await centre.ask("GET", place)
    seen = headers["ETag"]
    right = {"source": default_source().replace("您好!", "您好,")}
    assert (await centre.ask("PUT", place, right, **{"If-Match": seen}))[0] == 200
    status, refusal, _ = await centre.ask("PUT", place, right, **{"If-Match": seen})
    assert (status, refusal["code"]) == (412, "changed_meanwhile")
    answers = {"introduction": {"convenient": "yes"}, "experience": {"satisfaction": 2}}
    status, preview, _ = await centre.ask("POST", "/scripts/preview", {**right, "answers": answers})
    assert (preview["conversation"]["step"], preview["problems"]) == ("suggestions", [])
    assert "某某公司" in preview["conversation"]["steps"][0]["say"]
    status, published, _ = await centre.ask("POST", f"{place}/publish")
    assert (status, published["state"]) == (200, "published")
    assert published["sha256"] == hashlib.sha256(right["source"].encode()).hexdigest()
    status, refusal, _ = await centre.ask("PUT", place, right)
    assert (status, refusal["code"]) == (409, "script_published")


async def test_an_agent_edits_no_script(centre: ScriptCentre) -> None:
    await centre.web.sign_in("lilei")
    assert (await centre.ask("POST", "/scripts", {"source": default_source()}))[0] == 403


async def test_F1_an_agent_follows_the_script_and_the_form_is_archived(
    centre: ScriptCentre, database: Database
) -> None:
    await centre.web.sign_in("lilei")
    status, preview, _ = await centre.ask("POST", f"/callbacks/{centre.item}/script", {})
    assert (status, preview["step"]) == (200, "introduction")
    assert "我姓陈" in preview["steps"][0]["say"]
    for step, answers in (
        ("introduction", {"convenient": "yes"}),
        ("experience", {"satisfaction": 2, "unsatisfactory": "<script>alert(1)</script>=1+1"}),
        ("suggestions", {"solved": "no"}),
        ("problem", {"problem": "还没有退款"}),
        ("hotline", {}),
    ):
        status, preview, _ = await centre.ask("PUT", f"/callbacks/{centre.item}/script/{step}", {"answers": answers})
        assert status == 200
    status, refusal, _ = await centre.ask("POST", f"/callbacks/{centre.item}/evaluation", {})
    assert (status, refusal["code"], refusal["facts"]["step"]) == (409, "answers_missing", "goodbye")
    await centre.ask("PUT", f"/callbacks/{centre.item}/script/goodbye", {"answers": {}})
    status, evaluation, _ = await centre.ask("POST", f"/callbacks/{centre.item}/evaluation", {})
    assert (status, evaluation["satisfaction"], evaluation["reopens"], evaluation["phone"]) == (
        200,
        2,
        True,
        "+86139****0001",
    )
    jobs = Jobs(database, SetClock())
    job = await jobs.claim("w", frozenset({EVALUATION_GIVEN}))
    assert job is not None
    for _ in range(2):
        await centre.papers.archive(job.payload)
    (archived,) = await centre.forms.archived("case:TS1")
    printed = await centre.forms.read(archived.id)
    assert hashlib.sha256(printed.data).hexdigest() == archived.sha256
    (evaluations,) = await EvaluationService(database).find()
    assert evaluations.form_sha256 == archived.sha256
    status, page, headers = await centre.ask("GET", f"/evaluations/{evaluation['id']}/form.html")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "sandbox" in headers["Content-Security-Policy"]
    assert b"<script>" not in page
    status, pdf, _ = await centre.ask("GET", f"/evaluations/{evaluation['id']}/form.pdf?language=zh-CN")
    assert (status, pdf[:5]) == (200, b"%PDF-")
    status, word, _ = await centre.ask("GET", f"/evaluations/{evaluation['id']}/form.docx")
    assert (status, word[:2]) == (200, b"PK")


async def test_an_agent_neither_follows_nor_reads_what_is_not_theirs(centre: ScriptCentre) -> None:
    await centre.web.sign_in("lilei")
    await centre.ask("POST", f"/callbacks/{centre.item}/script", {})
    evaluation = (await centre.ask("POST", f"/callbacks/{centre.item}/evaluation", {"broken_off": True}))[1]["id"]
    await centre.web.sign_in("hanmei")
    assert (await centre.ask("POST", f"/callbacks/{centre.item}/script", {}))[0] == 403
    assert (await centre.ask("GET", f"/callbacks/{centre.item}/script"))[0] == 403
    assert (await centre.ask("GET", f"/evaluations/{evaluation}"))[0] == 404
    assert (await centre.ask("GET", "/evaluations"))[1]["items"] == []
    await centre.web.sign_in("manager")
    _, evaluations, _ = await centre.ask("GET", "/evaluations?case=TS1")
    assert [entry["phone"] for entry in evaluations["items"]] == ["+8613974800001"]
