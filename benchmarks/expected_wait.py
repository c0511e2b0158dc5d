"""Back-tests the expected wait on simulated days beside Asterisk's own holdtime: the mean error in seconds.

Each day has hours of different load and staff. The past is that of the days before, at the same hour; a caller who has
to wait is predicted when they join. Asterisk's figure is its moving average of the last waits (app_queue.c,
recalc_holdtime: three parts of the old value, one of the new wait), which announcements double and count down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import fmean
from typing import Final

from benchmarks.result import Result
from callcenter.calls.expected_wait.model import Pace, PastCall, estimate, pace_of
from tests.support.queue_simulation import Served, SimCaller, poisson, simulate

HOURS: Final = ((0.8, 6), (1.05, 8), (0.95, 10), (0.9, 5))
"""Load and agents of each hour of the simulated day."""
DAY: Final = datetime(2026, 11, 2, tzinfo=UTC)
COMMAND: Final = "make bench ONLY=expected_wait"
TARGET: Final = "less than Asterisk's own figure; four waits in five in the interval"


@dataclass(frozen=True, slots=True)
class BackTest:
    """Mean absolute errors in seconds; `covered` is the share of waits within the interval."""

    calls: int
    error: float
    holdtime_error: float
    covered: float


def run() -> list[Result]:
    result = back_test(days=20, seed=1)
    return [
        Result(
            "expected_wait.error",
            result.error,
            "s",
            result.holdtime_error,
            result.error / result.holdtime_error,
            TARGET,
            COMMAND,
        ),
        Result("expected_wait.covered", result.covered, "share", 0.8, None, TARGET, COMMAND),
        Result("expected_wait.calls", result.calls, "calls", None, None, TARGET, COMMAND),
    ]


def back_test(days: int, seed: int) -> BackTest:
    """Predict the callers of the last third of the days from the days before."""
    past: list[list[PastCall]] = [[] for _ in HOURS]
    errors: list[float] = []
    theirs: list[float] = []
    inside: list[bool] = []
    for day in range(days):
        for hour, (load, agents) in enumerate(HOURS):
            served = _hour(Random(f"{seed}/{day}/{hour}"), load, agents)
            if day >= days * 2 // 3:
                _predict(served, pace_of(past[hour]), errors, theirs, inside)
            start = DAY + timedelta(days=day, hours=hour)
            past[hour] += [_past(call, start) for call in served]
    return BackTest(len(errors), fmean(errors), fmean(theirs), fmean(inside))


def _hour(random: Random, load: float, agents: int) -> list[Served]:
    callers = [
        SimCaller(str(n), at, random.lognormvariate(4.9, 0.75), -at, patience=random.expovariate(1 / 900))
        for n, at in enumerate(poisson(random, load * agents / 178, 3600))
    ]
    return simulate(callers, {"general": {str(agent): 0 for agent in range(agents)}})


def _predict(
    served: list[Served], pace: Pace | None, errors: list[float], theirs: list[float], inside: list[bool]
) -> None:
    """Compare both figures with the wait of each caller who had to wait and stayed."""
    holdtime = 0.0
    answers = sorted((call.left, call.waited) for call in served if call.agent is not None)
    for call in sorted(served, key=lambda call: call.caller.arrives):
        while answers and answers[0][0] <= call.caller.arrives:
            holdtime = (3 * holdtime + answers.pop(0)[1]) / 4
        wait = estimate(pace, call.ahead, call.serving, call.free)
        if call.free or call.agent is None or wait is None:
            continue
        errors.append(abs(wait.expected - call.waited))
        theirs.append(abs(holdtime - call.waited))
        inside.append(wait.low <= call.waited <= wait.high)


def _past(call: Served, start: datetime) -> PastCall:
    left = start + timedelta(seconds=call.left)
    answered = left if call.agent is not None else None
    return PastCall(
        start + timedelta(seconds=call.caller.arrives),
        left,
        answered,
        answered + timedelta(seconds=call.caller.talks) if answered else left,
    )
