"""The events login: a snapshot after each login, then facts; it comes back by itself and says when it was away."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime
from typing import Final

import structlog

from callcenter import facts
from callcenter.asterisk import translate
from callcenter.asterisk.ami_link import AmiClosed, AmiLink, AmiLogin, AmiLoginRefused, AmiRefused, AmiTimeout
from callcenter.asterisk.ami_protocol import Message
from callcenter.clock import Clock

log = structlog.get_logger(__name__)

FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
REFUSED_WAIT: Final = 60.0


def waits(wait: float) -> float:
    """The next wait before trying again: doubled, with a limit."""
    return min(wait * 2, LONGEST_WAIT)


def rest_seconds(wait: float, *, refused: bool = False) -> float:
    """How long to rest before the next try, jittered so that many do not return at once; a refused login rests long."""
    return (REFUSED_WAIT if refused else wait) * random.uniform(0.7, 1.3)


class Events:
    """Feeds one sink; `sink.put` waits when the floor is behind, and then Asterisk buffers for us."""

    def __init__(self, login: AmiLogin, clock: Clock, snapshot_seconds: float = 300.0) -> None:
        self._login = login
        self._clock = clock
        self._snapshot_seconds = snapshot_seconds
        self._started = ""
        self.connected = False
        self.last_event_at: datetime | None = None
        self.gaps = 0
        self.events = 0
        self.rests = 0.0
        """Seconds of the last rest before a new try."""

    async def run(self, sink: asyncio.Queue[facts.Fact]) -> None:
        """Connect for ever; ends only when cancelled."""
        wait, told = FIRST_WAIT, False
        while True:
            try:
                link = await AmiLink.connect(self._login)
            except (AmiClosed, AmiTimeout, AmiLoginRefused) as error:
                if not told:
                    log.warning("pbx_away", code=error.code, detail=error.detail)
                    told = True
                self.rests = rest_seconds(wait, refused=isinstance(error, AmiLoginRefused))
                await asyncio.sleep(self.rests)
                wait = waits(wait)
                continue
            failed = ""
            try:
                await self._snapshot(link, sink)
                self.connected, wait, told = True, FIRST_WAIT, False
                log.info("pbx_seen")
                await self._listen(link, sink)
            except (AmiClosed, AmiTimeout, AmiRefused) as error:
                failed = f"{error.code}: {error.detail}"
            finally:
                seen, self.connected = self.connected, False
                await link.close()
            reason = failed or link.reason
            if seen:
                self.gaps += 1
                told = True
                log.warning("pbx_lost", reason=reason)
                await sink.put(facts.LinkLost(self._clock(), reason))
            elif not told:
                log.warning("pbx_snapshot_failed", reason=reason)
                told = True
            self.rests = rest_seconds(wait)
            await asyncio.sleep(self.rests)
            wait = waits(wait)

    async def _listen(self, link: AmiLink, sink: asyncio.Queue[facts.Fact]) -> None:
        """Translate until the connection ends, with a fresh snapshot now and then against drift."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._snapshot_seconds
        while True:
            try:
                async with asyncio.timeout_at(due):
                    message = await link.events.get()
            except TimeoutError:
                await self._snapshot(link, sink)
                due = loop.time() + self._snapshot_seconds
                continue
            if message is None:
                return
            await self._pass_on(message, sink)

    async def _pass_on(self, message: Message, sink: asyncio.Queue[facts.Fact]) -> None:
        self.events += 1
        self.last_event_at = self._clock()
        fact = translate.translate(message, self.last_event_at)
        if fact is not None:
            await sink.put(fact)

    async def _snapshot(self, link: AmiLink, sink: asyncio.Queue[facts.Fact]) -> None:
        """All of the floor, asked on this very connection.

        Events that came before the first question are older than the snapshot and go first. Those that come between
        the questions are newer than one list and older than another, so they wait in the link and follow FloorSeen in
        their order: facts that come twice are harmless, one that is lost (a caller who joins just after the queues
        were listed) is not.
        """
        for _ in range(link.events.qsize()):
            message = link.events.get_nowait()
            if message is None:
                raise AmiClosed("the connection to Asterisk closed before the snapshot")
            await self._pass_on(message, sink)
        status = await link.act("CoreStatus")
        started = f"{status.get('CoreStartupDate')} {status.get('CoreStartupTime')}"
        queue_items = await link.ask_list("QueueStatus")
        channels = await link.ask_list("CoreShowChannels")
        devices = await link.ask_list("DeviceStateList")
        at = self._clock()
        members = tuple(translate.member(item, at) for item in queue_items if item.name == "QueueMember")
        restarted = bool(self._started) and started != self._started
        self._started = started
        await sink.put(
            facts.FloorSeen(
                at,
                tuple(translate.channel(item) for item in channels),
                tuple(translate.entry(item) for item in queue_items if item.name == "QueueEntry"),
                members,
                tuple(translate.device(item, at) for item in devices),
                tuple(item.get("Queue") for item in queue_items if item.name == "QueueParams"),
                restarted,
            )
        )
