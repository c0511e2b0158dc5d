"""What a benchmark tells: a value beside its baseline from the same run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """`ratio` is value / baseline; `target` says in words what is wanted, `command` how to run it again."""

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    target: str
    command: str
