"""Forms of scorecards over HTTP: supervisors draft, preview and publish versions; everyone reads them."""

from __future__ import annotations

from pydantic import BaseModel, Field

from callcenter.documents.http import VersionEditor
from callcenter.documents.shapes import DocumentSource, VersionsOf
from callcenter.scorecards.forms.model import ScoreForm, look_through
from callcenter.scorecards.forms.service import ScoreForms
from callcenter.scorecards.scoring import checked, missing, score
from callcenter.scorecards.shapes import (
    AnswersShape,
    FormProblemShape,
    FormVersionShape,
    GradingFormDetail,
    MissingAnswerShape,
    ScoredShape,
    answers_from,
)
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes


class FormSource(DocumentSource):
    """The form as TOML."""


class GradingFormTrialBody(FormSource):
    """A form to preview, with answers; nothing is stored."""

    answers: AnswersShape = Field(default_factory=dict)


class GradingFormTrial(BaseModel):
    """The result of a preview: the source's problems, or the form with the score of these answers."""

    problems: list[FormProblemShape]
    form: ScoreForm | None
    score: ScoredShape | None
    missing: MissingAnswerShape | None


class FormsQuery(VersionsOf):
    """Versions of all forms, or of the one with this name."""


def tried(body: GradingFormTrialBody) -> GradingFormTrial:
    """Raises BadScoreAnswer."""
    form, problems = look_through(body.source)
    if form is None or problems:
        shapes = [FormProblemShape.of(problem) for problem in problems]
        return GradingFormTrial(problems=shapes, form=None, score=None, missing=None)
    answers = checked(form, answers_from(body.answers))
    return GradingFormTrial(
        problems=[],
        form=form,
        score=ScoredShape.of(score(form, answers)),
        missing=MissingAnswerShape.of(missing(form, answers)),
    )


def routes(forms: ScoreForms) -> Routes:
    routes = Routes("scorecards")
    editor = VersionEditor(forms, GradingFormDetail.of)

    @routes.get("/score-forms", roles=ANYONE)
    async def list_score_forms(ask: Ask, query: FormsQuery) -> Page[FormVersionShape]:
        """List versions of the grading forms by name, newest first."""
        return Page(items=[FormVersionShape.of(row) for row in await forms.versions(query.name)])

    @routes.get("/score-forms/{name}/{number}", roles=ANYONE)
    async def read_score_form(ask: Ask, name: str, number: int) -> GradingFormDetail:
        """Read a version with its TOML source and its problems."""
        return await editor.read(ask, name, number)

    @routes.post("/score-forms", roles=LEADERS, status=201)
    async def draft_score_form(ask: Ask, body: FormSource) -> GradingFormDetail:
        """Create a draft of the form that its source names; it may have problems, which are listed."""
        return await editor.draft(ask, body.source)

    @routes.post("/score-forms/preview", roles=LEADERS)
    async def preview_score_form(ask: Ask, body: GradingFormTrialBody) -> GradingFormTrial:
        """Preview a source with answers: its problems by place, or the score; nothing is stored."""
        return tried(body)

    @routes.put("/score-forms/{name}/{number}", roles=LEADERS)
    async def change_score_form(ask: Ask, name: str, number: int, body: FormSource) -> GradingFormDetail:
        """Change a draft, with If-Match; a published version never changes (409 score_form_published)."""
        return await editor.change(ask, name, number, body.source)

    @routes.post("/score-forms/{name}/{number}/publish", roles=LEADERS)
    async def publish_score_form(ask: Ask, name: str, number: int) -> GradingFormDetail:
        """Publish a draft, with If-Match; 422 bad_score_form names the place of the first problem."""
        return await editor.publish(ask, name, number)

    return routes
