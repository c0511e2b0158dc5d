"""Computes a score from answers: weights, what does not apply, automatic fails, required comments. Pure.

Uses fractions and rounds once, half up, to two places: the same answers give the same score everywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Final

from callcenter.errors import Conflict, Invalid
from callcenter.flags.model import FlagState
from callcenter.scorecards.forms.model import Item, ItemKind, OnFail, ScoreForm, Section

NA: Final = "na"
COMMENT_LIMIT: Final = 2000
LONGEST_CALL: Final = 86_400.0
Value = str | int


class BadScoreAnswer(Invalid):
    """`facts` name the item."""

    code = "bad_score_answer"


class ScoreIncomplete(Conflict):
    """Answers or comments are missing; `facts` name the first item and how many are missing."""

    code = "score_incomplete"


@dataclass(frozen=True, slots=True)
class Answer:
    """`value` is yes, no, na, or 0 to the scale's top; `second` is the position in the recording."""

    value: Value
    comment: str = ""
    second: float | None = None
    recording: str | None = None


Answers = Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Scored:
    """`total` is what counts, 0 to 100; `earned` what it would be without the automatic fail.

    Both are None when nothing applied. `failed` are the automatic-fail items that were answered with no.
    `sections` and `items` are shares of 0 to 1, without what did not apply.
    """

    total: float | None
    earned: float | None
    passed: bool | None
    failed: tuple[str, ...] = ()
    sections: Mapping[str, float] = field(default_factory=dict)
    items: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Missing:
    """What prevents a score from being submitted: items without an answer or without a required comment."""

    answers: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.answers or self.comments)


def worth(item: Item, value: Value) -> Fraction | None:
    """Returns the value of an answer, 0 to 1; None when the item does not apply. Raises BadScoreAnswer."""
    if value == NA and item.may_be_na:
        return None
    if item.kind is ItemKind.YES_NO and value in ("yes", "no"):
        return Fraction(value == "yes")
    if (
        item.kind is ItemKind.SCALE
        and isinstance(value, int)
        and not isinstance(value, bool)
        and 0 <= value <= item.top
    ):
        return Fraction(value, item.top)
    known = ", ".join(possible(item))
    raise BadScoreAnswer(f"possible answers are {known}", item=item.key, known=known)


def possible(item: Item) -> tuple[str, ...]:
    """Returns the answers that an item accepts, as words."""
    values = ("yes", "no") if item.kind is ItemKind.YES_NO else tuple(str(points) for points in range(item.top + 1))
    return (*values, NA) if item.may_be_na else values


def checked(form: ScoreForm, answers: Answers) -> dict[str, Answer]:
    """Returns the answers in the form's order, each validated. Raises BadScoreAnswer; missing ones are no error yet."""
    for key in answers:
        if form.item(key) is None:
            raise BadScoreAnswer("the form has no such item", item=key[:40], fault="no_such_item")
    checked_answers: dict[str, Answer] = {}
    for item in form.items:
        answer = answers.get(item.key)
        if answer is None:
            continue
        worth(item, answer.value)
        comment = answer.comment.replace("\0", "").strip()
        if len(comment) > COMMENT_LIMIT:
            raise BadScoreAnswer(
                f"a comment has at most {COMMENT_LIMIT} characters", item=item.key, longest=COMMENT_LIMIT
            )
        if answer.second is not None and not 0 <= answer.second <= LONGEST_CALL:
            raise BadScoreAnswer("a second of the recording is 0 or more", item=item.key, latest=LONGEST_CALL)
        checked_answers[item.key] = Answer(answer.value, comment, answer.second, answer.recording)
    return checked_answers


def missing(form: ScoreForm, answers: Answers) -> Missing:
    """Returns the items still to be answered, and those that lack a required comment."""
    unanswered: list[str] = []
    uncommented: list[str] = []
    for item in form.items:
        answer = answers.get(item.key)
        if answer is None:
            unanswered.append(item.key)
            continue
        share = worth(item, answer.value)
        least = form.comment_below if item.comment_below is None else item.comment_below
        low = share is not None and (share < Fraction(str(least)) or (item.automatic_fail and share == 0))
        if low and not answer.comment.strip():
            uncommented.append(item.key)
    return Missing(tuple(unanswered), tuple(uncommented))


