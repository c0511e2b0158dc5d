"""What the customer's answers come to (policy F1, F4). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from callcenter.callbacks.model import Result
from callcenter.callbacks.script import (
    AnswersMissing,
    Kind,
    Means,
    Question,
    Script,
    Session,
    Step,
    Value,
    filled,
)
from callcenter.forms.model import Answer, EvaluationForm, Head

_YES_NO = {"zh-CN": {"yes": "是", "no": "否"}, "en": {"yes": "yes", "no": "no"}}


@dataclass(frozen=True, slots=True)
class Said:
    """One question as it was asked and what the customer said, both in the language of the conversation."""

    step: str
    question: str
    asked: str
    answer: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A customer's evaluation. `problem` is what is still wrong, "" when nothing is; `reopens` says that a case is
    opened or reopened for it; `complete` is False when the conversation broke off.
    """

    id: str
    item: str
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
    answers: tuple[Said, ...]
    form_sha256: str | None = None


def evaluate(script: Script, session: Session, id: str, at: datetime, *, broken_off: bool = False) -> Evaluation:
    """The evaluation of a conversation; only what was said on its path counts.

    Raises AnswersMissing when it has not reached its end, unless it broke off.
    """
    if session.step and not broken_off:
        raise AnswersMissing(
            "the conversation is not at its end", step=session.step, question=next(iter(session.missing), None)
        )
    told = {question.means: value for _, question, value in _given(script, session) if question.means}
    reopens = any(step.case and step.key in session.answers for step in _gone(script, session))
    solved = told.get(Means.SOLVED)
    satisfaction = told.get(Means.SATISFACTION)
    context = session.context
    return Evaluation(
        id=id, item=session.item, case=context.case, customer=context.customer, customer_id=context.customer_id,
        phone=context.phone, agent=context.agent, call=context.call, at=at, script=session.script,
        version=session.version, language=session.language,
        satisfaction=int(satisfaction) if satisfaction is not None else None,
        solved=None if solved is None else solved == "yes",
        problem=str(told.get(Means.PROBLEM, "")), opt_out=told.get(Means.OPT_OUT) == "yes",
        notes=str(told.get(Means.NOTES, "")), complete=not session.step, reopens=reopens,
        answers=tuple(_said(script, session)),
    )  # fmt: skip


def result_of(evaluation: Evaluation) -> Result | None:
    """What the answers say about the return call; None when they leave it to the agent.

    A conversation that broke off, or in which nothing was asked, says nothing. A problem never counts as confirmed.
    """
    if evaluation.reopens:
        return Result.PROBLEM
    if not evaluation.complete or (evaluation.solved is None and evaluation.satisfaction is None):
        return None
    if evaluation.solved is False:
        return Result.PROBLEM
    return Result.CONFIRMED if evaluation.case and evaluation.solved else Result.ANSWERED


def _gone(script: Script, session: Session) -> Iterator[Step]:
    return (script.step(key) for key in session.path)


def _given(script: Script, session: Session) -> Iterator[tuple[Step, Question, Value]]:
    for step in _gone(script, session):
        answers = session.answers.get(step.key, {})
        for question in step.questions:
            if question.key in answers:
                yield step, question, answers[question.key]


def _said(script: Script, session: Session) -> Iterator[Said]:
    language = session.language
    for step, question, value in _given(script, session):
        asked = filled(question.text[language], session.context)
        yield Said(step.key, question.key, asked, _shown(question, value, language))


def _shown(question: Question, value: Value, language: str) -> str:
    match question.kind:
        case Kind.YES_NO:
            return _YES_NO[language][str(value)]
        case Kind.CHOICE:
            return next(one.text[language] for one in question.choices if one.value == value)
        case _:
            return str(value)


def form_of(evaluation: Evaluation, head: Head) -> EvaluationForm:
    """The customer evaluation form, in the language of the conversation."""
    return EvaluationForm(
        head=head,
        customer=evaluation.customer,
        phone=evaluation.phone,
        case=evaluation.case,
        agent=evaluation.agent,
        at=evaluation.at,
        script=f"{evaluation.script} v{evaluation.version}",
        satisfaction=evaluation.satisfaction,
        solved=evaluation.solved,
        problem=evaluation.problem,
        notes=evaluation.notes,
        opt_out=evaluation.opt_out,
        answers=tuple(Answer(one.asked, one.answer) for one in evaluation.answers),
    )
