"""Erlang C and Erlang A: what a number of agents achieves for a load, and how many agents a goal needs. Pure.

Calls arrive at random at a constant rate and are served in order by equal agents; conversations have exponential
lengths. Erlang C (M/M/n): callers wait as long as it takes; source: A. K. Erlang (1917), in the form of R. B. Cooper,
Introduction to Queueing Theory, 3.5. Erlang A (M/M/n+M): each caller gives up after an exponential time of mean
`patience`; source: C. Palm (1957), O. Garnett, A. Mandelbaum, M. Reiman, "Designing a Call Center with Impatient
Customers" (2002). Erlang C overstates the wait where callers give up, and has no answer where the load reaches the
agents.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from callcenter.roster.errors import BadLoad

MOST_AGENTS: Final = 2000
NEVER: Final = 1e-300
"""A smaller share of waiting callers is none: its reciprocal overflows."""
NEGLIGIBLE: Final = 1e-12
"""States of the queue with less probability than this, of the likeliest one, are left out."""


@dataclass(frozen=True, slots=True)
class Load:
    """`calls` in `interval` seconds, each with `handling` seconds of conversation and wrap-up.

    `patience` is the mean time in seconds after which a waiting caller gives up; None: never (Erlang C).
    """

    calls: float
    handling: float
    interval: float = 1800.0
    patience: float | None = None

    @property
    def erlangs(self) -> float:
        """The offered load: the mean number of agents who would be busy if no one ever waited."""
        return self.calls * self.handling / self.interval


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a number of agents achieves in the long run.

    `service_level` is the share of all callers who are answered within the threshold, `waits` the share who wait at
    all, `abandons` the share who give up, `mean_wait` the mean wait of all callers in seconds, `occupancy` the share of
    their time in which the agents are busy. With Erlang C and no fewer erlangs than agents the queue grows without end:
    then `mean_wait` is None, the service level 0 and the occupancy 1.
    """

    agents: int
    service_level: float
    waits: float
    abandons: float
    mean_wait: float | None
    occupancy: float


def erlang_b(agents: int, erlangs: float) -> float:
    """The share of calls that find all agents busy where no one may wait; the recursion is stable for any size."""
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = erlangs * blocked / (number + erlangs * blocked)
    return blocked


def erlang_c(agents: int, erlangs: float) -> float:
    """The share of calls that wait; 1 where the load reaches the agents."""
    if erlangs >= agents:
        return 1.0
    blocked = erlang_b(agents, erlangs)
    return blocked / (1 - (erlangs / agents) * (1 - blocked))


def outcome(load: Load, agents: int, within: float) -> Outcome:
    """What `agents` achieve for the load, `within` seconds being the threshold; raises BadLoad."""
    check(load, agents, within)
    if load.calls == 0:
        return Outcome(agents, 1.0, 0.0, 0.0, 0.0, 0.0)
    if agents == 0:
        return Outcome(0, 0.0, 1.0, 0.0 if load.patience is None else 1.0, load.patience, 1.0)
    return _without_end(load, agents, within) if load.patience is None else _impatient(load, agents, within)


def agents_needed(load: Load, goal: float, within: float, most: int = MOST_AGENTS) -> Outcome:
    """The fewest agents with whom the service level reaches `goal`; raises BadLoad where `most` do not suffice."""
    if not 0 < goal < 1:
        raise BadLoad("the goal is a share between 0 and 1", field="goal")
    # More agents never lower the service level, so the answer is found by halving.
    low, high = 0, most
    if outcome(load, high, within).service_level < goal:
        raise BadLoad("no number of agents reaches this goal", field="goal")
    while low < high:
        middle = (low + high) // 2
        if outcome(load, middle, within).service_level >= goal:
            high = middle
        else:
            low = middle + 1
    return outcome(load, low, within)


def rostered(agents: int, shrinkage: float) -> int:
    """How many to plan, so that `agents` are there when the share `shrinkage` is away (breaks, leave, training)."""
    if not 0 <= shrinkage < 1:
        raise BadLoad("shrinkage is a share below 1", field="shrinkage")
    return math.ceil(round(agents / (1 - shrinkage), 9))


