"""Computes statistics of scores by agent, team, form, section, item and month, with counts and intervals. Pure.

A mean has a 95 % interval by Student's t (W. S. Gosset, Biometrika 6, 1908), a share one by Wilson.
Six graded calls are weak evidence about a person; the interval shows how weak.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median, stdev
from typing import Final

from callcenter.kit.proportions import Z95, Share, share

T975: Final = (
    12.706,
    4.303,
    3.182,
    2.776,
    2.571,
    2.447,
    2.365,
    2.306,
    2.262,
    2.228,
    2.201,
    2.179,
    2.160,
    2.145,
    2.131,
    2.120,
    2.110,
    2.101,
    2.093,
    2.086,
    2.080,
    2.074,
    2.069,
    2.064,
    2.060,
    2.056,
    2.052,
    2.048,
    2.045,
    2.042,
)
"""Student's t at 97.5 % for 1 to 30 degrees of freedom; beyond, Fisher's first term on the normal quantile is used."""


@dataclass(frozen=True, slots=True)
class Graded:
    """A standing score as the statistics use it; sections and items are shares of 0 to 1."""

    agent: str
    team: str | None
    form: str
    month: str
    total: float | None
    passed: bool | None
    failed: bool
    sections: Mapping[str, float]
    items: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Mean:
    """`low` and `high` are None with fewer than two observations."""

    count: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    median: float | None = None
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True, slots=True)
class ScoreFigures:
    """`points` are 0 to 100; `passed` and `failed` (by an automatic-fail item) are shares of the scorecards."""

    points: Mean
    passed: Share
    failed: Share


def mean(values: Iterable[float], lowest: float = 0.0, highest: float = 100.0) -> Mean:
    """Returns the mean with its interval, clipped to the possible range."""
    sample = list(values)
    if not sample:
        return Mean(0)
    middle = fmean(sample)
    rest = (round(median(sample), 2), min(sample), max(sample))
    if len(sample) == 1:
        return Mean(1, round(middle, 2), None, None, *rest)
    half = _t(len(sample) - 1) * stdev(sample) / sqrt(len(sample))
    low, high = max(lowest, middle - half), min(highest, middle + half)
    return Mean(len(sample), round(middle, 2), round(low, 2), round(high, 2), *rest)


def _t(freedom: int) -> float:
    return T975[freedom - 1] if freedom <= len(T975) else Z95 + (Z95**3 + Z95) / (4 * freedom)


def figures(graded: Iterable[Graded]) -> ScoreFigures:
    sample = list(graded)
    return ScoreFigures(
        points=mean(card.total for card in sample if card.total is not None),
        passed=share(sum(card.passed is True for card in sample), sum(card.passed is not None for card in sample)),
        failed=share(sum(card.failed for card in sample), len(sample)),
    )


GROUPS: Final[Mapping[str, Callable[[Graded], str | None]]] = {
    "agent": lambda card: card.agent,
    "team": lambda card: card.team,
    "form": lambda card: card.form,
    "month": lambda card: card.month,
}
PARTS: Final[Mapping[str, Callable[[Graded], Mapping[str, float]]]] = {
    "section": lambda card: card.sections,
    "item": lambda card: card.items,
}


def grouped(graded: Iterable[Graded], by: str) -> dict[str, ScoreFigures]:
    """Returns the figures by agent, team, form, month, section or item; a missing group has the empty name.

    For a section or an item, the points are its own share in per cent, under `form.section` or `form.item`; a card
    counts as passed there when the whole card passed.
    """
    groups: dict[str, list[Graded]] = defaultdict(list)
    for name, card in _named(graded, by):
        groups[name].append(card)
    return {name: figures(group) for name, group in sorted(groups.items())}


def _named(graded: Iterable[Graded], by: str) -> Iterator[tuple[str, Graded]]:
    for card in graded:
        if by in GROUPS:
            yield GROUPS[by](card) or "", card
            continue
        for key, part in PARTS[by](card).items():
            yield (
                f"{card.form}.{key}",
                Graded(
                    agent=card.agent,
                    team=card.team,
                    form=card.form,
                    month=card.month,
                    total=part * 100,
                    passed=card.passed,
                    failed=card.failed,
                    sections={},
                    items={},
                ),
            )
