"""The events login: a snapshot after each login, then facts; it reconnects by itself and reports gaps.

A connection that falls silent is not given up at once: its events may only be delayed. A second one is opened beside
it, and whichever of the two answers first is used.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog

from callcenter import facts
from callcenter.asterisk import translate
from callcenter.asterisk.ami_errors import AmiClosed, AmiLoginRefused, AmiRefused, AmiTimeout
from callcenter.asterisk.ami_link import AmiLink
from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.ami_protocol import Message
from callcenter.asterisk.genuine import consistent, genuine
from callcenter.asterisk.reconnecting import FIRST_WAIT, rest_seconds, waits
from callcenter.asterisk.sip_guard import KINDS
from callcenter.clock import Clock

log = structlog.get_logger(__name__)

RETURN_SECONDS: Final = 1.0
"""How long a silent connection may still recover after another one has been opened."""
UNREACHABLE: Final = {"UNAVAILABLE": 5, "INVALID": 4}
"""A device's state as DeviceStateChange names it, and its number in a queue member's status."""
DIALPLAN_MODULES: Final = frozenset({"All", "pbx_config.so"})
"""What a Reload event names after `core reload` (main/loader.c: ast_module_reload) and `module reload pbx_config.so`.

Both clear the global variables. The console's `dialplan reload` does so as well and sends no event.
"""
_PHONE: Final = re.compile(r"PJSIP/[A-Za-z0-9_-]{1,40}")


class LinkState(StrEnum):
    """State of the events connection: `stale` is open but silent, `lost` is closed."""

    LIVE = "live"
    STALE = "stale"
    LOST = "lost"


class Events:
    """Feeds one sink; `sink.put` waits while the floor lags, and the sockets then buffer (ami_link.py: _read)."""

    def __init__(self, login: AmiLogin, clock: Clock, snapshot_seconds: float = 300.0) -> None:
        self._login = login
        self._clock = clock
        self.refused: list[Callable[[Message], object]] = []
        """Called with each event of a refused SIP request; must neither block nor raise."""
        self.reloaded: list[Callable[[], object]] = []
        """Called after Asterisk has read its dialplan again; must neither block nor raise."""
        self._snapshot_seconds = snapshot_seconds
        self._started = ""
        self._link: AmiLink | None = None
        self._successor: AmiLink | None = None
        self.state = LinkState.LOST
        self.last_event_at: datetime | None = None
        self.gaps = 0
        self.restarts = 0
        """How often a snapshot showed that Asterisk itself had restarted: its calls were cut."""
        self.events = 0
        self.forged = 0
        """Events that are not in the form in which Asterisk writes them, and phones falsely reported gone."""
        self.rests = 0.0
        """Seconds of the last wait before a retry."""

    @property
    def connected(self) -> bool:
        """Whether the floor picture is current."""
        return self.state is LinkState.LIVE

    def prove(self) -> None:
        """Request a LinkProven as of now; without a connection there is nothing to prove."""
        if self._link is not None:
            self._link.prove()

    async def run(self, sink: asyncio.Queue[facts.Fact]) -> None:
        """Connect and reconnect; ends only when cancelled."""
        wait, logged = FIRST_WAIT, False
        while True:
            link, self._successor = self._successor or await self._connect(quiet=logged), None
            failed, seen = "", False
            try:
                await self._snapshot(link, sink)
                self._link, self.state, seen = link, LinkState.LIVE, True
                wait, logged = FIRST_WAIT, False
                log.info("pbx_seen")
                await self._listen(link, sink)
            except (AmiClosed, AmiTimeout, AmiRefused) as error:
                failed = f"{error.code}: {error.detail}"
            finally:
                self._link, self.state = None, LinkState.LOST
                await link.close()
            reason = failed or link.reason
            if seen:
                self.gaps += 1
                log.warning("pbx_lost", reason=reason)
                await sink.put(facts.LinkLost(self._clock(), reason))
            elif not logged:
                log.warning("pbx_snapshot_failed", reason=reason)
            logged = True
            if self._successor is None:
                wait = await self._rest(wait)

    async def _connect(self, *, quiet: bool) -> AmiLink:
        """Try until a login is accepted."""
        wait = FIRST_WAIT
        while True:
            try:
                return await AmiLink.connect(self._login)
            except (AmiClosed, AmiTimeout, AmiLoginRefused) as error:
                if not quiet:
                    log.warning("pbx_away", code=error.code, detail=error.detail)
                    quiet = True
                wait = await self._rest(wait, refused=isinstance(error, AmiLoginRefused))

    async def _rest(self, wait: float, *, refused: bool = False) -> float:
        near = self._login.is_loopback
        self.rests = rest_seconds(wait, refused=refused, near=near)
        await asyncio.sleep(self.rests)
        return waits(wait, near=near)

    async def _listen(self, link: AmiLink, sink: asyncio.Queue[facts.Fact]) -> None:
        """Translate until the connection ends, with a periodic snapshot against drift.

        A ping wakes this up when a snapshot is due: a timeout for each wait would cost more than most events.
        """
        loop = asyncio.get_running_loop()
        due = loop.time() + self._snapshot_seconds
        waking = loop.call_at(due, link.prove)
        guard = asyncio.create_task(self._guard(link, sink), name="ami-guard")
        try:
            while True:
                message = await link.events.get()
                if message is None:
                    return
                await self._pass_on(link, message, sink)
                if loop.time() >= due:
                    await self._again(link, sink)
                    due = loop.time() + self._snapshot_seconds
                    waking = loop.call_at(due, link.prove)
        finally:
            waking.cancel()
            guard.cancel()
            await asyncio.gather(guard, return_exceptions=True)

    async def _again(self, link: AmiLink, sink: asyncio.Queue[facts.Fact]) -> None:
        """Take a snapshot against drift. One that comes too late costs nothing.

        The connection with its events stays.
        """
        if link.stale.is_set():
            return
        try:
            await self._snapshot(link, sink)
        except AmiTimeout as error:
            log.info("pbx_snapshot_late", detail=error.detail)

    async def _guard(self, link: AmiLink, sink: asyncio.Queue[facts.Fact]) -> None:
        """When the connection falls silent, publish that and open another one unless the first recovers."""
        while True:
            await link.stale.wait()
            self.state = LinkState.STALE
            log.warning("pbx_silent")
            await sink.put(facts.LinkStale(self._clock()))
            successor = await self._replacement(link)
            if successor is not None:
                self._successor = successor
                link.abandon("Asterisk sent nothing; another connection has replaced this one")
                return
            self.state = LinkState.LIVE
            link.prove()

    async def _replacement(self, silent: AmiLink) -> AmiLink | None:
        """Return another connection, or None when the silent one recovers first: that one has lost nothing."""
        making = asyncio.create_task(self._connect(quiet=True), name="ami-replacement")
        coming_back = asyncio.create_task(silent.fresh.wait(), name="ami-coming-back")
        opened: AmiLink | None = None
        try:
            await asyncio.wait((making, coming_back), return_when=asyncio.FIRST_COMPLETED)
            if coming_back.done():
                return None
            # If the network as a whole recovered, the silent connection answers at the same moment.
            await asyncio.wait((coming_back,), timeout=RETURN_SECONDS)
            if coming_back.done():
                return None
            opened = making.result()
            return opened
        finally:
            coming_back.cancel()
            making.cancel()
            done = await asyncio.gather(making, coming_back, return_exceptions=True)
            if opened is None and isinstance(done[0], AmiLink):
                await done[0].close()

    async def _pass_on(self, link: AmiLink, message: Message, sink: asyncio.Queue[facts.Fact]) -> None:
        self.events += 1
        self.last_event_at = self._clock()
        if message.name in translate.TABLE and not genuine(message):
            self._doubt(message.name)
            return
        if message.name == "Reload" and message.get("Module") in DIALPLAN_MODULES and genuine(message):
            for reloaded in self.reloaded:
                reloaded()
        if message.name in KINDS and genuine(message):
            for refused in self.refused:
                refused(message)
        fact = translate.translate(message, self.last_event_at)  # An answer to a ping has no event name and is a proof.
        if isinstance(fact, facts.DeviceChanged):
            fact = await self._device(link, fact)
        elif isinstance(fact, facts.MemberSeen):
            fact = await self._member(link, fact)
        if fact is not None:
            await sink.put(fact)

    def _doubt(self, name: str) -> None:
        self.forged += 1
        log.warning("pbx_event_doubted", name=name, doubted=self.forged)

    async def _device(self, link: AmiLink, fact: facts.DeviceChanged) -> facts.DeviceChanged:
        """Verify a phone that is reported gone: its state decides whether callers move to other phones."""
        if fact.state not in UNREACHABLE or not _PHONE.fullmatch(fact.device):
            return fact
        state = await self._asked(link, fact.device, fact.state)
        return replace(fact, state=state)

    async def _member(self, link: AmiLink, fact: facts.MemberSeen) -> facts.MemberSeen | None:
        gone = next((state for state, status in UNREACHABLE.items() if status == fact.status), None)
        if gone is None or not _PHONE.fullmatch(fact.interface):
            return fact
        return fact if await self._asked(link, fact.interface, gone) in UNREACHABLE else None

    async def _asked(self, link: AmiLink, device: str, reported: str) -> str:
        """Return the device's state from Asterisk's answer, or the reported one if no answer comes in time."""
        try:
            answer = await link.act("Getvar", ("Variable", f"DEVICE_STATE({device})"))
        except (AmiTimeout, AmiRefused):
            return reported
        state = answer.get("Value") or reported
        if state not in UNREACHABLE:
            self._doubt("DeviceStateChange")
        return state

    async def _snapshot(self, link: AmiLink, sink: asyncio.Queue[facts.Fact]) -> None:
        """Snapshot the whole floor, on this very connection.

        Events that came before the first query are older than the snapshot and go first. Those that come between the
        queries are newer than one list and older than another, so they wait in the link and follow FloorSeen in order:
        repeated facts are harmless, a lost one (a caller who joins just after the queues were listed) is not.
        """
        for _ in range(link.events.qsize()):
            message = link.events.get_nowait()
            if message is None:
                raise AmiClosed("the connection to Asterisk closed before the snapshot")
            await self._pass_on(link, message, sink)
        # Taken before the queries: however long the answers travel, they are no older than this.
        at = self._clock()
        status = await link.act("CoreStatus")
        started = f"{status.get('CoreStartupDate')} {status.get('CoreStartupTime')}"
        queue_items = await self._list(link, "QueueStatus")
        channels = await self._list(link, "CoreShowChannels")
        devices = await self._list(link, "DeviceStateList")
        members = tuple(translate.member(item, at) for item in queue_items if item.name == "QueueMember")
        restarted = bool(self._started) and started != self._started
        self._started = started
        self.restarts += restarted
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

    async def _list(self, link: AmiLink, action: str) -> list[Message]:
        """Return the list items that Asterisk wrote.

        A channel may be seen before the dialplan has cleaned its number.
        """
        items = await link.ask_list(action)
        whole = [item for item in items if consistent(item)]
        if len(whole) < len(items):
            self._doubt(action)
        return whole
