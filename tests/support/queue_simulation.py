"""Simulates app_queue: callers in order of QUEUE_PRIO, members by penalty and idle time, rungs that open with waiting.

Times are seconds. For figures that need thousands of calls: fairness (R11), the expected wait beside Asterisk's own.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from callcenter.routing.ladder import STEP


@dataclass(frozen=True, slots=True)
class SimCaller:
    """`prio` is QUEUE_PRIO; `patience` is when they give up."""

    name: str
    arrives: float
    talks: float
    prio: float
    queue: str = "general"
    kind: str = ""
    patience: float = float("inf")
    own: str = ""
    """The caller's own agent, who is rung first if free when they arrive; no one waits for them."""


@dataclass(frozen=True, slots=True)
class Served:
    caller: SimCaller
    ahead: int
    """Callers who waited before them when they arrived, whatever their priority."""
    serving: int
    free: int
    left: float
    agent: str | None

    @property
    def waited(self) -> float:
        return self.left - self.caller.arrives


@dataclass
class _State:
    waiting: dict[str, SimCaller] = field(default_factory=dict)
    seen: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    idle_since: dict[str, float] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    done: list[Served] = field(default_factory=list)


def simulate(
    callers: Sequence[SimCaller],
    penalties: Mapping[str, Mapping[str, int]],
    opens: Mapping[str, tuple[int, ...]] | None = None,
    overflow: Mapping[str, tuple[float, str]] | None = None,
) -> list[Served]:
    """Serve all callers; `penalties` are those of each queue's members, `opens` when further rungs of a queue open.

    `overflow` names, by queue, the seconds after which its callers go on to another queue, with their age.
    """
    rungs, over = opens or {}, overflow or {}
    agents = sorted({agent for members in penalties.values() for agent in members})
    state = _State(idle_since=dict.fromkeys(agents, 0.0))
    events: list[tuple[float, int, str, str]] = []
    by_name = {caller.name: caller for caller in callers}
    for place, caller in enumerate(callers):
        heapq.heappush(events, (caller.arrives, place, "arrives", caller.name))
        heapq.heappush(events, (caller.arrives + caller.patience, place, "gives_up", caller.name))
        if caller.queue in over:
            heapq.heappush(events, (caller.arrives + over[caller.queue][0], place, "overflows", caller.name))
        for opening in rungs.get(caller.queue, ()):
            heapq.heappush(events, (caller.arrives + opening, place, "opens", caller.name))
    while events:
        now, place, what, name = heapq.heappop(events)
        if now == float("inf"):
            break
        if what == "arrives":
            free = len(agents) - len(state.busy)
            state.seen[name] = (len(state.waiting), len(state.busy), free)
            state.waiting[name] = by_name[name]
        elif what == "gives_up" and name in state.waiting:
            state.done.append(Served(state.waiting.pop(name), *state.seen[name], now, None))
        elif what == "overflows" and name in state.waiting:
            state.waiting[name] = replace(state.waiting[name], queue=over[by_name[name].queue][1])
        elif what == "ends":
            state.busy.discard(name)
            state.idle_since[name] = now
        for caller, agent in _matches(state, penalties, rungs, now):
            state.waiting.pop(caller.name)
            state.busy.add(agent)
            state.done.append(Served(caller, *state.seen[caller.name], now, agent))
            heapq.heappush(events, (now + caller.talks, place, "ends", agent))
    return state.done


def _matches(
    state: _State, penalties: Mapping[str, Mapping[str, int]], rungs: Mapping[str, tuple[int, ...]], now: float
) -> list[tuple[SimCaller, str]]:
    matches: list[tuple[SimCaller, str]] = []
    taken: set[str] = set()
    for caller in sorted(state.waiting.values(), key=lambda entry: (-entry.prio, entry.arrives)):
        opens = rungs.get(caller.queue)
        # The sum of two floats may be a hair above their difference.
        open_rungs = 1 + sum(now - caller.arrives >= at - 1e-6 for at in opens) if opens is not None else 10
        free = [
            (penalty, state.idle_since[agent], agent)
            for agent, penalty in penalties[caller.queue].items()
            if agent not in state.busy and agent not in taken and penalty < STEP * open_rungs
        ]
        if free:
            agents = [agent for _, _, agent in free]
            # Callers who wait longer were served before: force_longest_waiting_caller in queues.conf.
            agent = caller.own if caller.own in agents and caller.arrives == now else min(free)[2]
            taken.add(agent)
            matches.append((caller, agent))
    return matches


def poisson(random: Random, per_second: float, seconds: float) -> list[float]:
    """Arrivals of a Poisson process."""
    result, at = [], random.expovariate(per_second)
    while at < seconds:
        result.append(at)
        at += random.expovariate(per_second)
    return result
