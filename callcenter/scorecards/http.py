"""Scores over HTTP: leaders grade, agents read their own and object, another leader settles."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.facts import CallId
from callcenter.paper.http import printed_answer
from callcenter.paper.service import FormService
from callcenter.paper.shapes import FormQuery, Paper
from callcenter.scorecards.figures import ScoreFigures
from callcenter.scorecards.forms.model import DEFAULT_FORM
from callcenter.scorecards.model import ScoreState
from callcenter.scorecards.papers import ScorePapers
from callcenter.scorecards.queries import ScoreFilter
from callcenter.scorecards.services import ScoreServices
from callcenter.scorecards.shapes import AnswersShape, Key, ScoreDetail, ScoreEvidenceShape, ScoreShape, answers_from
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import (
    ANYONE,
    LEADERS,
    Ask,
    PageQuery,
    Routes,
    decode_cursor,
    encode_cursor,
    etag_of,
    page_of,
)
from callcenter.web.sorting import CountedPage, TotalQuery, counted_page, place_at, sort_cursor


class BeginScore(BaseModel):
    """`agent` is required when several agents talked in the call."""

    model_config = ConfigDict(extra="forbid")

    call: CallId = Field(min_length=1, max_length=180)
    agent: str | None = Field(
        None, max_length=400, description=f"the agent whose part of the call is graded: {AGENT_NUMBER}"
    )
    form: str = Field(DEFAULT_FORM, max_length=40)


class SaveScore(BaseModel):
    """All answers so far; omitted ones are removed."""

    model_config = ConfigDict(extra="forbid")

    answers: AnswersShape
    note: str = Field("", max_length=4000)


class Objection(BaseModel):
    """Why the agent disagrees, as a full and by item."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=4000)
    items: dict[Key, Annotated[str, Field(max_length=2000)]] = Field(default_factory=dict, max_length=200)


class Upholding(BaseModel):
    model_config = ConfigDict(extra="forbid")

    answer: str = Field(min_length=1, max_length=4000)


class ScoreFilterQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agent: str | None = Field(None, max_length=400)
    team: str | None = Field(None, max_length=40)
    grader: str | None = Field(None, max_length=200)
    call: CallId | None = Field(None, max_length=180)
    month: str | None = Field(None, pattern=r"^20\d\d-(0[1-9]|1[0-2])$")
    line: str | None = Field(None, max_length=400)
    state: ScoreState | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    def filter(self) -> ScoreFilter:
        names = ScoreFilterQuery.model_fields
        return ScoreFilter(**{name: getattr(self, name) for name in names})


class ScoresQuery(ScoreFilterQuery, PageQuery, TotalQuery):
    """Scores, the newest calls first unless sorted; `-` sorts the largest first."""

    sort: Literal["called_at", "-called_at", "total", "-total", "submitted_at", "-submitted_at"] | None = None


class ScoreFiguresQuery(ScoreFilterQuery):
    by: Literal["agent", "team", "form", "section", "item", "month"] | None = None


class CustomerRatings(BaseModel):
    """Customers' ratings of the agent's return calls in the same period, 1 to 5 (F4)."""

    marks: int
    mean: float


class ScoreFiguresShape(BaseModel):
    """`all` together and `groups`; `satisfaction` by agent when `since`, `until` and grouping by agent are given."""

    all: ScoreFigures
    groups: dict[str, ScoreFigures]
    satisfaction: dict[str, CustomerRatings]


def routes(room: ScoreServices) -> Routes:
    routes = Routes("scorecards")
    _reading(routes, room)
    _grading(routes, room)
    _answering(routes, room)
    return routes


def print_routes(papers: ScorePapers, forms: FormService) -> Routes:
    routes = Routes("scorecards")

    @routes.get("/scores/{id}/form.{paper}", roles=ANYONE)
    async def print_score(ask: Ask, id: str, paper: Paper, query: FormQuery) -> web.StreamResponse:
        """Print a score as html, pdf or docx; agents print their own."""
        return await printed_answer(forms, await papers.form(id, query.language, ask.require()), paper)

    return routes


async def _full(room: ScoreServices, ask: Ask, id: str) -> ScoreDetail:
    shape = ScoreDetail.full(await room.reading.full(id, ask.require()))
    ask.headers["ETag"] = etag_of(shape)
    return shape


async def _seen(room: ScoreServices, ask: Ask, id: str) -> int:
    full = await room.reading.full(id, ask.require())
    ask.must_match(ScoreDetail.full(full))
    return full.row.rev


