"""Keeps who views what, for as long as their pages say so. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

LASTS: Final = timedelta(seconds=45)
"""A page reports every 20 seconds that it still shows the subject; two reports may fail."""
MOST_OF_ONE: Final = 20
"""Things that one person views at a time; the one seen longest ago is dropped."""


class ViewKind(StrEnum):
    CASE = "case"
    CUSTOMER = "customer"
    CALL = "call"
    LOG = "log"


Subject = tuple[ViewKind, str]


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
    """The viewers of each subject; nothing is stored, so that a restart begins empty."""

    def __init__(self) -> None:
        self._viewers: dict[Subject, dict[str, Viewer]] = {}

    def of(self, subject: Subject) -> list[Viewer]:
        """Who views it, in the order of their coming."""
        return sorted(self._viewers.get(subject, {}).values(), key=lambda viewer: (viewer.since, viewer.login))

    def see(self, subject: Subject, viewer: Viewer) -> list[Subject]:
        """Take in a sign of a page; returns the subjects whose viewers have changed."""
        there = self._viewers.setdefault(subject, {})
        before = there.get(viewer.id)
        there[viewer.id] = viewer if before is None else replace(viewer, since=before.since)
        changed = [] if before is not None and before.writing is viewer.writing else [subject]
        mine = sorted((seen.seen, other) for other, seen in self._of_person(viewer.id))
        for _, other in mine[:-MOST_OF_ONE]:
            changed += self.leave(other, viewer.id)
        return changed

    def leave(self, subject: Subject, person: str) -> list[Subject]:
        there = self._viewers.get(subject, {})
        if there.pop(person, None) is None:
            return []
        if not there:
            del self._viewers[subject]
        return [subject]

    def expire(self, now: datetime) -> list[Subject]:
        """Drop those whose pages have been silent; returns the subjects whose viewers have changed."""
        silent = [
            (subject, viewer.id)
            for subject, there in self._viewers.items()
            for viewer in there.values()
            if now - viewer.seen >= LASTS
        ]
        return list(dict.fromkeys(subject for pair in silent for subject in self.leave(*pair)))

    def __len__(self) -> int:
        return sum(map(len, self._viewers.values()))

    def _of_person(self, person: str) -> Iterator[tuple[Subject, Viewer]]:
        for subject, there in self._viewers.items():
            if person in there:
                yield subject, there[person]
