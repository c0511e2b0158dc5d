"""Defines the follow-up script as data (policy F1-F3). Pure.

A script is TOML: steps in order, each with what to say, what to ask, and branches that lead forward, so every
conversation ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from importlib.resources import files
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import ErrorDetails

from callcenter.documents.model import Format, Problem, language_problems, place_of, text_problems
from callcenter.errors import Conflict, Invalid

PLACES: Final = ("company", "centre", "surname", "agent", "case", "hotline", "customer", "matter")
"""The placeholders that a text may contain in braces."""

PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_Text = Annotated[str, Field(min_length=1, max_length=2000)]


class BadScript(Invalid):
    """A script that cannot be published; `facts` name the step and the field of the first problem."""

    code = "bad_script"


class StepNotReached(Conflict):
    """The conversation does not lead to this step, or has not reached it yet."""

    code = "step_not_reached"


class Kind(StrEnum):
    YES_NO = "yes_no"
    CHOICE = "choice"
    SATISFACTION = "satisfaction"
    """1 (poor) to 5 (good)."""
    TEXT = "text"


class Means(StrEnum):
    """What an answer contributes to the evaluation."""

    SATISFACTION = "satisfaction"
    SOLVED = "solved"
    PROBLEM = "problem"
    OPT_OUT = "opt_out"
    NOTES = "notes"


KIND_OF: Final = {
    Means.SATISFACTION: Kind.SATISFACTION,
    Means.SOLVED: Kind.YES_NO,
    Means.PROBLEM: Kind.TEXT,
    Means.OPT_OUT: Kind.YES_NO,
    Means.NOTES: Kind.TEXT,
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(_Part):
    value: _Key
    text: dict[str, _Text]


class Question(_Part):
    key: _Key
    kind: Kind
    text: dict[str, _Text]
    required: bool = False
    means: Means | None = None
    choices: tuple[Choice, ...] = Field((), max_length=20)


class Branch(_Part):
    """When `question` was answered with one of `is`, the next step is `go`; "end" ends the conversation."""

    question: _Key
    values: tuple[str, ...] = Field(alias="is", min_length=1, max_length=20)
    go: _Key


class Step(_Part):
    """`case`: an answer here is a problem for which a case is opened or reopened."""

    key: _Key
    title: dict[str, _Text]
    say: dict[str, _Text]
    questions: tuple[Question, ...] = Field((), max_length=20)
    branches: tuple[Branch, ...] = Field((), max_length=20)
    case: bool = False


class Script(_Part):
    name: _Key
    title: dict[str, _Text]
    languages: tuple[str, ...] = Field(min_length=1, max_length=5)
    steps: tuple[Step, ...] = Field(min_length=1, max_length=40)

    def step(self, key: str) -> Step:
        """Raises StepNotReached for a step that the script does not have."""
        for step in self.steps:
            if step.key == key:
                return step
        raise StepNotReached("the script has no such step", step=key[:40])


def default_source(name: str = "follow_up") -> str:
    """The script that ships with the product."""
    return files("callcenter.followup").joinpath("scripts", f"{name}.toml").read_text("utf-8")


def _placed(data: Mapping[str, Any], error: ErrorDetails) -> Problem:
    place = error["loc"]
    if place[:1] != ("steps",) or len(place) < 2 or not isinstance(place[1], int):
        return place_of(data, error)
    step = data["steps"][place[1]]
    key = step.get("key") if isinstance(step, dict) else None
    part = key if isinstance(key, str) else f"#{place[1] + 1}"
    return Problem(".".join(map(str, place[2:])), error["msg"], error["type"], error.get("ctx", {}), part)


def _problems(script: Script) -> Iterator[Problem]:
    yield from language_problems(script.languages)
    yield from _texts(script, "", "title", script.title)
    keys = [step.key for step in script.steps]
    meant: set[Means] = set()
    for place, step in enumerate(script.steps):
        if step.key in keys[:place] or step.key == "end":
            yield Problem("key", "another step has this key, or it is `end`", "step_key_taken", part=step.key)
        yield from _texts(script, step.key, "title", step.title)
        yield from _texts(script, step.key, "say", step.say)
        yield from _question_problems(script, step, meant)
        yield from _branch_problems(step, keys[place + 1 :])


def _texts(script: Script, step: str, where: str, texts: Mapping[str, str]) -> Iterator[Problem]:
    yield from text_problems("script", script.languages, where, texts, step)
    for language, text in texts.items():
        for name in PLACEHOLDER.findall(text):
            if name not in PLACES:
                facts = {"place": name, "known": ", ".join(PLACES)}
                yield Problem(f"{where}.{language}", f"{{{name}}} is not known", "unknown_place", facts, part=step)


def _question_problems(script: Script, step: Step, meant: set[Means]) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, question in enumerate(step.questions):
        where = f"questions.{number}"
        if question.key in seen:
            yield Problem(
                f"{where}.key", "another question of this step has this key", "question_key_taken", part=step.key
            )
        seen.add(question.key)
        yield from _texts(script, step.key, f"{where}.text", question.text)
        for place, choice in enumerate(question.choices):
            yield from _texts(script, step.key, f"{where}.choices.{place}.text", choice.text)
        if (question.kind is Kind.CHOICE) != bool(question.choices):
            yield Problem(
                f"{where}.choices", "a choice has choices, and nothing else has", "choices_elsewhere", part=step.key
            )
        if question.means is None:
            continue
        if question.means in meant:
            facts = {"means": question.means.value}
            yield Problem(f"{where}.means", "another question means this already", "means_taken", facts, part=step.key)
        if question.kind is not KIND_OF[question.means]:
            facts = {"means": question.means.value, "kind": KIND_OF[question.means].value}
            yield Problem(f"{where}.kind", "another kind goes with this meaning", "means_kind", facts, part=step.key)
        meant.add(question.means)


def _branch_problems(step: Step, later: Sequence[str]) -> Iterator[Problem]:
    questions = {question.key: question for question in step.questions}
    for number, branch in enumerate(step.branches):
        where = f"branches.{number}"
        asked = questions.get(branch.question)
        if asked is None or not values_of(asked):
            message = "a branch rests on a question of its step with set answers"
            yield Problem(f"{where}.question", message, "branch_question", part=step.key)
        elif not set(branch.values) <= set(values_of(asked)):
            facts = {"known": ", ".join(values_of(asked))}
            yield Problem(f"{where}.is", "this answer is not possible", "branch_answers", facts, part=step.key)
        if branch.go not in (*later, "end"):
            yield Problem(f"{where}.go", "a branch leads to a later step, or to `end`", "branch_go", part=step.key)


def _refusal(first: Problem, count: int) -> BadScript:
    return BadScript(first.sentence(), step=first.part, field=first.where, problems=count, fault=first.kind)


FORMAT: Final = Format("script", Script, "name_form", _problems, _refusal, _placed)
read_script = FORMAT.read
look_through = FORMAT.check


def values_of(question: Question) -> tuple[str, ...]:
    """The possible answers, as texts; none for free text."""
    match question.kind:
        case Kind.YES_NO:
            return ("yes", "no")
        case Kind.SATISFACTION:
            return ("1", "2", "3", "4", "5")
        case Kind.CHOICE:
            return tuple(choice.value for choice in question.choices)
        case Kind.TEXT:
            return ()
