"""Selects whom a satisfaction survey asks: a sample that is reproducible from the same calls and seed. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Served:
    """A customer who was served: the call or the return call, the customer, and the agent."""

    id: str
    customer: str
    agent: str


def sample(served: Iterable[Served], size: int, per_agent: int | None, seed: str) -> list[Served]:
    """At most `size` customers, one call each, at most `per_agent` for each agent.

    The order is that of SHA-256 over seed and id, so it depends on nothing else: neither the clock nor the order of
    the calls.
    """
    asked: set[str] = set()
    agents: Counter[str] = Counter()
    chosen: list[Served] = []
    for candidate in sorted(served, key=lambda element: _place(seed, element.id)):
        if len(chosen) >= size:
            break
        if candidate.customer in asked or (per_agent is not None and agents[candidate.agent] >= per_agent):
            continue
        asked.add(candidate.customer)
        agents[candidate.agent] += 1
        chosen.append(candidate)
    return chosen


def _place(seed: str, id: str) -> str:
    return hashlib.sha256(f"{seed}\0{id}".encode()).hexdigest()
