"""Computes how long a caller is expected to wait, and how sure that is, from the line's past at this hour. Pure.

A caller behind others waits until as many calls have ended as there are callers before them and one more. With `n`
agents serving and calls of `h` seconds on average, that takes `places * h / n`. What the line's past waits were of this
figure (their mean, and their spread, which falls with the root of the number of places) corrects it: breaks between
calls, callers who give up, talks of uneven length. Asterisk's own figure is a moving average of the last waits, which
knows neither the callers before this one nor the agents who serve now.

What cannot be known is None: the caller then hears "a few minutes".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor, sqrt
from statistics import fmean, median, pstdev
from typing import Final

LEAST_SAMPLES: Final = 20
"""With fewer past waits at this hour the expected wait is unknown."""
LEAST_WAIT: Final = 3.0
"""A shorter wait is the time until a free agent answers, not a wait for one."""
SURE: Final = 1.2816
"""Standard deviations of the interval that holds four waits in five."""
MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class PastCall:
    """A caller of the past; `answered_at` is None for one who was not answered."""

    queued_at: datetime
    left_at: datetime
    """When they were answered, or gave up."""
    answered_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pace:
    """The line's past at this hour."""

    handling: float
    """Seconds of a call, after-call work included."""
    ratio: float
    """Past waits in units of `places * handling / serving`, on average ..."""
    spread: float
    """... their standard deviation for one place ..."""
    samples: int
    """... and how many there are."""
    pickup: float | None
    """Seconds until a free agent answers."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds; four waits in five lie between `low` and `high`."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SpokenWait:
    """Whole minutes as an announcement names them: "about 3 minutes", or "3 to 5 minutes"."""

    least: int
    most: int


def pace_of(calls: Sequence[PastCall], wrap_up: float = 0.0) -> Pace | None:
    """Derived from past calls of one line at one hour; None when they are too few.

    The calls of an hour must be given with those that overlap it, since they are ahead of its callers.
    """
    talks = [
        (call.ended_at - call.answered_at).total_seconds() + wrap_up
        for call in calls
        if call.answered_at and call.ended_at
    ]
    if not talks:
        return None
    handling, ratios, pickups = fmean(talks), [], []
    for call, ahead, serving in _seen_by(calls, timedelta(seconds=wrap_up)):
        if call.answered_at is None:
            continue
        waited = (call.answered_at - call.queued_at).total_seconds()
        if waited < LEAST_WAIT or not serving:
            pickups.append(waited)
        else:
            places = ahead + 1
            ratios.append((waited * serving / (places * handling), places))
    if len(ratios) < LEAST_SAMPLES or handling <= 0:
        return None
    ratio = fmean(value for value, _ in ratios)
    spread = pstdev((value - ratio) * sqrt(places) for value, places in ratios)
    return Pace(handling, ratio, spread, len(ratios), median(pickups) if pickups else None)


def estimate(pace: Pace | None, ahead: int, serving: int, free: int) -> Estimate | None:
    """The wait of a caller with so many before them, while so many agents serve and so many are free.

    None when it cannot be known: without a past, or without an agent.
    """
    if pace is None or serving + free == 0:
        return None
    places = ahead + 1 - free
    if places <= 0:
        return None if pace.pickup is None else Estimate(pace.pickup, 0.0, max(LEAST_WAIT, pace.pickup))
    unit = places * pace.handling / (serving or free)
    # The error of one wait, and that of the mean of so many.
    error = pace.spread / sqrt(places) * sqrt(1 + 1 / pace.samples)
    expected = unit * pace.ratio
    return Estimate(expected, max(0.0, expected - SURE * error * unit), expected + SURE * error * unit)


def spoken(wait: Estimate | None) -> SpokenWait | None:
    """What is announced; None ("a few minutes") where it is unknown, or so unsure that minutes would be a guess."""
    if wait is None or wait.high - wait.low > max(6 * MINUTE, 2 * wait.expected):
        return None
    least = max(1, floor(wait.low / MINUTE))
    return SpokenWait(least, max(least, ceil(wait.high / MINUTE)))


def may_announce(now: datetime, last: datetime | None, every_seconds: int) -> bool:
    """Whether a waiting caller may hear their place and wait again: never more often than is set; 0 is never."""
    return every_seconds > 0 and (last is None or (now - last).total_seconds() >= every_seconds)


def _seen_by(calls: Iterable[PastCall], wrap_up: timedelta) -> Iterable[tuple[PastCall, int, int]]:
    """Each call with how many waited before it, and how many agents served, when its caller joined."""
    known = sorted(calls, key=lambda call: call.queued_at)
    for place, call in enumerate(known):
        at = call.queued_at
        before = known[:place]
        ahead = sum(other.left_at > at for other in before)
        serving = sum(
            other.answered_at is not None
            and other.answered_at <= at
            and (other.ended_at is None or other.ended_at + wrap_up > at)
            for other in before
        )
        yield call, ahead, serving
