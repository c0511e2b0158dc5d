"""Computes what a calibration (several graders, one call, one form) shows about the grading itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from callcenter.scorecards.calibration.agreement import cohen, fleiss, interval, krippendorff, percent
from callcenter.scorecards.forms.model import ScoreForm
from callcenter.scorecards.scoring import Answers, Value, score, worth


@dataclass(frozen=True, slots=True)
class ItemSpread:
    """One item: each grader's answer, how many pairs agree, how far the best and the worst are apart (0 to 1)."""

    item: str
    values: Mapping[str, Value]
    agreement: float | None
    spread: float | None
    reference: Value | None
    off_reference: int
    """How many graders answered differently from the reference."""


@dataclass(frozen=True, slots=True)
class GraderSpread:
    """One grader; `from_reference` is their total minus the reference's, in points."""

    grader: str
    total: float | None
    passed: bool | None
    from_reference: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kappa` is Cohen's for two graders, Fleiss' for more, over the answers as categories; `alpha` is Krippendorff's
    with interval distance over the values of the answers, where "does not apply" is a missing answer.
    """

    items: tuple[ItemSpread, ...]
    graders: tuple[GraderSpread, ...]
    agreement: float | None
    kappa: float | None
    alpha: float | None
    spread: float | None
    """Highest total minus the lowest, in points."""


def compare(form: ScoreForm, sheets: Mapping[str, Answers], reference: str | None = None) -> Outcome:
    """`sheets` are complete answers by grader; `reference` is the grader against whom the others are measured."""
    graders = sorted(sheets)
    totals = {grader: score(form, sheets[grader]) for grader in graders}
    units = [[sheets[grader][item.key].value for grader in graders] for item in form.items]
    matrix = [[_float(form, key, sheets[grader]) for grader in graders] for key in (item.key for item in form.items)]
    points = [scored.total for scored in totals.values() if scored.total is not None]
    base = totals[reference].total if reference in totals else None
    return Outcome(
        items=tuple(_item(form, item.key, sheets, reference) for item in form.items),
        graders=tuple(
            GraderSpread(grader, scored.total, scored.passed, _from(scored.total, base))
            for grader, scored in totals.items()
        ),
        agreement=_short(percent(units)),
        kappa=_short(cohen([a for a, _ in units], [b for _, b in units]) if len(graders) == 2 else fleiss(units)),
        alpha=_short(krippendorff(matrix, interval)),
        spread=round(max(points) - min(points), 2) if points else None,
    )


def _item(form: ScoreForm, key: str, sheets: Mapping[str, Answers], reference: str | None) -> ItemSpread:
    values = {grader: sheets[grader][key].value for grader in sorted(sheets)}
    worths = [graded for graded in (_float(form, key, sheets[grader]) for grader in sheets) if graded is not None]
    right = values[reference] if reference is not None and reference in values else None
    return ItemSpread(
        item=key,
        values=values,
        agreement=_short(percent([list(values.values())])),
        spread=round(max(worths) - min(worths), 4) if worths else None,
        reference=right,
        off_reference=0 if right is None else sum(graded != right for graded in values.values()),
    )


def _float(form: ScoreForm, key: str, answers: Answers) -> float | None:
    item = form.item(key)
    assert item is not None
    share = worth(item, answers[key].value)
    return None if share is None else float(share)


def _from(total: float | None, base: float | None) -> float | None:
    return None if total is None or base is None else round(total - base, 2)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
