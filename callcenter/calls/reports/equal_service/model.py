"""Answer time and outcome by group of callers, with their intervals (R11). Pure.

A mean wait has its normal interval at 95 % (mean and standard error of the answered calls whose wait is known), a share
its Wilson interval. Groups whose intervals do not overlap were served differently; the reason may be the time of day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from math import sqrt

from callcenter.customers.numbers import WITHHELD_WORDS
from callcenter.kit.proportions import Z95


class CallerGroup(StrEnum):
    KNOWN = "known"
    """The number is in a customer's file now."""
    UNKNOWN = "unknown"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Served:
    """Calls offered and answered; of the answered ones with a known wait their number, sum and sum of squares."""

    offered: int = 0
    answered: int = 0
    waits: int = 0
    wait_sum: float = 0.0
    wait_squares: float = 0.0

    def __add__(self, other: Served) -> Served:
        return Served(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Served)))


@dataclass(frozen=True, slots=True)
class Mean:
    """None where there is nothing to average; the interval needs two observations."""

    mean: float | None = None
    low: float | None = None
    high: float | None = None


def mean_wait(served: Served) -> Mean:
    """The mean wait of the answered calls in seconds."""
    if not served.waits:
        return Mean()
    mean = served.wait_sum / served.waits
    if served.waits < 2:
        return Mean(round(mean, 1))
    # Rounding of the sums may leave a tiny negative variance where all waits are equal.
    variance = max(0.0, served.wait_squares - served.waits * mean * mean) / (served.waits - 1)
    half = Z95 * sqrt(variance / served.waits)
    return Mean(round(mean, 1), round(max(0.0, mean - half), 1), round(mean + half, 1))


def group_of(number: str, known: Collection[str]) -> CallerGroup:
    if number.lower() in WITHHELD_WORDS:
        return CallerGroup.WITHHELD
    return CallerGroup.KNOWN if number in known else CallerGroup.UNKNOWN


def by_group(numbers: Iterable[tuple[str, Served]], known: Collection[str]) -> Mapping[CallerGroup, Served]:
    """The sums of every group, from those of each number."""
    groups = dict.fromkeys(CallerGroup, Served())
    for number, served in numbers:
        group = group_of(number, known)
        groups[group] += served
    return groups