def check(load: Load, agents: int, within: float) -> None:
    numbers = {
        "calls": (load.calls, 0, 1e6),
        "handling": (load.handling, 1e-3, 1e5),
        "interval": (load.interval, 1, 1e6),
        "patience": (load.patience if load.patience is not None else 1, 1e-3, 1e6),
        "agents": (agents, 0, MOST_AGENTS),
        "within": (within, 0, 1e5),
    }
    for field, (value, least, most) in numbers.items():
        if not least <= value <= most:
            raise BadLoad("this number is outside of its range", field=field, least=least, most=most)
    if load.erlangs > MOST_AGENTS:
        raise BadLoad("the load is too large", field="calls", most=MOST_AGENTS)


def _without_end(load: Load, agents: int, within: float) -> Outcome:
    erlangs = load.erlangs
    if erlangs >= agents:
        return Outcome(agents, 0.0, 1.0, 0.0, None, 1.0)
    waits, spare = erlang_c(agents, erlangs), agents - erlangs
    level = 1 - waits * math.exp(-spare * within / load.handling)
    return Outcome(agents, level, waits, 0.0, waits * load.handling / spare, erlangs / agents)


def _impatient(load: Load, agents: int, within: float) -> Outcome:
    """The stationary distribution, the states with a queue one by one.

    A caller who finds `ahead` others waiting is served when as many and one more have left; the rates of leaving are
    `busy + j * theta`. Weighted with the caller's own patience, the probability of being served within t is a
    telescoping product times that of a negative binomial count.
    """
    theta = 1 / (load.patience or math.inf)
    arrivals, busy = load.calls / load.interval, agents / load.handling
    blocked = erlang_b(agents, load.erlangs)
    if blocked < NEVER:
        return Outcome(agents, 1.0, 0.0, 0.0, 0.0, load.erlangs / agents)
    queued = list(_queue_weights(arrivals, busy, theta))
    # Relative to the state in which all agents are busy and no one waits; the sum below it is 1 / B - 1 times that.
    below = 1 / blocked - 1
    whole = below + sum(queued)
    served_shares = [busy / (busy + (ahead + 1) * theta) for ahead in range(len(queued))]
    served = sum(weight * share for weight, share in zip(queued, served_shares, strict=True))
    in_time = sum(
        weight * share * late
        for weight, share, late in zip(queued, served_shares, _counts_at_least(busy, theta, within), strict=False)
    )
    abandons = (sum(queued) - served) / whole
    mean_wait = sum(weight * ahead for ahead, weight in enumerate(queued)) / whole / arrivals
    occupancy = load.erlangs * (1 - abandons) / agents
    return Outcome(agents, (below + in_time) / whole, sum(queued) / whole, abandons, mean_wait, occupancy)


def _queue_weights(arrivals: float, busy: float, theta: float) -> Iterator[float]:
    """The weights of the states with all agents busy and 0, 1, 2 ... callers waiting."""
    weight, highest, waiting = 1.0, 1.0, 0
    while weight > NEGLIGIBLE * highest:
        yield weight
        waiting += 1
        weight *= arrivals / (busy + waiting * theta)
        highest = max(highest, weight)


def _counts_at_least(busy: float, theta: float, within: float) -> Iterator[float]:
    """For 0, 1, 2 ... ahead: the probability that they and one more leave within the time, given the own patience.

    The leavings are a birth process with rates (busy + theta) + j * theta, so their count is negative binomial.
    """
    size, spent = busy / theta + 1, theta * within
    if within == 0:
        while True:
            yield 0.0
    log_rest, log_gone = -spent, math.log(-math.expm1(-spent))
    below, count = 0.0, 0
    while True:
        log_term = math.lgamma(count + size) - math.lgamma(count + 1) - math.lgamma(size)
        below += math.exp(log_term + size * log_rest + count * log_gone)
        yield max(0.0, 1 - below)
        count += 1
