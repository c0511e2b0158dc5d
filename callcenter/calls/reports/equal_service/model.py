"""Answer time and outcome by group of callers, with their intervals (R11). Pure.

A mean wait has its normal interval at 95 % (mean and standard error of the answered calls whose wait is known), a share
its Wilson interval. Groups whose intervals do not overlap were served differently; the reason may be the time of day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
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


class Tally:
    """Sums calls by group; a number is looked up in the page of its call."""

    def __init__(self) -> None:
        self._groups = {group: [0, 0, 0, 0.0, 0.0] for group in CallerGroup}

    def add(self, number: str, known: Collection[str], *, answered: bool, waited: float | None) -> None:
        sums = self._groups[group_of(number, known)]
        sums[0] += 1
        if answered:
            sums[1] += 1
            if waited is not None:
                sums[2] += 1
                sums[3] += waited
                sums[4] += waited * waited

    def groups(self) -> Mapping[CallerGroup, Served]:
        return {
            group: Served(int(offered), int(answered), int(waits), wait_sum, wait_squares)
            for group, (offered, answered, waits, wait_sum, wait_squares) in self._groups.items()
        }
