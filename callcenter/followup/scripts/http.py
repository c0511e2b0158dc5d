"""The script over HTTP: supervisors draft, try and publish versions; agents follow one in a return call."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from callcenter.callbacks.script_calls import ItemScripts
from callcenter.documents.model import Problem
from callcenter.documents.rows import VersionColumns
from callcenter.documents.shapes import DocumentSource, DocumentVersion, VersionsOf
from callcenter.followup.evaluations.http import EvaluationShape
from callcenter.followup.scripts.model import (
    Kind,
    Script,
    ScriptContext,
    Session,
    Value,
    answer,
    begin,
    filled,
    look_through,
    read_script,
    values_of,
)
from callcenter.followup.scripts.service import Scripts
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes, etag_of

SAMPLE = {
    "zh-CN": ScriptContext("某某公司", "客户服务中心", "李", "1001", "TS20260101-0001", "400-800-1234", "王女士"),
    "en": ScriptContext(
        "Example Ltd", "Customer Service Centre", "Li", "1001", "TS20260101-0001", "400-800-1234", "Ms Wang", "en"
    ),
}
"""What a preview is filled with."""
Answered = dict[str, Value]


class VersionShape(DocumentVersion):
    """A version of a script."""


class ProblemShape(BaseModel):
    step: str
    field: str
    message: str

    @classmethod
    def of(cls, problem: Problem) -> ProblemShape:
        return cls(step=problem.part, field=problem.where, message=problem.sentence())


class WholeVersion(VersionShape):
    """A version with its source; `problems` are what keeps a draft from being published."""

    source: str
    problems: list[ProblemShape]

    @classmethod
    def of(cls, row: VersionColumns) -> Self:
        shown = VersionShape.of(row).model_dump()
        problems = [ProblemShape.of(one) for one in look_through(row.source)[1]]
        return cls(**shown, source=row.source, problems=problems)


class SourceBody(DocumentSource):
    """The script as TOML."""


class TryBody(SourceBody):
    """A script to try: what an agent would see after these answers, by step."""

    language: Literal["zh-CN", "en"] = "zh-CN"
    answers: dict[str, Answered] = Field(default_factory=dict, max_length=40)


class ChoiceShape(BaseModel):
    value: str
    text: str


class QuestionShape(BaseModel):
    key: str
    kind: Kind
    text: str
    required: bool
    values: list[ChoiceShape]
    answer: Value | None


class StepShape(BaseModel):
    """One step as the agent sees it, filled in; `reached` steps may be answered."""

    key: str
    title: str
    say: str
    reached: bool
    opens_case: bool
    questions: list[QuestionShape]


class ConversationShape(BaseModel):
    """Where a conversation stands: `step` is the current one ("" at the end), `missing` its required answers."""

    item: str
    script: str
    version: int
    language: str
    step: str
    missing: list[str]
    path: list[str]
    finished: bool
    rev: int
    steps: list[StepShape]

    @classmethod
    def of(cls, script: Script, session: Session) -> ConversationShape:
        return cls(
            item=session.item, script=session.script, version=session.version, language=session.language,
            step=session.step, missing=list(session.missing), path=list(session.path), finished=session.finished,
            rev=session.rev, steps=[_step(script, session, number) for number in range(len(script.steps))],
        )  # fmt: skip


class Tried(BaseModel):
    problems: list[ProblemShape]
    conversation: ConversationShape | None


class AnswerBody(BaseModel):
    """All answers of a step; what is left out is taken back. `rev` guards against two who write at once."""

    model_config = ConfigDict(extra="forbid")

    answers: Answered = Field(max_length=20)
    rev: int | None = None


class FinishBody(BaseModel):
    """`broken_off`: the customer hung up; what was said until then counts."""

    model_config = ConfigDict(extra="forbid")

    broken_off: bool = False


class BeginBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    language: Literal["zh-CN", "en"] | None = None


class VersionsQuery(VersionsOf):
    """Versions of all scripts, or of the one with this name."""


_CHOICES = {"zh-CN": {"yes": "是", "no": "否"}, "en": {"yes": "Yes", "no": "No"}}


def _step(script: Script, session: Session, number: int) -> StepShape:
    step, language = script.steps[number], session.language
    given = session.answers.get(step.key, {})
    questions = []
    for one in step.questions:
        texts = {choice.value: choice.text[language] for choice in one.choices} or _CHOICES[language]
        values = [ChoiceShape(value=value, text=texts.get(value, value)) for value in values_of(one)]
        questions.append(
            QuestionShape(
                key=one.key, kind=one.kind, text=filled(one.text[language], session.context), required=one.required,
                values=values, answer=given.get(one.key),
            )
        )  # fmt: skip
    return StepShape(
        key=step.key, title=filled(step.title[language], session.context),
        say=filled(step.say[language], session.context), reached=step.key in session.path, opens_case=step.case,
        questions=questions,
    )  # fmt: skip


def tried(body: TryBody) -> Tried:
    """What an agent would see, with invented names. Raises BadAnswer, StepNotReached."""
    problems = look_through(body.source)[1]
    if problems:
        return Tried(problems=[ProblemShape.of(one) for one in problems], conversation=None)
    script = read_script(body.source)
    session = begin(script, 0, "preview", SAMPLE[body.language])
    for step in script.steps:
        if step.key in body.answers:
            session = answer(script, session, step.key, body.answers[step.key])
    return Tried(problems=[], conversation=ConversationShape.of(script, session))


def routes(scripts: Scripts, calls: ItemScripts) -> Routes:
    routes = Routes("scripts")
    _editing(routes, scripts)
    _talking(routes, calls)
    return routes


def _editing(routes: Routes, scripts: Scripts) -> None:
    @routes.get("/scripts", roles=ANYONE)
    async def list_script_versions(ask: Ask, query: VersionsQuery) -> Page[VersionShape]:
        """Versions of the scripts, by name, the newest first."""
        return Page(items=[VersionShape.of(row) for row in await scripts.versions(query.name)])

    @routes.get("/scripts/{name}/{number}", roles=ANYONE)
    async def read_script_version(ask: Ask, name: str, number: int) -> WholeVersion:
        """One version with its TOML source and what is wrong with it."""
        shown = WholeVersion.of(await scripts.version(name, number))
        ask.headers["ETag"] = etag_of(shown)
        return shown

    @routes.post("/scripts", roles=LEADERS, status=201)
    async def draft_script(ask: Ask, body: SourceBody) -> WholeVersion:
        """A new draft of the script that its source names; it may still have problems, which are told."""
        return WholeVersion.of(await scripts.draft(body.source, ask.require()))

    @routes.put("/scripts/{name}/{number}", roles=LEADERS)
    async def change_script(ask: Ask, name: str, number: int, body: SourceBody) -> WholeVersion:
        """Change a draft, with If-Match; a published version never changes (409 script_published)."""
        rev = await _seen(scripts, ask, name, number)
        shown = WholeVersion.of(await scripts.change(name, number, body.source, ask.require(), rev))
        ask.headers["ETag"] = etag_of(shown)
        return shown

    @routes.post("/scripts/preview", roles=LEADERS)
    async def preview_script(ask: Ask, body: TryBody) -> Tried:
        """Try a source without keeping it: its problems by step and field, or the steps as an agent sees them."""
        return tried(body)

    @routes.post("/scripts/{name}/{number}/publish", roles=LEADERS)
    async def publish_script(ask: Ask, name: str, number: int) -> WholeVersion:
        """Publish a draft, with If-Match; 422 bad_script names the step and the field of the first problem."""
        rev = await _seen(scripts, ask, name, number)
        return WholeVersion.of(await scripts.publish(name, number, ask.require(), rev))


async def _seen(scripts: Scripts, ask: Ask, name: str, number: int) -> int | None:
    row = await scripts.version(name, number)
    ask.must_match(WholeVersion.of(row))
    return row.rev


def _talking(routes: Routes, calls: ItemScripts) -> None:
    @routes.post("/callbacks/{id}/script", roles=ANYONE)
    async def begin_script(ask: Ask, id: str, body: BeginBody) -> ConversationShape:
        """Begin to follow the script in a return call, or take it up again after a dropped call (F2, F3)."""
        return ConversationShape.of(*await calls.begin(id, ask.require(), body.language))

    @routes.get("/callbacks/{id}/script", roles=ANYONE)
    async def read_script_session(ask: Ask, id: str) -> ConversationShape:
        """Where the conversation of a return call stands."""
        return ConversationShape.of(*await calls.read(id, ask.require()))

    @routes.put("/callbacks/{id}/script/{step}", roles=ANYONE, edits=False)
    async def answer_script(ask: Ask, id: str, step: str, body: AnswerBody) -> ConversationShape:
        """Write the answers of a step; the answer says which step follows and which answers are missing.

        409 customer_not_reached before the customer has answered the call.
        """
        return ConversationShape.of(*await calls.answer(id, ask.require(), step, body.answers, body.rev))

    @routes.post("/callbacks/{id}/evaluation", roles=ANYONE)
    async def finish_script(ask: Ask, id: str, body: FinishBody) -> EvaluationShape:
        """End the conversation; the customer's evaluation follows from the answers (F1), and from it the result.

        A problem that remains makes the result `problem`: its case is opened or reopened (F2, step 4). Answers that
        contradict the result written before are refused: 409 evaluation_contradicts_result.
        """
        person = ask.require()
        return EvaluationShape.of(await calls.finish(id, person, broken_off=body.broken_off), person)
