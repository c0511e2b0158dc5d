"""Handles questions that could not be answered at once (W2, W3, R9)."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import select

from callcenter.complaints import store
from callcenter.complaints.errors import AlreadyAnswered, BadCase, CaseClosed, NotYourStep, UnknownQuestion
from callcenter.complaints.model import Case, Event, Kind, Level, State
from callcenter.complaints.parts import Parts, level_of
from callcenter.complaints.rows import CaseQuestionRow
from callcenter.complaints.service import CaseService
from callcenter.complaints.steps.model import OVER
from callcenter.complaints.store import Action, actor_of
from callcenter.facts import CaseNumber
from callcenter.web.people import PeopleService
from callcenter.web.roles import Person

LONGEST = 20_000


def required_text(text: str, name: str) -> str:
    if not text.strip() or len(text) > LONGEST or "\0" in text:
        raise BadCase(f"write the {name}: at most {LONGEST} characters", field=name, fault="text", most=LONGEST)
    return text.strip()


def _check_open(case: Case) -> None:
    if case.state in OVER:
        raise CaseClosed("a closed case takes no more questions; reopen it", case=case.number)


class QuestionService:
    def __init__(self, parts: Parts, cases: CaseService, people: PeopleService) -> None:
        self._parts = parts
        self._people = people
        self._cases = cases

    async def ask(
        self,
        number: CaseNumber,
        text: str,
        responsible: str,
        due_at: datetime,
        by: Person,
        *,
        promised_at: datetime | None = None,
        checked: bool = True,
    ) -> CaseQuestionRow:
        """Records a question for the person who finds the answer.

        Raises BadCase, CaseClosed, UnknownCase, UnknownPerson.
        """
        now = self._parts.clock()
        _check_open(await self._cases.case(number))
        await self._people.living(responsible)
        for field, at in (("due_at", due_at), ("promised_at", promised_at)):
            if at is not None and at <= now:
                raise BadCase("the answer is due in the future", field=field)
        row = CaseQuestionRow(
            id=uuid4().hex,
            case=number,
            text=required_text(text, "question"),
            checked=checked,
            responsible=responsible,
            due_at=due_at,
            promised_at=promised_at,
            asked_by=by.id,
            asked_at=now,
        )
        async with self._parts.database.write() as session:
            case = store.case_of(await store.row_of(session, number, to_change=True))
            _check_open(case)
            session.add(row)
            facts = {"question": row.id, "text": row.text, "responsible": responsible, "due_at": due_at}
            await store.note(session, case, Action(now, actor_of(by), "asked", facts))
            await self._parts.notifier.changed(session, case, "asked", by, question=row.id)
        return row

    async def answer(self, id_: str, text: str, by: Person) -> Case:
        """Records the answer; once all questions of an enquiry are answered, a return call passes them on (W3).

        Raises UnknownQuestion, AlreadyAnswered, BadCase.
        """
        answer, now = required_text(text, "answer"), self._parts.clock()
        async with self._parts.database.write() as session:
            question = await session.get(CaseQuestionRow, id_)
            if question is None:
                raise UnknownQuestion("there is no such question", question=id_[:40])
            # The case's row is always locked first, so that two answers cannot deadlock.
            row = await store.row_of(session, question.case, to_change=True)
            await session.refresh(question)
            involved = {question.responsible, question.asked_by, row.owner, row.received_by, *row.watchers}
            if by.id not in involved and level_of(by) < Level.SUPERVISOR:
                raise NotYourStep("this question is assigned to another person", case=row.number)
            if question.answer is not None:
                raise AlreadyAnswered("this question has its answer", question=id_)
            question.answer, question.answered_by, question.answered_at = answer, by.id, now
            await session.flush()
            case = store.case_of(row)
            facts = {"question": id_, "text": answer}
            await store.note(session, case, Action(now, actor_of(by), "answered", facts))
            open_ones = select(CaseQuestionRow.id).where(
                CaseQuestionRow.case == row.number, CaseQuestionRow.answer.is_(None)
            )
            whole = await session.scalar(open_ones.limit(1)) is None
            if whole and case.facts.kind is Kind.ENQUIRY and case.state is State.RECEIVED:
                return await self._cases.step_in(session, row, Event.ANSWER, by, reason=answer)
        return case

    async def of(self, number: CaseNumber) -> list[CaseQuestionRow]:
        async with self._parts.database.read() as session:
            await store.row_of(session, number)
            query = select(CaseQuestionRow).where(CaseQuestionRow.case == number)
            return list(await session.scalars(query.order_by(CaseQuestionRow.asked_at, CaseQuestionRow.id)))

    async def unanswered(self, responsible: str | None = None) -> list[CaseQuestionRow]:
        """Returns open questions by due time: those of one person, or all."""
        query = select(CaseQuestionRow).where(CaseQuestionRow.answered_at.is_(None)).order_by(CaseQuestionRow.due_at)
        if responsible is not None:
            query = query.where(CaseQuestionRow.responsible == responsible)
        async with self._parts.database.read() as session:
            return list(await session.scalars(query.limit(500)))
