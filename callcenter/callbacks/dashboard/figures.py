"""Computes the figures of the return calls: rates with counts and confidence intervals. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from callcenter.callbacks.model import REACHED, UNCOUNTED, Result
from callcenter.kit.proportions import Share, share

SATISFIED: Final = 4
"""A customer counts as satisfied from this mark (1 to 5) upwards."""


@dataclass(frozen=True, slots=True)
class CallbackFacts:
    """A return call as input to the figures; `tries` are its dials with their results, in order."""

    agent: str | None
    line: str | None
    source: str
    promised: bool
    due_at: datetime
    result: Result | None
    satisfaction: int | None
    tries: tuple[tuple[datetime, Result | None], ...] = ()
    department: str | None = None

    @property
    def dials(self) -> int:
        """Dials that reached the customer's phone."""
        return sum(result is not None and result not in UNCOUNTED for _, result in self.tries)

    @property
    def reached(self) -> bool:
        return any(result in REACHED for _, result in self.tries)

    def kept(self, tolerance: timedelta) -> bool:
        """Whether the customer was dialled by the promised time."""
        return any(at <= self.due_at + tolerance and result not in UNCOUNTED for at, result in self.tries)


@dataclass(frozen=True, slots=True)
class Figures:
    """`contact`: customers reached of those dialled; `kept`: promises kept; `confirmed`: solutions confirmed.

    `satisfied` is the share of marks of 4 and 5, `marks` how often each of 1 to 5 was given.
    """

    items: int
    dials: int
    contact: Share
    tries_per_success: float | None
    kept: Share
    confirmed: Share
    satisfied: Share
    satisfaction: float | None
    marks: tuple[int, int, int, int, int]


def figures(callbacks: Iterable[CallbackFacts], tolerance: timedelta = timedelta(minutes=5)) -> Figures:
    items = list(callbacks)
    dialled = [callback for callback in items if callback.dials]
    reached = [callback for callback in dialled if callback.reached]
    promises = [callback for callback in items if callback.promised and (callback.dials or callback.result is not None)]
    asked = [callback for callback in items if callback.result in (Result.CONFIRMED, Result.PROBLEM)]
    marks = [callback.satisfaction for callback in items if callback.satisfaction is not None]
    dials = sum(callback.dials for callback in items)
    return Figures(
        items=len(items),
        dials=dials,
        contact=share(len(reached), len(dialled)),
        tries_per_success=round(dials / len(reached), 2) if reached else None,
        kept=share(sum(promise.kept(tolerance) for promise in promises), len(promises)),
        confirmed=share(sum(callback.result is Result.CONFIRMED for callback in asked), len(asked)),
        satisfied=share(sum(mark >= SATISFIED for mark in marks), len(marks)),
        satisfaction=round(sum(marks) / len(marks), 2) if marks else None,
        marks=(marks.count(1), marks.count(2), marks.count(3), marks.count(4), marks.count(5)),
    )


GROUPS: Final[Mapping[str, Callable[[CallbackFacts], str | None]]] = {
    "agent": lambda entry: entry.agent,
    "line": lambda entry: entry.line,
    "source": lambda entry: entry.source,
    "department": lambda entry: entry.department,
}


def grouped(callbacks: Iterable[CallbackFacts], by: str) -> dict[str, Figures]:
    """The figures by agent, line, source (cause) or department; return calls without one are under the empty name."""
    groups: dict[str, list[CallbackFacts]] = defaultdict(list)
    for callback in callbacks:
        groups[GROUPS[by](callback) or ""].append(callback)
    return {name: figures(group) for name, group in sorted(groups.items())}
