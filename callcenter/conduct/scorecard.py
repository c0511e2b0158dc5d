"""A scorecard's form as data: sections with weights, items, guidance, what fails the whole card (policy S2). Pure.

A form is TOML, as the follow-up script is. A published version never changes, so a score can always be read with the
words and the weights that it was given by.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from callcenter.catalogue import reader, validation_sentence
from callcenter.errors import Invalid

SOURCE_LIMIT: Final = 64 * 1024
LANGUAGES: Final = ("zh-CN", "en")
DEFAULT_FORM: Final = "service_call"

_Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_Text = Annotated[str, Field(min_length=1, max_length=2000)]
_Clause = Annotated[str, Field(pattern=r"^[A-Z][0-9]{1,2}$")]


class BadForm(Invalid):
    """A form that cannot be published; `facts` name the place of the first problem."""

    code = "bad_score_form"


class ItemKind(StrEnum):
    YES_NO = "yes_no"
    """Answered with yes or no; yes is good."""
    SCALE = "scale"
    """Answered with 0 to `top`."""


class OnFail(StrEnum):
    """What an automatic-fail item does to the card."""

    ZERO = "zero"
    """The card's score is 0."""
    FAILS = "fails"
    """The score stays as it is, and the card has failed whatever it is."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(_Part):
    """One question to the grader.

    `clause` is the clause of policy.md that it rests on; `parts` narrow which parts of that clause's flags suggest a
    "no" (none: all of them). `comment_below` is a share of 0 to 1: at an answer worth less, the grader says why; none
    leaves it to the form's.
    """

    key: _Key
    clause: _Clause
    text: dict[str, _Text]
    guidance: dict[str, _Text] = {}
    kind: ItemKind = ItemKind.YES_NO
    top: int = Field(1, ge=1, le=10)
    weight: int = Field(1, ge=0, le=1000)
    may_be_na: bool = True
    automatic_fail: bool = False
    comment_below: float | None = Field(None, ge=0, le=1)
    parts: tuple[_Key, ...] = Field((), max_length=20)


class Section(_Part):
    key: _Key
    title: dict[str, _Text]
    weight: int = Field(ge=1, le=1000)
    items: tuple[Item, ...] = Field(min_length=1, max_length=40)


class ScoreForm(_Part):
    """`pass_mark` is of 100; weights are relative, of sections in the card and of items in their section."""

    name: _Key
    title: dict[str, _Text]
    languages: tuple[str, ...] = Field(min_length=1, max_length=5)
    pass_mark: float = Field(80, ge=0, le=100)
    comment_below: float = Field(0.5, ge=0, le=1)
    on_fail: OnFail = OnFail.ZERO
    sections: tuple[Section, ...] = Field(min_length=1, max_length=20)

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for section in self.sections for item in section.items)

    def item(self, key: str) -> Item | None:
        return next((one for one in self.items if one.key == key), None)


@dataclass(frozen=True, slots=True)
class FormProblem:
    """What is wrong with a form and where, such as `sections.0.items.2.text.en`."""

    where: str
    message: str
    kind: str = "other"
    context: Mapping[str, object] = field(default_factory=dict)

    def sentence(self) -> str:
        """The fault in the reader's language."""
        return validation_sentence(self.kind, self.context, self.message, reader.get())


def default_source(name: str = DEFAULT_FORM) -> str:
    """The form that comes with the house."""
    return files("callcenter.conduct").joinpath("score_forms", f"{name}.toml").read_text("utf-8")


def sha256_of(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def read_form(source: str) -> ScoreForm:
    """Raises BadForm with the place of the first problem."""
    form, problems = look_through(source)
    if form is None or problems:
        first = problems[0]
        raise BadForm(first.sentence(), where=first.where, problems=len(problems), fault=first.kind)
    return form


def name_of(source: str) -> str:
    """The name that a source says; everything else may still be wrong. Raises BadForm."""
    data = _toml(source)
    name = data.get("name") if isinstance(data, dict) else None
    if not isinstance(name, str) or not name.isidentifier() or not name.isascii() or len(name) > 40:
        first = data if isinstance(data, FormProblem) else FormProblem("name", "a form has no name", "form_name")
        raise BadForm(first.sentence(), where="name", fault=first.kind)
    return name


def look_through(source: str) -> tuple[ScoreForm | None, list[FormProblem]]:
    """The form, when it can be read at all, and everything that is wrong with it."""
    data = _toml(source)
    if isinstance(data, FormProblem):
        return None, [data]
    try:
        form = ScoreForm.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_input=False)
        return None, [_placed(one) for one in found]
    return form, [*_problems(form)]


def _placed(error: ErrorDetails) -> FormProblem:
    return FormProblem(".".join(map(str, error["loc"])), error["msg"], error["type"], error.get("ctx", {}))


def _toml(source: str) -> dict[str, Any] | FormProblem:
    if len(source) > SOURCE_LIMIT or "\0" in source:
        return FormProblem(
            "", f"a form has at most {SOURCE_LIMIT} characters and no NUL", "source_too_long", {"most": SOURCE_LIMIT}
        )
    try:
        return tomllib.loads(source)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return FormProblem("", f"this is not TOML: {error}", "source_not_toml")


def _problems(form: ScoreForm) -> Iterator[FormProblem]:
    for language in form.languages:
        if language not in LANGUAGES:
            facts = {"language": language, "known": ", ".join(LANGUAGES)}
            yield FormProblem("languages", f"{language} is not known", "unknown_language", facts)
    yield from _texts(form, "title", form.title)
    seen: set[str] = set()
    sections: set[str] = set()
    for number, section in enumerate(form.sections):
        where = f"sections.{number}"
        if section.key in sections:
            yield FormProblem(f"{where}.key", "another section has this key", "section_key_taken")
        sections.add(section.key)
        yield from _texts(form, f"{where}.title", section.title)
        if not any(item.weight for item in section.items):
            yield FormProblem(where, "a section has at least one item with a weight", "section_weight")
        for place, item in enumerate(section.items):
            yield from _item_problems(form, f"{where}.items.{place}", item, seen)


def _item_problems(form: ScoreForm, where: str, item: Item, seen: set[str]) -> Iterator[FormProblem]:
    if item.key in seen:
        yield FormProblem(f"{where}.key", "another item has this key", "item_key_taken")
    seen.add(item.key)
    yield from _texts(form, f"{where}.text", item.text)
    if item.guidance:
        yield from _texts(form, f"{where}.guidance", item.guidance)
    if item.kind is ItemKind.YES_NO and item.top != 1:
        yield FormProblem(f"{where}.top", "only a scale has a top", "top_without_scale")
    if item.automatic_fail and item.kind is not ItemKind.YES_NO:
        yield FormProblem(
            f"{where}.automatic_fail", "what fails the card is answered with yes or no", "fail_not_yes_no"
        )
    if not item.weight and not item.automatic_fail:
        yield FormProblem(
            f"{where}.weight", "an item without a weight fails the card, or it says nothing", "weightless"
        )


def _texts(form: ScoreForm, where: str, texts: Mapping[str, str]) -> Iterator[FormProblem]:
    for language in form.languages:
        if not texts.get(language, "").strip():
            yield FormProblem(f"{where}.{language}", "there is no text in this language", "no_text")
    for language in texts:
        if language not in form.languages:
            yield FormProblem(f"{where}.{language}", "the form does not name this language", "language_not_named")
