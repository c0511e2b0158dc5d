"""The script over HTTP: supervisors draft, preview and publish versions."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, Field

from callcenter.documents.columns import VersionColumns
from callcenter.documents.http import VersionEditor
from callcenter.documents.model import Problem
from callcenter.documents.shapes import DocumentSource, DocumentVersion, VersionsOf
from callcenter.facts import ReturnCallId
from callcenter.followup.conversations.model import ScriptContext, answer, begin
from callcenter.followup.conversations.shapes import Answered, ConversationShape
from callcenter.followup.scripts.model import look_through, read_script
from callcenter.followup.scripts.service import Scripts
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes

SAMPLE = {
    "zh-CN": ScriptContext("某某公司", "客户服务中心", "李", "1001", "TS20260101-0001", "400-800-1234", "王女士"),
    "en": ScriptContext(
        "Example Ltd", "Customer Service Centre", "Li", "1001", "TS20260101-0001", "400-800-1234", "Ms Wang", "en"
    ),
}
"""The values that fill a preview."""


class ScriptVersionShape(DocumentVersion):
    """A version of a script."""


class ScriptProblemShape(BaseModel):
    step: str
    field: str
    message: str

    @classmethod
    def of(cls, problem: Problem) -> ScriptProblemShape:
        return cls(step=problem.part, field=problem.where, message=problem.sentence())


class ScriptVersionDetail(ScriptVersionShape):
    """A version with its source; `problems` prevent a draft from being published."""

    source: str
    problems: list[ScriptProblemShape]

    @classmethod
    def of(cls, row: VersionColumns) -> Self:
        values = ScriptVersionShape.of(row).model_dump()
        problems = [ScriptProblemShape.of(fault) for fault in look_through(row.source)[1]]
        return cls(**values, source=row.source, problems=problems)


class SourceBody(DocumentSource):
    """The script as TOML."""


class ScriptTrialBody(SourceBody):
    """A script to preview: what an agent would see after these answers, by step."""

    language: Literal["zh-CN", "en"] = "zh-CN"
    answers: dict[str, Answered] = Field(default_factory=dict, max_length=40)


class ScriptTrial(BaseModel):
    problems: list[ScriptProblemShape]
    conversation: ConversationShape | None


class VersionsQuery(VersionsOf):
    """Versions of all scripts, or of the one with this name."""


def tried(body: ScriptTrialBody) -> ScriptTrial:
    """What an agent would see, with invented names. Raises BadAnswer, StepNotReached."""
    problems = look_through(body.source)[1]
    if problems:
        return ScriptTrial(problems=[ScriptProblemShape.of(problem) for problem in problems], conversation=None)
    script = read_script(body.source)
    session = begin(script, 0, ReturnCallId("preview"), SAMPLE[body.language])
    for step in script.steps:
        if step.key in body.answers:
            session = answer(script, session, step.key, body.answers[step.key])
    return ScriptTrial(problems=[], conversation=ConversationShape.of(script, session))


def routes(scripts: Scripts) -> Routes:
    routes = Routes("scripts")
    editor = VersionEditor(scripts, ScriptVersionDetail.of)

    @routes.get("/scripts", roles=ANYONE)
    async def list_script_versions(ask: Ask, query: VersionsQuery) -> Page[ScriptVersionShape]:
        """List versions of the scripts by name, newest first."""
        return Page(items=[ScriptVersionShape.of(row) for row in await scripts.versions(query.name)])

    @routes.get("/scripts/{name}/{number}", roles=ANYONE)
    async def read_script_version(ask: Ask, name: str, number: int) -> ScriptVersionDetail:
        """Read a version with its TOML source and its problems."""
        return await editor.read(ask, name, number)

    @routes.post("/scripts", roles=LEADERS, status=201)
    async def draft_script(ask: Ask, body: SourceBody) -> ScriptVersionDetail:
        """Create a draft of the script that its source names; it may have problems, which the response lists."""
        return await editor.draft(ask, body.source)

    @routes.put("/scripts/{name}/{number}", roles=LEADERS)
    async def change_script(ask: Ask, name: str, number: int, body: SourceBody) -> ScriptVersionDetail:
        """Change a draft, with If-Match; a published version never changes (409 script_published)."""
        return await editor.change(ask, name, number, body.source)

    @routes.post("/scripts/preview", roles=LEADERS)
    async def preview_script(ask: Ask, body: ScriptTrialBody) -> ScriptTrial:
        """Preview a source without storing it: its problems by step and field, or the steps as an agent sees them."""
        return tried(body)

    @routes.post("/scripts/{name}/{number}/publish", roles=LEADERS)
    async def publish_script(ask: Ask, name: str, number: int) -> ScriptVersionDetail:
        """Publish a draft, with If-Match; 422 bad_script names the step and the field of the first problem."""
        return await editor.publish(ask, name, number)

    return routes