def _reading(routes: Routes, room: ScoreServices) -> None:
    @routes.get("/scores", roles=ANYONE)
    async def list_scores(ask: Ask, query: ScoresQuery) -> CountedPage[ScoreShape]:
        """List scores, newest calls first; agents see their own submitted ones, graders also their drafts."""
        person, filter = ask.require(), query.filter()
        total = await room.reading.count(filter, person) if query.total else None
        if query.sort is not None:
            kind = float | None if query.sort.endswith("total") else datetime | None
            place = place_at(query.cursor, query.sort, kind)
            sorted_page = await room.reading.sorted(filter, person, query.sort, query.limit, place)
            shapes = [ScoreShape.of(row) for row in sorted_page.rows]
            return counted_page(shapes, sort_cursor(query.sort, sorted_page.following), total)
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        scores = await room.reading.find(filter, person, query.limit + 1, after)
        page = page_of(list(scores), query.limit, lambda row: encode_cursor(row.called_at, row.id))
        return counted_page([ScoreShape.of(row) for row in page.items], page.next, total)

    @routes.get("/scores/figures", roles=ANYONE)
    async def read_score_figures(ask: Ask, query: ScoreFiguresQuery) -> ScoreFiguresShape:
        """Read scores, passed and failed, with counts and intervals; agents see their own."""
        person = ask.require()
        full, groups = await room.reading.figures(query.filter(), query.by, person)
        marks_of = {}
        if query.by == "agent" and query.since is not None and query.until is not None:
            marks = await room.reading.satisfaction(query.since, query.until)
            mine = marks if person.may(LEADERS) else {key: mark for key, mark in marks.items() if key == person.agent}
            marks_of = {agent: CustomerRatings(marks=count, mean=mean) for agent, (count, mean) in mine.items()}
        return ScoreFiguresShape(all=full, groups=dict(groups), satisfaction=marks_of)

    @routes.get("/scores/{id}", roles=ANYONE)
    async def read_score(ask: Ask, id: str) -> ScoreDetail:
        """Read a score with its answers, history and dispute."""
        return await _full(room, ask, id)

    @routes.get("/scores/{id}/evidence", roles=ANYONE)
    async def read_score_evidence(ask: Ask, id: str) -> ScoreEvidenceShape:
        """Read links to the call, recordings, transcripts and flags, and what the flags suggest."""
        return ScoreEvidenceShape.of(await room.reading.evidence(id, ask.require()))


def _grading(routes: Routes, room: ScoreServices) -> None:
    @routes.post("/scores", roles=LEADERS, status=201)
    async def begin_score(ask: Ask, body: BeginScore) -> ScoreDetail:
        """Begin grading a call or continue your draft; a grader must not have been on the call."""
        row = await room.scores.begin(body.call, ask.require(), body.agent, body.form)
        return await _full(room, ask, row.id)

    @routes.put("/scores/{id}", roles=LEADERS)
    async def save_score(ask: Ask, id: str, body: SaveScore) -> ScoreDetail:
        """Save your draft, with If-Match; the response has the score so far."""
        rev = await _seen(room, ask, id)
        await room.scores.change(id, answers_from(body.answers), body.note, ask.require(), rev)
        return await _full(room, ask, id)

    @routes.post("/scores/{id}/submit", roles=LEADERS)
    async def submit_score(ask: Ask, id: str) -> ScoreDetail:
        """Submit a draft, with If-Match: it never changes again; a review replaces the earlier score."""
        await room.scores.submit(id, ask.require(), await _seen(room, ask, id))
        return await _full(room, ask, id)

    @routes.post("/scores/{id}/discard", roles=LEADERS)
    async def discard_score(ask: Ask, id: str) -> ScoreDetail:
        """Discard your draft."""
        await room.scores.discard(id, ask.require())
        return await _full(room, ask, id)

    @routes.post("/scores/{id}/review", roles=LEADERS, status=201)
    async def review_score(ask: Ask, id: str) -> ScoreDetail:
        """Begin a score that will replace this one; a disputed score only by another person."""
        # A review begins with the earlier answers, so only who may read them begins one.
        await room.reading.score(id, ask.require())
        row = await room.scores.review(id, ask.require())
        return await _full(room, ask, row.id)


def _answering(routes: Routes, room: ScoreServices) -> None:
    @routes.post("/scores/{id}/acknowledge", roles=ANYONE)
    async def acknowledge_score(ask: Ask, id: str) -> ScoreDetail:
        """Acknowledge a score as its agent."""
        await room.disputes.acknowledge(id, ask.require())
        return await _full(room, ask, id)

    @routes.post("/scores/{id}/dispute", roles=ANYONE)
    async def dispute_score(ask: Ask, id: str, body: Objection) -> ScoreDetail:
        """Dispute a score as its agent, within the configured number of days."""
        await room.disputes.dispute(id, ask.require(), body.text, body.items)
        return await _full(room, ask, id)

    @routes.post("/scores/{id}/uphold", roles=LEADERS)
    async def uphold_score(ask: Ask, id: str, body: Upholding) -> ScoreDetail:
        """Uphold a disputed score; not possible for the person who gave it."""
        await room.disputes.uphold(id, ask.require(), body.answer)
        return await _full(room, ask, id)
