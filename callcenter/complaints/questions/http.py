"""Questions and referrals of a case over HTTP."""

from __future__ import annotations

from callcenter.complaints.http import may_change
from callcenter.complaints.questions.referrals import ReferralService
from callcenter.complaints.questions.service import QuestionService
from callcenter.complaints.questions.shapes import (
    CaseAnswerBody,
    CaseQuestionShape,
    QuestionBody,
    ReferralBody,
    ReferralShape,
)
from callcenter.complaints.service import CaseService
from callcenter.complaints.shapes import CaseShape
from callcenter.facts import CaseNumber
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes


def routes(cases: CaseService, questions: QuestionService, referrals: ReferralService) -> Routes:
    routes = Routes("questions")

    @routes.get("/questions", roles=ANYONE)
    async def list_questions(ask: Ask) -> Page[CaseQuestionShape]:
        """List open questions by due time: leaders see all, others their own (W3)."""
        person = ask.require()
        unanswered = await questions.unanswered(None if person.may(LEADERS) else person.id)
        return Page(items=[CaseQuestionShape.model_validate(row) for row in unanswered], next=None)

    @routes.get("/cases/{number}/questions", roles=ANYONE)
    async def case_questions(ask: Ask, number: CaseNumber) -> Page[CaseQuestionShape]:
        """List the questions of a case and their answers."""
        may_change(await cases.case(number), ask.require())
        return Page(items=[CaseQuestionShape.model_validate(row) for row in await questions.of(number)], next=None)

    @routes.post("/cases/{number}/questions", roles=ANYONE, status=201)
    async def ask_question(ask: Ask, number: CaseNumber, body: QuestionBody) -> CaseQuestionShape:
        """Record a question that cannot be answered now: who answers it by when, and the promise (W2, W3, R9)."""
        may_change(await cases.case(number), ask.require())
        row = await questions.ask(
            number,
            body.text,
            body.responsible,
            body.due_at,
            ask.require(),
            promised_at=body.promised_at,
            checked=body.checked,
        )
        return CaseQuestionShape.model_validate(row)

    @routes.post("/questions/{id}/answer", roles=ANYONE)
    async def answer_question(ask: Ask, id: str, body: CaseAnswerBody) -> CaseShape:
        """Record the answer: the customer is called back with it (W3)."""
        person = ask.require()
        return CaseShape.of(await questions.answer(id, body.text, person), person)

    @routes.get("/cases/{number}/referrals", roles=ANYONE)
    async def list_referrals(ask: Ask, number: CaseNumber) -> Page[ReferralShape]:
        """List referrals and enquiries of outside bodies (K8)."""
        may_change(await cases.case(number), ask.require())
        return Page(items=[ReferralShape.model_validate(row) for row in await referrals.of(number)], next=None)

    @routes.post("/cases/{number}/referrals", roles=ANYONE, status=201)
    async def refer_case(ask: Ask, number: CaseNumber, body: ReferralBody) -> ReferralShape:
        """Record that an outside body refers the case or enquires about it, with its deadline (K8)."""
        may_change(await cases.case(number), ask.require())
        row = await referrals.refer(
            number, body.body, body.reference, body.text, body.received_at, body.due_at, ask.require()
        )
        return ReferralShape.model_validate(row)

    @routes.post("/cases/{number}/referrals/{id}/answer", roles=ANYONE)
    async def answer_referral(ask: Ask, number: CaseNumber, id: str, body: CaseAnswerBody) -> ReferralShape:
        """Record an answer to the outside body; each answer is an entry of the history."""
        may_change(await cases.case(number), ask.require())
        return ReferralShape.model_validate(await referrals.answer(number, id, body.text, ask.require()))

    return routes
