"""Defines the result of a benchmark: a value and its baseline from the same run."""

from __future__ import annotations

from dataclasses import dataclass


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
