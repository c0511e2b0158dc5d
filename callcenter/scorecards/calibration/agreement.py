"""Computes agreement beyond chance: per cent, Cohen's and Fleiss' kappa, Krippendorff's alpha. Pure.

J. Cohen, Educ. Psychol. Meas. 20 (1960); J. L. Fleiss, Psychol. Bull. 76 (1971); K. Krippendorff, Computing
Krippendorff's Alpha-Reliability (2011). The result is None where chance explains everything (only one category used),
because the coefficient is undefined then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from itertools import combinations

Unit = Sequence[Hashable | None]
"""What each grader answered to one item; None for a missing answer."""
Distance = Callable[[float, float], float]


def percent(units: Sequence[Unit]) -> float | None:
    """Returns the share of pairs of answers to the same item that are equal, 0 to 1."""
    pairs = [a == b for unit in units for a, b in combinations([rating for rating in unit if rating is not None], 2)]
    return sum(pairs) / len(pairs) if pairs else None


def cohen(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Returns Cohen's kappa of two graders who answered the same items."""
    count = len(first)
    if count == 0 or count != len(second):
        return None
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / count
    left, right = Counter(first), Counter(second)
    by_chance = sum(left[rating] * right[rating] for rating in left) / count**2
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def fleiss(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Returns Fleiss' kappa of three or more graders; every item has the same number of answers."""
    sizes = {len(unit) for unit in units}
    if len(sizes) != 1 or (raters := sizes.pop()) < 2:
        return None
    counts = [Counter(unit) for unit in units]
    within = [sum(n * (n - 1) for n in count.values()) / (raters * (raters - 1)) for count in counts]
    observed = sum(within) / len(units)
    whole = sum(counts, Counter[Hashable]())
    by_chance = sum((n / (raters * len(units))) ** 2 for n in whole.values())
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def nominal(a: float, b: float) -> float:
    """Distance between answers that are either equal or not: 0 or 1."""
    return float(a != b)


def interval(a: float, b: float) -> float:
    """Distance between numeric answers: the squared difference."""
    return (a - b) ** 2


def krippendorff(units: Sequence[Sequence[float | None]], distance: Distance = interval) -> float | None:
    """Returns Krippendorff's alpha for any number of graders; answers may be missing."""
    held = [[rating for rating in unit if rating is not None] for unit in units]
    pairable = [unit for unit in held if len(unit) > 1]
    values = [rating for unit in pairable for rating in unit]
    if not values:
        return None
    observed = sum(
        2 * sum(distance(a, b) for a, b in combinations(unit, 2)) / (len(unit) - 1) for unit in pairable
    ) / len(values)
    expected = 2 * sum(distance(a, b) for a, b in combinations(values, 2)) / (len(values) * (len(values) - 1))
    return None if expected == 0 else 1 - observed / expected
