"""Estimates how a call sounds, and sums up its intervals. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from math import log
from typing import Final

MOST: Final = 720
"""Intervals of one agent on one call: an hour by five seconds, four hours by twenty."""
LATEST: Final = timedelta(minutes=10)
"""How long after a call its last intervals may come."""
SKEW: Final = timedelta(minutes=1)
POOR: Final = 3.1
"""Below it nearly all users are dissatisfied (ITU-T G.107, table B.1: R 60)."""
BUFFER_MS: Final = 20.0
"""A packet's own length, which every network adds to the delay."""


class Cause(StrEnum):
    """What the page holds responsible."""

    GOOD = "good"
    WEAK_NETWORK = "weak_network"
    BAD_NETWORK = "bad_network"
    NOTHING_ARRIVES = "nothing_arrives"
    SILENT_MICROPHONE = "silent_microphone"
    SILENT_CALLER = "silent_caller"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One interval; a value that the browser does not know is None."""

    at: datetime
    seconds: int
    rtt_ms: float | None = None
    jitter_ms: float | None = None
    loss_percent: float | None = None
    lost_there_percent: float | None = None
    codec: str = ""
    cause: Cause = Cause.UNKNOWN

    @property
    def mos(self) -> float | None:
        """The mean opinion score of the worse direction; None where one of its parts is unknown."""
        if self.rtt_ms is None or self.jitter_ms is None or self.loss_percent is None:
            return None
        return mos(self.rtt_ms, self.jitter_ms, max(self.loss_percent, self.lost_there_percent or 0.0))


@dataclass(frozen=True, slots=True)
class Measured:
    """The sound of one agent on one call; averages weigh each interval by its length."""

    agent: str
    seconds: int
    mos: float | None
    worst_mos: float | None
    jitter_ms: float | None
    loss_percent: float | None
    rtt_ms: float | None
    cause: Cause
    """The most lasting trouble; `good` when there was none, unknown when the page did not name any cause."""


@dataclass(frozen=True, slots=True)
class VoiceFigure:
    """Several calls; `mos` is the mean of those whose score is known."""

    agent: str
    calls: int
    mos: float | None
    poor: int


def mos(rtt_ms: float, jitter_ms: float, loss_percent: float) -> float:
    """The score by the E-model (ITU-T G.107), reduced to delay and loss.

    The impairments by delay and by random loss are those of Cole and Rosenbluth, "Voice over IP performance monitoring"
    (2001), for G.711; a jitter buffer holds about twice the jitter.
    """
    delay = rtt_ms / 2 + 2 * jitter_ms + BUFFER_MS
    by_delay = 0.024 * delay + (0.11 * (delay - 177.3) if delay > 177.3 else 0.0)
    by_loss = 30 * log(1 + 15 * loss_percent / 100)
    rating = min(max(94.2 - by_delay - by_loss, 0.0), 100.0)
    return round(max(1.0, 1 + 0.035 * rating + 7e-6 * rating * (rating - 60) * (100 - rating)), 2)


def measured(agent: str, samples: Sequence[Sample]) -> Measured:
    """Sum up the intervals of one agent on one call; there is at least one."""
    scores = [score for sample in samples if (score := sample.mos) is not None]
    return Measured(
        agent=agent,
        seconds=sum(sample.seconds for sample in samples),
        mos=_mean(samples, lambda sample: sample.mos),
        worst_mos=min(scores, default=None),
        jitter_ms=_mean(samples, lambda sample: sample.jitter_ms),
        loss_percent=_mean(samples, lambda sample: sample.loss_percent),
        rtt_ms=_mean(samples, lambda sample: sample.rtt_ms),
        cause=_cause(samples),
    )


def by_agent(samples: Iterable[tuple[str, Sample]]) -> list[Measured]:
    """Sum up the intervals of one call for each of its agents."""
    ordered = sorted(samples, key=lambda pair: (pair[0], pair[1].at))
    return [
        measured(agent, [sample for _, sample in group]) for agent, group in groupby(ordered, key=lambda pair: pair[0])
    ]


def figures(calls: Iterable[Measured]) -> list[VoiceFigure]:
    """The figures of each agent, by number, and of all of them (agent ``) first."""
    every = list(calls)
    agents = sorted({call.agent for call in every})
    return [_figure("", every), *(_figure(agent, [call for call in every if call.agent == agent]) for agent in agents)]


def _figure(agent: str, calls: Sequence[Measured]) -> VoiceFigure:
    scores = [call.mos for call in calls if call.mos is not None]
    mean = round(sum(scores) / len(scores), 2) if scores else None
    return VoiceFigure(agent, len(calls), mean, sum(score < POOR for score in scores))


def _mean(samples: Iterable[Sample], value: Callable[[Sample], float | None]) -> float | None:
    known = [(number, sample.seconds) for sample in samples if (number := value(sample)) is not None]
    if not known:
        return None
    return round(sum(number * weight for number, weight in known) / sum(weight for _, weight in known), 2)


def _cause(samples: Iterable[Sample]) -> Cause:
    lasted: Counter[Cause] = Counter()
    for sample in samples:
        lasted[sample.cause] += sample.seconds
    troubles = {cause: seconds for cause, seconds in lasted.items() if cause not in (Cause.GOOD, Cause.UNKNOWN)}
    if troubles:
        return max(troubles, key=lambda cause: (troubles[cause], cause))
    return Cause.GOOD if lasted[Cause.GOOD] else Cause.UNKNOWN
