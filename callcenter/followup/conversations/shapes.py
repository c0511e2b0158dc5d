"""A conversation that follows a script, as the API shows it."""

from __future__ import annotations

from pydantic import BaseModel

from callcenter.facts import ReturnCallId
from callcenter.followup.conversations.model import Session, Value, filled
from callcenter.followup.scripts.model import Kind, Script, values_of

Answered = dict[str, Value]


class ChoiceShape(BaseModel):
    value: str
    text: str


class ScriptQuestionShape(BaseModel):
    key: str
    kind: Kind
    text: str
    required: bool
    values: list[ChoiceShape]
    answer: Value | None


class ScriptStepShape(BaseModel):
    """One step as the agent sees it, filled in; `reached` steps may be answered."""

    key: str
    title: str
    say: str
    reached: bool
    opens_case: bool
    questions: list[ScriptQuestionShape]


class ConversationShape(BaseModel):
    """A conversation's state: `step` is the current step ("" at the end), `missing` its required answers."""

    item: ReturnCallId
    script: str
    version: int
    language: str
    step: str
    missing: list[str]
    path: list[str]
    finished: bool
    rev: int
    steps: list[ScriptStepShape]

    @classmethod
    def of(cls, script: Script, session: Session) -> ConversationShape:
        return cls(
            item=session.item,
            script=session.script,
            version=session.version,
            language=session.language,
            step=session.step,
            missing=list(session.missing),
            path=list(session.path),
            finished=session.finished,
            rev=session.rev,
            steps=[_step(script, session, number) for number in range(len(script.steps))],
        )


_CHOICES = {"zh-CN": {"yes": "是", "no": "否"}, "en": {"yes": "Yes", "no": "No"}}


def _step(script: Script, session: Session, number: int) -> ScriptStepShape:
    step, language = script.steps[number], session.language
    given = session.answers.get(step.key, {})
    questions = []
    for question in step.questions:
        texts = {choice.value: choice.text[language] for choice in question.choices} or _CHOICES[language]
        values = [ChoiceShape(value=value, text=texts.get(value, value)) for value in values_of(question)]
        questions.append(
            ScriptQuestionShape(
                key=question.key,
                kind=question.kind,
                text=filled(question.text[language], session.context),
                required=question.required,
                values=values,
                answer=given.get(question.key),
            )
        )
    return ScriptStepShape(
        key=step.key,
        title=filled(step.title[language], session.context),
        say=filled(step.say[language], session.context),
        reached=step.key in session.path,
        opens_case=step.case,
        questions=questions,
    )
