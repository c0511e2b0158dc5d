"""Computes shares with their confidence intervals. Pure.

A share has its Wilson score interval at 95 % (E. B. Wilson, JASA 22, 1927): with few observations it is wide, which a
bare percentage would hide.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

Z95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `count`; the interval is None without any observation."""

    hits: int
    count: int
    share: float | None = None
    low: float | None = None
    high: float | None = None


def share(hits: int, count: int, z: float = Z95) -> Share:
    """A share with its Wilson interval."""
    if count == 0:
        return Share(0, 0)
    p, spread = hits / count, z * z / count
    middle = (p + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(p * (1 - p) / count + spread / (4 * count))
    return Share(hits, count, round(p, 4), round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4))
