"""Evaluations over HTTP: leaders see all, agents those of their own calls (F4, S2)."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from pydantic import AwareDatetime, BaseModel

from callcenter.facts import CallId, CaseNumber, ReturnCallId
from callcenter.followup.evaluations.model import Evaluation
from callcenter.followup.evaluations.papers import EvaluationPapers
from callcenter.followup.evaluations.service import EvaluationService
from callcenter.paper.http import printed_answer
from callcenter.paper.service import FormService
from callcenter.paper.shapes import FormQuery, Paper
from callcenter.web.masking import mask_number
from callcenter.web.routes import (
    ANYONE,
    LEADERS,
    Ask,
    Page,
    PageQuery,
    Person,
    Routes,
    decode_cursor,
    encode_cursor,
    page_of,
)


class EvaluationAnswerShape(BaseModel):
    step: str
    question: str
    asked: str
    answer: str


class EvaluationShape(BaseModel):
    """A customer's evaluation. `solved` is null when not asked; `reopens`: a case is opened or reopened for it."""

    id: str
    item: ReturnCallId
    case: CaseNumber | None
    customer: str
    phone: str
    agent: str | None
    call: CallId | None
    at: datetime
    script: str
    version: int
    language: str
    satisfaction: int | None
    solved: bool | None
    problem: str
    opt_out: bool
    notes: str
    complete: bool
    reopens: bool
    answers: list[EvaluationAnswerShape]

    @classmethod
    def of(cls, evaluation: Evaluation, person: Person) -> EvaluationShape:
        values = {name: getattr(evaluation, name) for name in cls.model_fields if name != "answers"}
        values |= {name: values[name] or None for name in ("case", "agent", "call")}
        values["phone"] = evaluation.phone if person.may(LEADERS) else mask_number(evaluation.phone)
        answers = [EvaluationAnswerShape.model_validate(answer, from_attributes=True) for answer in evaluation.answers]
        return cls(**values, answers=answers)


class EvaluationQuery(PageQuery):
    case: CaseNumber | None = None
    agent: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


def routes(service: EvaluationService, papers: EvaluationPapers, forms: FormService) -> Routes:
    routes = Routes("evaluations")

    @routes.get("/evaluations", roles=ANYONE)
    async def list_evaluations(ask: Ask, query: EvaluationQuery) -> Page[EvaluationShape]:
        """List customers' evaluations, newest first; agents see those of their own calls."""
        person = ask.require()
        if not person.may(LEADERS) and person.agent is None:
            return Page(items=[])
        evaluations = await service.find(
            case=query.case,
            agent=query.agent if person.may(LEADERS) else person.agent,
            since=query.since,
            until=query.until,
            limit=query.limit + 1,
            after=decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None,
        )
        page = page_of(list(evaluations), query.limit, lambda evaluation: encode_cursor(evaluation.at, evaluation.id))
        return Page(items=[EvaluationShape.of(evaluation, person) for evaluation in page.items], next=page.next)

    @routes.get("/evaluations/{id}", roles=ANYONE)
    async def read_evaluation(ask: Ask, id: str) -> EvaluationShape:
        """Read an evaluation with all questions and answers."""
        return EvaluationShape.of(await papers.visible(id, ask.require()), ask.require())

    @routes.get("/evaluations/{id}/form.{paper}", roles=ANYONE)
    async def print_evaluation(ask: Ask, id: str, paper: Paper, query: FormQuery) -> web.StreamResponse:
        """Print the customer evaluation form (F1) as html, pdf or docx, in the language of the conversation."""
        person = ask.require()
        visible = await papers.visible(id, person)
        return await printed_answer(forms, await papers.form(visible, person), paper)

    return routes
