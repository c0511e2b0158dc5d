"""Use cases of viewing: a page reports what it shows and receives who else shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, NoReturn

from callcenter.clock import Clock
from callcenter.web.own.service import must_be_person
from callcenter.web.ports import Publish
from callcenter.web.roles import Person
from callcenter.web.viewing.deltas import VIEWING, ViewingDelta
from callcenter.web.viewing.model import Subject, Viewer, Viewings, ViewKind

LOOK_SECONDS: Final = 5.0
MayView = Callable[[str, Person], Awaitable[object]]
"""Raises what the subject's own page raises for this person."""


class Viewing:
    def __init__(self, clock: Clock, publish: Publish, may: Mapping[ViewKind, MayView]) -> None:
        self._clock = clock
        self._publish = publish
        self._may = may
        self._viewings = Viewings()

    async def see(self, kind: ViewKind, key: str, by: Person, *, writing: bool) -> list[Viewer]:
        """Who views it now. Raises NotAPerson and what the subject's page raises."""
        await self._may[kind](key, must_be_person(by))
        now = self._clock()
        viewer = Viewer(by.id, by.login, by.name, by.agent, now, now, writing)
        self._show(self._viewings.see((kind, key), viewer))
        return self._viewings.of((kind, key))

    async def leave(self, kind: ViewKind, key: str, by: Person) -> None:
        """The page shows it no longer; idempotent."""
        subject = (kind, key)
        left = {viewer.agent for viewer in self._viewings.of(subject) if viewer.id == by.id and viewer.agent}
        self._show(self._viewings.leave(subject, by.id), left)

    def expire(self) -> None:
        self._show(self._viewings.expire(self._clock()))

    async def run(self) -> NoReturn:
        """Drop those whose pages have vanished, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.expire()

    def _show(self, subjects: Iterable[Subject], also: Iterable[str] = ()) -> None:
        for kind, key in subjects:
            viewers = self._viewings.of((kind, key))
            delta: ViewingDelta = {
                "kind": kind.value,
                "key": key,
                "people": [
                    {
                        "login": viewer.login,
                        "name": viewer.name,
                        "agent": viewer.agent,
                        "since": viewer.since.isoformat(),
                        "writing": viewer.writing,
                    }
                    for viewer in viewers
                ],
            }
            self._publish(VIEWING, delta, frozenset({viewer.agent for viewer in viewers if viewer.agent} | set(also)))
