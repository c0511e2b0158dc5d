"""A conversation that follows a script: its current step follows from the answers given so far. Pure.

So it can be resumed after a dropped call, also by another agent, and a corrected answer leads to the right step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from callcenter.errors import Conflict, Invalid
from callcenter.facts import ReturnCallId
from callcenter.followup.scripts.model import (
    PLACEHOLDER,
    PLACES,
    Kind,
    Question,
    Script,
    Step,
    StepNotReached,
    values_of,
)

ANSWER_LIMIT: Final = 4000
Value = str | int
Answers = Mapping[str, Value]


class BadAnswer(Invalid):
    """`facts` name the step and the question."""

    code = "bad_answer"


class AnswersMissing(Conflict):
    """Required answers are missing; `facts` name the step and the first of the questions."""

    code = "answers_missing"


@dataclass(frozen=True, slots=True)
class ScriptContext:
    """The values that fill the texts; `surname` is the agent's, `matter` replaces `{matter}` when it is given."""

    company: str = ""
    centre: str = ""
    surname: str = ""
    agent: str = ""
    case: str = ""
    hotline: str = ""
    customer: str = ""
    language: str = "zh-CN"
    matter: str = ""
    script: str = "follow_up"
    phone: str = ""
    customer_id: str = ""
    call: str = ""
    """The id of the call, empty before there is one."""


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation so far. `step` is the current one, "" at its end; `missing` are that step's required questions
    without an answer; `path` are the steps taken, in order, with `step` as the last.
    """

    item: ReturnCallId
    script: str
    version: int
    language: str
    context: ScriptContext
    answers: Mapping[str, Answers] = field(default_factory=dict)
    step: str = ""
    missing: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    finished: bool = False
    rev: int = 1


def filled(text: str, context: ScriptContext) -> str:
    """The text with its placeholders filled; braces inside a caller's name are not expanded again."""
    places = {name: getattr(context, name) for name in PLACES} | {
        "matter": context.matter or _matter(context),
        "customer": context.customer or ("the person who called us" if context.language == "en" else "机主本人"),
    }
    return PLACEHOLDER.sub(lambda result: places.get(result[1], result[0]), text)


def _matter(context: ScriptContext) -> str:
    if context.language == "en":
        return f"the matter you reported (case {context.case})" if context.case else "your recent call to us"
    return f"您反映的问题(受理编号 {context.case})" if context.case else "您最近一次来电"


def begin(script: Script, version: int, item: ReturnCallId, context: ScriptContext) -> Session:
    """A new conversation; a language that the script does not have falls back to its first one."""
    language = context.language if context.language in script.languages else script.languages[0]
    context = replace(context, language=language)
    return standing(script, Session(item, script.name, version, language, context))


def standing(script: Script, session: Session) -> Session:
    """The session with path, step and missing answers derived from the answers."""
    path: list[str] = []
    step: Step | None = script.steps[0]
    while step is not None:
        path.append(step.key)
        answers = session.answers.get(step.key)
        missing = _missing(step, answers or {})
        if answers is None or missing:
            return replace(session, step=step.key, missing=missing, path=tuple(path))
        step = _next(script, step, answers)
    return replace(session, step="", missing=(), path=tuple(path))


def _missing(step: Step, answers: Answers) -> tuple[str, ...]:
    return tuple(question.key for question in step.questions if question.required and question.key not in answers)


def _next(script: Script, step: Step, answers: Answers) -> Step | None:
    for branch in step.branches:
        if str(answers.get(branch.question, "")) in branch.values:
            return None if branch.go == "end" else script.step(branch.go)
    place = script.steps.index(step) + 1
    return script.steps[place] if place < len(script.steps) else None


def answer(script: Script, session: Session, step: str, answers: Answers) -> Session:
    """Store a step's answers (all of them: an omitted answer is withdrawn) and compute where that leads.

    Steps already taken may be answered again; an answer behind a branch no longer taken is kept but does not count.
    Missing answers are no error until the end: they are listed in `missing`. Raises StepNotReached, BadAnswer.
    """
    if step not in session.path:
        raise StepNotReached("the conversation does not lead to this step", step=step[:40], at=session.step)
    questions = {known.key: known for known in script.step(step).questions}
    checked: dict[str, Value] = {}
    for key, value in answers.items():
        question = questions.get(key)
        if question is None:
            raise BadAnswer("the step has no such question", step=step, question=key[:40], fault="no_such_question")
        checked_value = _checked(step, question, value)
        if checked_value != "":
            checked[key] = checked_value
    return standing(script, replace(session, answers={**session.answers, step: checked}))


def _checked(step: str, question: Question, value: Value) -> Value:
    text = str(value).replace("\0", "").strip()
    if question.kind is Kind.TEXT:
        if len(text) > ANSWER_LIMIT:
            detail = f"at most {ANSWER_LIMIT} characters"
            raise BadAnswer(detail, step=step, question=question.key, longest=ANSWER_LIMIT)
        return text
    if text and text not in values_of(question):
        possible = ", ".join(values_of(question))
        raise BadAnswer(f"possible answers are {possible}", step=step, question=question.key, known=possible)
    return int(text) if text and question.kind is Kind.SATISFACTION else text
