"""Defines the result of a benchmark: a value and its baseline from the same run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Final


@dataclass(frozen=True, slots=True)
class Result:
    """`ratio` is value / baseline; `target` describes the goal, `command` reproduces the run."""

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    target: str
    command: str
    limit: float | None = None
    """The run fails when the value is above it."""


BEYOND: Final = 10
"""A percentile is quoted only where at least so many values lie beyond it: the 99th needs a thousand."""


def percentiles(
    name: str, values: Sequence[float], baseline: Sequence[float], target: str, command: str
) -> list[Result]:
    """The median and as high percentiles as the values carry, in milliseconds, each beside the baseline's."""
    ours, theirs = quantiles(values, n=100), quantiles(baseline, n=100)
    return [
        Result(f"{name}.p{at}", ours[at - 1], "ms", theirs[at - 1], ours[at - 1] / theirs[at - 1], target, command)
        for at in (50, 90, 95, 99)
        if at == 50 or len(values) * (100 - at) >= BEYOND * 100
    ]
