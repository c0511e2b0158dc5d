"""Computes how long calls of a line usually are (R6): shown beside a call, never counted against an agent. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Usual:
    """Seconds of talk: half of the calls are no longer than `median`, nine of ten no longer than `p90`."""

    calls: int
    median: float
    p90: float


@dataclass(frozen=True, slots=True)
class Length:
    """A call's talk time beside what was usual when it ended; `usual` is None where there were too few calls."""

    seconds: float
    usual: float | None
    long_from: float

    @property
    def long(self) -> bool:
        return self.seconds > self.long_from


def usual_of(seconds: Sequence[float], least: int) -> Usual | None:
    """Returns None for fewer calls than `least`."""
    if len(seconds) < least:
        return None
    ordered = sorted(seconds)
    return Usual(len(ordered), median(ordered), ordered[-(-9 * len(ordered) // 10) - 1])


def length_of(seconds: float, usual: Usual | None, limit: float) -> Length:
    """`limit` is the centre's soft limit, used for lines without statistics."""
    if usual is None:
        return Length(seconds, None, limit)
    return Length(seconds, usual.median, usual.p90)