def must_be_complete(form: ScoreForm, answers: Answers) -> None:
    """Raises ScoreIncomplete."""
    left = missing(form, answers)
    if left.answers:
        raise ScoreIncomplete("items are not answered", item=left.answers[0], items=len(left.answers))
    if left.comments:
        raise ScoreIncomplete("a reason is required for a low mark", item=left.comments[0], items=len(left.comments))


def score(form: ScoreForm, answers: Answers) -> Scored:
    """Returns the score of these answers; unanswered items are left out, like those that do not apply.

    The weight of an item that does not apply is distributed proportionally over the section's other items, that of a
    section in which nothing applies over the other sections.
    """
    items = {
        item.key: share
        for item in form.items
        if item.key in answers and (share := worth(item, answers[item.key].value)) is not None
    }
    sections = {section.key: share for section in form.sections if (share := _section(section, items)) is not None}
    weights = {section.key: section.weight for section in form.sections}
    earned = _mean((share, weights[key]) for key, share in sections.items())
    failed = tuple(item.key for item in form.items if item.automatic_fail and items.get(item.key) == 0)
    # A failed card has a score even where nothing else applied.
    counted = Fraction(0) if failed and form.on_fail is OnFail.ZERO else earned
    total = None if counted is None else _points(counted)
    passed = False if failed else None if total is None else total >= form.pass_mark
    return Scored(
        total,
        None if earned is None else _points(earned),
        passed,
        failed,
        {key: round(float(share), 4) for key, share in sections.items()},
        {key: round(float(share), 4) for key, share in items.items()},
    )


def _section(section: Section, items: Mapping[str, Fraction]) -> Fraction | None:
    return _mean((items[item.key], item.weight) for item in section.items if item.key in items)


def _mean(weighted: Iterable[tuple[Fraction, int]]) -> Fraction | None:
    pairs = list(weighted)
    whole = sum(weight for _, weight in pairs)
    return sum((share * weight for share, weight in pairs), Fraction(0)) / whole if whole else None


def _points(share: Fraction) -> float:
    points = Decimal(share.numerator * 100) / Decimal(share.denominator)
    return float(points.quantize(Decimal("0.01"), ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Hint:
    """What a flag suggests for an item; the grader decides."""

    item: str
    value: Value
    flag: str
    state: str
    second: float | None
    recording: str | None


@dataclass(frozen=True, slots=True)
class FlagSeen:
    """A flag as the form sees it; `facts` may name parts of the clause, seconds and a recording."""

    id: str
    clause: str
    state: str
    facts: Mapping[str, Any]


def hints(form: ScoreForm, flags: Iterable[FlagSeen]) -> list[Hint]:
    """Returns what the call's flags suggest, by item; an annulled flag suggests nothing."""
    suggested: list[Hint] = []
    valid = [flag for flag in flags if flag.state != FlagState.ANNULLED]
    for item in form.items:
        if item.kind is not ItemKind.YES_NO:
            continue
        for flag in valid:
            named = _parts(flag.facts)
            if flag.clause == item.clause and (not item.parts or not named or named & set(item.parts)):
                suggested.append(Hint(item.key, "no", flag.id, flag.state, *_place(flag.facts)))
    return suggested


def _parts(facts: Mapping[str, Any]) -> set[str]:
    parts = facts.get("parts")
    return {str(part) for part in parts} if isinstance(parts, (list, tuple)) else set()


def _place(facts: Mapping[str, Any]) -> tuple[float | None, str | None]:
    """Returns the first second to listen to, and its recording."""
    named = facts.get("seconds")
    seconds = (
        [float(second) for second in named if isinstance(second, (int, float))]
        if isinstance(named, (list, tuple))
        else []
    )
    recording = facts.get("recording")
    return (min(seconds) if seconds else None, str(recording) if recording else None)


def seal(facts: Mapping[str, Any], answers: Answers, scored: Scored) -> str:
    """Returns the SHA-256 of a submitted score: grader, call, form, every answer and the result."""
    given = {
        "facts": dict(facts),
        "answers": {key: asdict(answer) for key, answer in answers.items()},
        "score": asdict(scored),
    }
    text = json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
