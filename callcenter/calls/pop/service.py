"""Publishes the screen pop: the files are read when the number arrives, so that they are there when the phone rings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from callcenter.calls.access import must_be_theirs
from callcenter.calls.control.errors import CallOver
from callcenter.calls.effects import AgentOffered, NumberSeen
from callcenter.calls.model import CallRecord
from callcenter.calls.pop.deltas import POP, PopDelta
from callcenter.calls.pop.model import Dossier, LineNow, number_of, pop_of
from callcenter.calls.service import CallService
from callcenter.clock import Clock
from callcenter.facts import CallId, Linkedid
from callcenter.web.ports import Publish
from callcenter.web.roles import LEADERS, Person

KEPT: Final = 2000
"""Calls whose files are held; more than any floor has at once."""
FRESH: Final = timedelta(seconds=60)
"""A caller who waited longer than this is read again when the next phone rings."""
PAUSES: Final = (0.2, 1.0, 3.0, 10.0)
"""Seconds before files that could not be read are read again."""
LINE_FRESH: Final = timedelta(seconds=10)
"""How long a line's names are held: they are the same for all of its calls."""
log = structlog.get_logger(__name__)


def always() -> bool:
    """The default for `watched`."""
    return True


class Sources(Protocol):
    """What the rooms have on file of a number, and of a line."""

    async def dossier(self, number: str, member: str = "") -> Dossier: ...
    async def line(self, code: str) -> LineNow: ...


class Floor(Protocol):
    """The live picture (calls/live.py)."""

    def record_of(self, linkedid: Linkedid) -> CallRecord | None: ...
    def record_by_id(self, call: CallId) -> CallRecord | None: ...


class Pops:
    """`number_seen` and `offered` are called by the live picture and never block.

    `watched` is whether a page could show a pop: without one nothing is read, and a page that opens later asks.
    """

    def __init__(
        self,
        floor: Floor,
        calls: CallService,
        sources: Sources,
        publish: Publish,
        clock: Clock,
        watched: Callable[[], bool] = always,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._floor = floor
        self._calls = calls
        self._sources = sources
        self._publish = publish
        self._clock = clock
        self._watched = watched
        self._pauses = pauses
        self._tries: dict[Linkedid, int] = {}
        """How often files that could not be read were tried again."""
        self._known: dict[Linkedid, Dossier] = {}
        self._lines: dict[str, LineNow] = {}
        self._read_at: dict[str, datetime] = {}
        """When each line was read."""
        self._rings: dict[Linkedid, set[str]] = {}
        """The agents whose phones ring although the caller's files are not read yet."""
        self._asked: asyncio.Queue[Linkedid] = asyncio.Queue(KEPT)
        self._asking: set[Linkedid] = set()
        """The calls in `_asked`, and the one that is being read: an offer that comes meanwhile waits for it."""
        self.faults = 0

    def number_seen(self, seen: NumberSeen) -> None:
        if self._watched():
            self._ask(seen.linkedid)

    def offered(self, offer: AgentOffered) -> None:
        if not self._watched():
            return
        dossier, record = self._known.get(offer.linkedid), self._floor.record_of(offer.linkedid)
        # The number may be known before the line is.
        whole = record is not None and (record.line is None or record.line in self._lines)
        if dossier is not None and whole and record is not None and record.member == dossier.member:
            self._send(offer.linkedid, offer.agent, dossier)
        outdated = dossier is None or record is None or record.member != dossier.member
        if outdated or dossier is None or not whole or self._clock() - dossier.at > FRESH:
            self._rings.setdefault(offer.linkedid, set()).add(offer.agent)
            self._ask(offer.linkedid)

    def _ask(self, linkedid: Linkedid) -> None:
        if linkedid not in self._asking and not self._asked.full():
            self._asking.add(linkedid)
            self._asked.put_nowait(linkedid)

    async def run(self) -> None:
        """Read the callers' files until cancelled; a fault of one caller's ends no other's."""
        while True:
            linkedid = await self._asked.get()
            changed = False
            try:
                changed = await self._read(linkedid)
            except Exception:  # Any fault of a room's files: it is logged and counted; the page can ask too.
                self.faults += 1
                log.exception("pop_fault")
                self._again(linkedid)
            finally:
                self._asking.discard(linkedid)
            if changed:
                self._ask(linkedid)

    def _again(self, linkedid: Linkedid) -> None:
        """Read once more after a while, as long as the call lives; the phone that rings waits for it."""
        record, tries = self._floor.record_of(linkedid), self._tries.get(linkedid, 0)
        if record is None or record.ended_at is not None or tries >= len(self._pauses):
            self._tries.pop(linkedid, None)
            return
        self._tries[linkedid] = tries + 1
        asyncio.get_running_loop().call_later(self._pauses[tries], self._ask, linkedid)

    async def _read(self, linkedid: Linkedid) -> bool:
        """Read a caller's files for the phones that ring; True if they became known by another number meanwhile."""
        record = self._floor.record_of(linkedid)
        if record is None:
            self._rings.pop(linkedid, None)
            self._tries.pop(linkedid, None)
            return False
        asked = number_of(record), record.member
        dossier = await self._sources.dossier(*asked)
        record = self._floor.record_of(linkedid) or record
        if asked != (number_of(record), record.member):
            return True
        # The line of a caller may become known while their files are read.
        await self._line(record)
        self._tries.pop(linkedid, None)
        self._known.pop(linkedid, None)
        self._known[linkedid] = dossier
        while len(self._known) > KEPT:
            self._rings.pop(oldest := next(iter(self._known)), None)
            del self._known[oldest]
        for agent in sorted(self._rings.pop(linkedid, ())):
            self._send(linkedid, agent, dossier)
        return False

    async def _line(self, record: CallRecord) -> LineNow:
        if record.line is None:
            return LineNow()
        now, before = self._clock(), self._read_at.get(record.line)
        if before is None or now - before > LINE_FRESH:
            self._lines[record.line] = await self._sources.line(record.line)
            self._read_at[record.line] = now
        return self._lines[record.line]

    def _send(self, linkedid: Linkedid, agent: str, dossier: Dossier) -> None:
        record = self._floor.record_of(linkedid)
        if record is not None and record.ended_at is None:
            line = self._lines.get(record.line or "", LineNow())
            self._publish(POP, pop_of(record, agent, dossier, line), frozenset({agent}))

    async def pop(self, call: CallId, by: Person) -> PopDelta:
        """The pop of a call as it is now: for the agents whose phones ring or who are on it, and for leaders.

        Raises UnknownCall, NotYourCall; and CallOver for an agent once the live picture has dropped the call, because
        from then on they no longer see the customer's number.
        """
        live = self._floor.record_by_id(call)
        record = live or await self._calls.get(call)
        must_be_theirs(by, record.concerned, call, "only the agent whose phone rings, and leaders, see the caller")
        if live is None and not by.may(LEADERS):
            raise CallOver("the call is over, and with it the sight of the caller", call=call)
        dossier = await self._sources.dossier(number_of(record), record.member)
        return pop_of(record, by.agent or "", dossier, await self._line(record))
