"""Sends each person the counts of what waits for them, when they change, so that no page has to ask repeatedly."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final, NoReturn

import structlog
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import TypedDict

from callcenter.announcements.service import ANNOUNCEMENT
from callcenter.callbacks.deltas import CALLBACK
from callcenter.calls.deltas import CALL
from callcenter.complaints.notifier import CASE
from callcenter.errors import CallCentreError
from callcenter.web.live import Feed
from callcenter.web.live_delta import Delta
from callcenter.web.ports import DeltaKind
from callcenter.web.roles import Person

GATHER_SECONDS: Final = 1.0
"""Changes within this time are counted together."""
REMEMBERED: Final = 10_000
"""Cases and return calls whose last holder is remembered: who gives one away has one less."""
log = structlog.get_logger("callcenter.centre")


class TodoDelta(TypedDict):
    """How much waits for `person`, as `GET /me/todo` counts it; each count stops at a hundred."""

    person: str
    calls_without_record: int
    return_calls: int
    cases: int
    cases_of_absent: int
    announcements: int


TODO: Final = DeltaKind("todo", TodoDelta, "the person concerned alone")
Counts = Mapping[str, int]
Count = Callable[[Person], Awaitable[Counts]]
EVERYONE: Final = frozenset({"*"})


class Holders:
    """Whom a change concerns: by person id, by agent number, or everyone. Bounded."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._last: OrderedDict[str, str | None] = OrderedDict()
        self._most = most

    def concerned(self, kind: str, data: Mapping[str, Any]) -> frozenset[str]:
        """The ids and numbers of those whose counts this change may alter."""
        if kind == CASE:
            return self._passed(f"case/{data['number']}", data["owner"])
        if kind == CALLBACK:
            return self._passed(f"callback/{data['id']}", data["agent"])
        if kind == ANNOUNCEMENT:
            return EVERYONE
        if kind == CALL and data["ended_at"] and data["agent"]:
            return frozenset({data["agent"]})
        return frozenset()

    def _passed(self, thing: str, holder: str | None) -> frozenset[str]:
        before = self._last.pop(thing, None)
        self._last[thing] = holder
        if len(self._last) > self._most:
            self._last.popitem(last=False)
        return frozenset(name for name in (before, holder) if name is not None)


class TodoFeed:
    def __init__(self, feed: Feed, count: Count) -> None:
        self._feed = feed
        self._count = count
        self._holders = Holders()
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._sent: dict[str, Counts] = {}
        feed.listeners.append(self.changed)

    def changed(self, delta: Delta) -> None:
        """Note whom a delta concerns; called for every delta, so it only notes."""
        self.note(self._holders.concerned(delta.kind, delta.data))

    def note(self, concerned: Collection[str]) -> None:
        """Note people, by id or agent number, whose lists may have changed."""
        if concerned:
            self._changed.update(concerned)
            self._wake.set()

    async def run(self) -> NoReturn:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_SECONDS)
            await self.send()

    async def send(self) -> None:
        """Count for the people concerned who have a page open, and publish what differs from what they have."""
        self._wake.clear()
        changed, self._changed = self._changed, set()
        people = self._feed.people()
        self._sent = {id: counts for id, counts in self._sent.items() if id in people}
        for person in people.values():
            if changed & {person.id, person.agent} or EVERYONE <= changed:
                await self._send_to(person)

    async def _send_to(self, person: Person) -> None:
        try:
            counts = await self._count(person)
        except (CallCentreError, SQLAlchemyError, OSError) as error:
            # The next change counts again.
            log.warning("todo_not_counted", cause=type(error).__name__)
            return
        if self._sent.get(person.id) != counts:
            self._sent[person.id] = counts
            delta: TodoDelta = {
                "person": person.id,
                "calls_without_record": counts["calls_without_record"],
                "return_calls": counts["return_calls"],
                "cases": counts["cases"],
                "cases_of_absent": counts["cases_of_absent"],
                "announcements": counts["announcements"],
            }
            self._feed.publish(TODO, delta)
