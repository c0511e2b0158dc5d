"""Computes evaluations from the customer's answers (policy F1, F4). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from callcenter.facts import ReturnCallId
from callcenter.followup.conversations.model import AnswersMissing, Session, Value, filled
from callcenter.followup.model import FINAL, Result
from callcenter.followup.scripts.model import Kind, Means, Question, Script, Step
from callcenter.paper.model import Answer, EvaluationForm, Head
from callcenter.paper.texts import texts_of

_YES_NO = {"zh-CN": {"yes": "是", "no": "否"}, "en": {"yes": "yes", "no": "no"}}


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One question as asked and the customer's answer, both in the language of the conversation."""

    step: str
    question: str
    asked: str
    answer: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A customer's evaluation. `problem` is what is still wrong, "" when nothing is; `reopens` means that a case is
    opened or reopened for it; `complete` is False when the conversation broke off.
    """

    id: str
    item: ReturnCallId
    case: str
    customer: str
    customer_id: str
    phone: str
    agent: str
    call: str
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
    answers: tuple[GivenAnswer, ...]
    form_sha256: str | None = None


def evaluate(script: Script, session: Session, id: str, at: datetime, *, broken_off: bool = False) -> Evaluation:
    """The evaluation of a conversation; only answers on its path count.

    Raises AnswersMissing when it has not reached its end, unless it broke off.
    """
    if session.step and not broken_off:
        raise AnswersMissing(
            "the conversation is not at its end", step=session.step, question=next(iter(session.missing), None)
        )
    given = {question.means: value for _, question, value in _given(script, session) if question.means}
    reopens = any(step.case and step.key in session.answers for step in _gone(script, session))
    solved = given.get(Means.SOLVED)
    satisfaction = given.get(Means.SATISFACTION)
    context = session.context
    return Evaluation(
        id=id,
        item=session.item,
        case=context.case,
        customer=context.customer,
        customer_id=context.customer_id,
        phone=context.phone,
        agent=context.agent,
        call=context.call,
        at=at,
        script=session.script,
        version=session.version,
        language=session.language,
        satisfaction=int(satisfaction) if satisfaction is not None else None,
        solved=None if solved is None else solved == "yes",
        problem=str(given.get(Means.PROBLEM, "")),
        opt_out=given.get(Means.OPT_OUT) == "yes",
        notes=str(given.get(Means.NOTES, "")),
        complete=not session.step,
        reopens=reopens,
        answers=tuple(_answers(script, session)),
    )


class Answered(Protocol):
    """What a customer's answers mean, whether just evaluated or already stored."""

    @property
    def case(self) -> str: ...
    @property
    def complete(self) -> bool: ...
    @property
    def reopens(self) -> bool: ...
    @property
    def problem(self) -> str: ...
    @property
    def solved(self) -> bool | None: ...
    @property
    def satisfaction(self) -> int | None: ...


class Row(NamedTuple):
    """One row of MEANINGS; None matches either value."""

    trouble: bool | None
    complete: bool | None
    solved: bool | None
    marked: bool | None
    case: bool | None
    means: Result | None


MEANINGS: Final = (
    Row(True, None, None, None, None, Result.PROBLEM),
    Row(False, False, None, None, None, None),
    Row(False, True, True, None, True, Result.CONFIRMED),
    Row(False, True, True, None, False, Result.ANSWERED),
    Row(False, True, False, True, None, Result.ANSWERED),
    Row(False, True, False, False, None, None),
)
"""What answers mean for the return call (F1, F2), the first matching row. `trouble`: a problem is named, its step was
reached, or the matter is not solved; it counts in a broken-off conversation as well, nothing else does. `solved`: the
customer confirmed it; `marked`: they gave a mark; `case`: there is a case to confirm.
"""

FITTING: Final[Mapping[Result | None, frozenset[Result]]] = MappingProxyType(
    {
        Result.PROBLEM: frozenset({Result.PROBLEM}),
        Result.CONFIRMED: frozenset({Result.CONFIRMED, Result.PROBLEM}),
        Result.ANSWERED: frozenset({Result.ANSWERED, Result.CONFIRMED, Result.PROBLEM}),
        None: FINAL,
    }
)
"""Which final results an agent may record beside answers of this meaning: a named problem stays a problem."""


def meaning_of(given: Answered) -> Result | None:
    """What a customer's answers mean for the return call; None when they leave it to the agent."""
    facts = (
        given.reopens or bool(given.problem) or given.solved is False,
        given.complete,
        given.solved is True,
        given.satisfaction is not None,
        bool(given.case),
    )
    fits = (row for row in MEANINGS if all(want in (None, is_) for want, is_ in zip(row[:5], facts, strict=True)))
    return next(fits).means


def _gone(script: Script, session: Session) -> Iterator[Step]:
    return (script.step(key) for key in session.path)


def _given(script: Script, session: Session) -> Iterator[tuple[Step, Question, Value]]:
    for step in _gone(script, session):
        answers = session.answers.get(step.key, {})
        for question in step.questions:
            if question.key in answers:
                yield step, question, answers[question.key]


def _answers(script: Script, session: Session) -> Iterator[GivenAnswer]:
    language = session.language
    for step, question, value in _given(script, session):
        asked = filled(question.text[language], session.context)
        yield GivenAnswer(step.key, question.key, asked, _shown(question, value, language))


def _shown(question: Question, value: Value, language: str) -> str:
    match question.kind:
        case Kind.YES_NO:
            return _YES_NO[language][str(value)]
        case Kind.CHOICE:
            return next(choice.text[language] for choice in question.choices if choice.value == value)
        case Kind.SATISFACTION | Kind.TEXT:
            return str(value)


def form_of(evaluation: Evaluation, head: Head, agent: str) -> EvaluationForm:
    """The customer evaluation form, in the language of the conversation; `agent` is number and name."""
    script = texts_of(head.language).get(f"script_{evaluation.script}", evaluation.script)
    return EvaluationForm(
        head=head,
        customer=evaluation.customer,
        phone=evaluation.phone,
        case=evaluation.case,
        agent=agent,
        call=evaluation.call,
        at=evaluation.at,
        script=f"{script} v{evaluation.version}",
        satisfaction=evaluation.satisfaction,
        solved=evaluation.solved,
        problem=evaluation.problem,
        notes=evaluation.notes,
        opt_out=evaluation.opt_out,
        answers=tuple(Answer(answer.asked, answer.answer) for answer in evaluation.answers),
    )
