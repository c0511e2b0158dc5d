"""A grading form as data: weighted sections, items, guidance, what fails the whole card (policy S2). Pure.

A form is TOML, like the follow-up script. A published version never changes, so a score can always be read with the
texts and weights by which it was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from callcenter.documents.model import Format, Problem, language_problems, text_problems
from callcenter.errors import Invalid

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
    "no" (none: all of them). `comment_below` is a share of 0 to 1: at an answer worth less, the grader gives a reason;
    none leaves it to the form's.
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
        return next((candidate for candidate in self.items if candidate.key == key), None)


def default_source(name: str = DEFAULT_FORM) -> str:
    """Returns the source of the grading form that is shipped with the software."""
    return files("callcenter.scorecards").joinpath("forms", f"{name}.toml").read_text("utf-8")


def _problems(form: ScoreForm) -> Iterator[Problem]:
    yield from language_problems(form.languages)
    yield from _texts(form, "title", form.title)
    seen: set[str] = set()
    sections: set[str] = set()
    for number, section in enumerate(form.sections):
        where = f"sections.{number}"
        if section.key in sections:
            yield Problem(f"{where}.key", "another section has this key", "section_key_taken")
        sections.add(section.key)
        yield from _texts(form, f"{where}.title", section.title)
        if not any(item.weight for item in section.items):
            yield Problem(where, "a section has at least one item with a weight", "section_weight")
        for place, item in enumerate(section.items):
            yield from _item_problems(form, f"{where}.items.{place}", item, seen)


def _item_problems(form: ScoreForm, where: str, item: Item, seen: set[str]) -> Iterator[Problem]:
    if item.key in seen:
        yield Problem(f"{where}.key", "another item has this key", "item_key_taken")
    seen.add(item.key)
    yield from _texts(form, f"{where}.text", item.text)
    if item.guidance:
        yield from _texts(form, f"{where}.guidance", item.guidance)
    if item.kind is ItemKind.YES_NO and item.top != 1:
        yield Problem(f"{where}.top", "only a scale has a top", "top_without_scale")
    if item.automatic_fail and item.kind is not ItemKind.YES_NO:
        yield Problem(f"{where}.automatic_fail", "what fails the card is answered with yes or no", "fail_not_yes_no")
    if not item.weight and not item.automatic_fail:
        yield Problem(f"{where}.weight", "an item without a weight must be an automatic fail", "weightless")


def _texts(form: ScoreForm, where: str, texts: Mapping[str, str]) -> Iterator[Problem]:
    return text_problems("form", form.languages, where, texts)


def _refusal(first: Problem, count: int) -> BadForm:
    return BadForm(first.sentence(), where=first.where, problems=count, fault=first.kind)


FORMAT: Final = Format("form", ScoreForm, "form_name", _problems, _refusal)
read_form = FORMAT.read
look_through = FORMAT.check
