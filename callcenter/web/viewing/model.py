"""Keeps who views what, for as long as their pages say so. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

LASTS: Final = timedelta(seconds=45)
"""A page says every 20 seconds that it still shows the thing: twice may fail."""
MOST_OF_ONE: Final = 20
"""Things that one person views at a time; the one seen longest ago is dropped."""


class ViewKind(StrEnum):
    CASE = "case"
    CUSTOMER = "customer"
    CALL = "call"
    LOG = "log"


Thing = tuple[ViewKind, str]


@dataclass(frozen=True, slots=True)
class Viewer:
    """`id` is the person's; `seen` the last sign of their page."""

    id: str
    login: str
    name: str
    agent: str | None
    since: datetime
    seen: datetime
    writing: bool


class Viewings:
    """The viewers of each thing; nothing is stored, so that a restart begins empty."""

    def __init__(self) -> None:
        self._viewers: dict[Thing, dict[str, Viewer]] = {}

    def of(self, thing: Thing) -> list[Viewer]:
        """Who views it, in the order of their coming."""
        return sorted(self._viewers.get(thing, {}).values(), key=lambda viewer: (viewer.since, viewer.login))

    def see(self, thing: Thing, viewer: Viewer) -> list[Thing]:
        """Take in a sign of a page; returns the things whose viewers have changed."""
        there = self._viewers.setdefault(thing, {})
        before = there.get(viewer.id)
        there[viewer.id] = viewer if before is None else replace(viewer, since=before.since)
        changed = [] if before is not None and before.writing is viewer.writing else [thing]
        mine = sorted((seen.seen, other) for other, seen in self._of_person(viewer.id))
        for _, other in mine[:-MOST_OF_ONE]:
            changed += self.leave(other, viewer.id)
        return changed

    def leave(self, thing: Thing, person: str) -> list[Thing]:
        there = self._viewers.get(thing, {})
        if there.pop(person, None) is None:
            return []
        if not there:
            del self._viewers[thing]
        return [thing]

    def expire(self, now: datetime) -> list[Thing]:
        """Drop those whose pages have been silent; returns the things whose viewers have changed."""
        silent = [
            (thing, viewer.id)
            for thing, there in self._viewers.items()
            for viewer in there.values()
            if now - viewer.seen >= LASTS
        ]
        return list(dict.fromkeys(thing for pair in silent for thing in self.leave(*pair)))

    def __len__(self) -> int:
        return sum(map(len, self._viewers.values()))

    def _of_person(self, person: str) -> Iterator[tuple[Thing, Viewer]]:
        for thing, there in self._viewers.items():
            if person in there:
                yield thing, there[person]
