"""Calibrations over HTTP: no grader sees another's answers before all have submitted theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from callcenter.facts import CallId
from callcenter.scorecards.calibration.model import Outcome
from callcenter.scorecards.calibration.service import CalibrationSeen
from callcenter.scorecards.forms.model import DEFAULT_FORM
from callcenter.scorecards.model import CalibrationState
from callcenter.scorecards.rows import CalibrationRow
from callcenter.scorecards.services import ScoreServices
from callcenter.scorecards.shapes import AnswerShape, AnswersShape, ScoreEvidenceShape, answers_from
from callcenter.web.roles import AGENT_NUMBER, PERSON_LOGIN
from callcenter.web.routes import LEADERS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, etag_of, page_of

Login = Annotated[str, Field(min_length=1, max_length=200, description=PERSON_LOGIN)]


class BeginCalibration(BaseModel):
    """`graders` are logins; the others are measured against the `reference`, one of them."""

    model_config = ConfigDict(extra="forbid")

    call: CallId = Field(min_length=1, max_length=180)
    agent: str | None = Field(
        None, max_length=400, description=f"the agent whose part of the call is graded: {AGENT_NUMBER}"
    )
    form: str = Field(DEFAULT_FORM, max_length=40)
    title: str = Field("", max_length=200)
    graders: list[Login] = Field(min_length=2, max_length=20)
    reference: Login | None = None


class SheetBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    answers: AnswersShape


class CalibrationLine(BaseModel):
    """A session in the list."""

    id: str
    call: CallId
    agent: str
    title: str
    graders: list[str]
    reference: str | None
    state: CalibrationState
    begun_at: datetime
    begun_by: str
    ended_at: datetime | None

    @classmethod
    def line(cls, row: CalibrationRow) -> CalibrationLine:
        return cls.model_validate(row, from_attributes=True)


class CalibrationShape(CalibrationLine):
    """A session as its reader may see it: `mine` are their answers; `outcome` and `sheets` once all have submitted."""

    form: str
    form_number: int
    submitted: dict[str, bool]
    mine: dict[str, AnswerShape] | None
    mine_submitted_at: datetime | None
    outcome: Outcome | None
    sheets: dict[str, dict[str, AnswerShape]]

    @classmethod
    def of(cls, seen: CalibrationSeen) -> CalibrationShape:
        return cls(
            **CalibrationLine.line(seen.row).model_dump(),
            form=seen.form_name,
            form_number=seen.form_number,
            submitted=dict(seen.submitted),
            mine=_answers(seen.mine.answers) if seen.mine is not None else None,
            mine_submitted_at=seen.mine.submitted_at if seen.mine is not None else None,
            outcome=seen.outcome,
            sheets={grader: _answers(answers) for grader, answers in seen.sheets.items()},
        )


def _answers(answers: dict[str, object]) -> dict[str, AnswerShape]:
    return {key: AnswerShape.model_validate(answer) for key, answer in answers.items()}


def routes(room: ScoreServices) -> Routes:
    routes = Routes("calibrations")
    _sessions(routes, room)
    _sheets(routes, room)
    return routes


def _sessions(routes: Routes, room: ScoreServices) -> None:
    service = room.calibrations

    @routes.get("/calibrations", roles=LEADERS)
    async def list_calibrations(ask: Ask, query: PageQuery) -> Page[CalibrationLine]:
        """List calibration sessions, newest first."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        calibrations = await service.find(ask.require(), query.limit + 1, after)
        page = page_of(list(calibrations), query.limit, lambda row: encode_cursor(row.begun_at, row.id))
        return Page(items=[CalibrationLine.line(row) for row in page.items], next=page.next)

    @routes.post("/calibrations", roles=LEADERS, status=201)
    async def begin_calibration(ask: Ask, body: BeginCalibration) -> CalibrationShape:
        """Begin a session in which several graders grade the same call blind."""
        seen = await service.begin(
            body.call, body.title, body.graders, body.reference, ask.require(), body.agent, body.form
        )
        return CalibrationShape.of(seen)

    @routes.get("/calibrations/{id}", roles=LEADERS)
    async def read_calibration(ask: Ask, id: str) -> CalibrationShape:
        """Read a session, limited to what you may see."""
        shape = CalibrationShape.of(await service.seen(id, ask.require()))
        ask.headers["ETag"] = etag_of(_own(shape))
        return shape

    @routes.get("/calibrations/{id}/evidence", roles=LEADERS)
    async def read_calibration_evidence(ask: Ask, id: str) -> ScoreEvidenceShape:
        """Read links to the call, its recordings, transcripts and flags."""
        row = (await service.seen(id, ask.require())).row
        form = await room.forms.by_id(row.form)
        return ScoreEvidenceShape.of(await room.reading.evidence_of(row.call, row.agent, form))

    @routes.post("/calibrations/{id}/cancel", roles=LEADERS)
    async def cancel_calibration(ask: Ask, id: str) -> CalibrationShape:
        """Cancel a session; it stays blind."""
        return CalibrationShape.of(await service.cancel(id, ask.require()))


def _sheets(routes: Routes, room: ScoreServices) -> None:
    service = room.calibrations

    @routes.put("/calibrations/{id}/sheet", roles=LEADERS)
    async def save_calibration_sheet(ask: Ask, id: str, body: SheetBody) -> CalibrationShape:
        """Save your own answers, with If-Match."""
        rev = await _rev(room, ask, id)
        return _answer(ask, await service.change(id, answers_from(body.answers), ask.require(), rev))

    @routes.post("/calibrations/{id}/submit", roles=LEADERS)
    async def submit_calibration_sheet(ask: Ask, id: str) -> CalibrationShape:
        """Submit your own answers; the last grader's submission reveals all of them to everyone."""
        return _answer(ask, await service.submit(id, ask.require(), await _rev(room, ask, id)))


def _answer(ask: Ask, seen: CalibrationSeen) -> CalibrationShape:
    shape = CalibrationShape.of(seen)
    ask.headers["ETag"] = etag_of(_own(shape))
    return shape


def _own(shape: CalibrationShape) -> CalibrationShape:
    """The part that the reader edits: others who submit meanwhile are no conflict."""
    others: dict[str, object] = {"submitted": {}, "outcome": None, "sheets": {}, "ended_at": None}
    return shape.model_copy(update=others | {"state": CalibrationState.BLIND})


async def _rev(room: ScoreServices, ask: Ask, id: str) -> int:
    seen = await room.calibrations.seen(id, ask.require())
    ask.must_match(_own(CalibrationShape.of(seen)))
    return seen.mine.rev if seen.mine is not None else 0
