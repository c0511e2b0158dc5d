"""Keeps a caller whose agent's page has vanished: a reload or a crash of the page in a call.

The page's socket or its sign of life ends first; only where Asterisk then receives no more audio from the phone has the
phone vanished. Asterisk does the rest by itself (render/kept.py), so nothing here holds the caller.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Final, Protocol

import structlog

from callcenter.asterisk.render.kept import BACK, KEPT
from callcenter.calls.control.acts import Acts
from callcenter.calls.control.model import TRUNK, UP, Act, phone_of
from callcenter.calls.effects import AgentNow
from callcenter.calls.kept.model import LOOK_SECONDS, MOST_LOOKS, Watched
from callcenter.calls.model import call_id
from callcenter.clock import Clock
from callcenter.errors import CallCentreError
from callcenter.facts import CallKept, ChannelSeen, Fact
from callcenter.web.audit import SYSTEM

log = structlog.get_logger(__name__)

GONE: Final = "gone"
HOLD_LOOKS, HOLD_LOOK_SECONDS = 20, 0.1
"""How often a caller on hold is looked at until they have left it; then they are moved all the same."""


class Pbx(Protocol):
    """The control login (asterisk/control.py)."""

    async def channels(self) -> Sequence[ChannelSeen]: ...


class Commands(Protocol):
    """The commands about one call (asterisk/call_commands.py)."""

    async def received(self, channel: str) -> int | None: ...
    async def assign(self, channel: str, name: str, value: str) -> None: ...
    async def move(self, intent: str, channel: str, context: str, exten: str) -> None: ...
    async def is_held(self, party: str) -> bool: ...
    async def end_hold(self, party: str) -> None: ...


class Floor(Protocol):
    """The live picture (calls/live.py)."""

    def submit_soon(self, fact: Fact) -> None: ...


class KeptCallers:
    def __init__(self, pbx_name: str, pbx: Pbx, commands: Commands, acts: Acts, floor: Floor, clock: Clock) -> None:
        self._pbx_name = pbx_name
        self._pbx = pbx
        self._commands = commands
        self._acts = acts
        self._floor = floor
        self._clock = clock
        self._pages: dict[str, str] = {}
        self._watched: dict[str, asyncio.Task[None]] = {}

    def seen(self, agent: AgentNow) -> None:
        """An agent changed on the floor: their page may be gone; never blocks."""
        before = self._pages.get(agent.number)
        self._pages[agent.number] = agent.page
        if agent.page == GONE and before != GONE:
            self.lost(agent.phone)

    def lost(self, phone: str) -> None:
        """The socket of a phone in a page has ended, or its page is gone; never blocks."""
        if phone and phone not in self._watched:
            task = asyncio.create_task(self._watch(phone), name=f"kept-{phone}")
            self._watched[phone] = task
            task.add_done_callback(lambda done: self._ended(phone, done))

    def _ended(self, phone: str, task: asyncio.Task[None]) -> None:
        self._watched.pop(phone, None)
        if not task.cancelled() and isinstance(error := task.exception(), CallCentreError):
            log.warning("caller_not_kept", phone=phone, cause=error.code)

    async def _watch(self, phone: str) -> None:
        watched = Watched()
        for _ in range(MOST_LOOKS):
            talks = conversations(await self._pbx.channels(), phone)
            if not talks:
                return
            watched = watched.after(await self._commands.received(talks[0][0].uniqueid))
            if watched.vanished:
                for _, caller in talks:
                    await self._keep(phone, caller)
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _keep(self, phone: str, caller: ChannelSeen) -> None:
        call = call_id(self._pbx_name, caller.linkedid)

        async def send(intent: str) -> None:
            await self._end_hold(caller.uniqueid)
            await self._commands.assign(caller.uniqueid, BACK, phone)
            await self._commands.move(intent, caller.uniqueid, KEPT, "s")
            self._floor.submit_soon(CallKept(self._clock(), caller.linkedid, phone))

        log.warning("caller_kept", call=call, phone=phone)
        await self._acts.perform(Act.KEEP, lambda _: call, SYSTEM, send, facts={"phone": phone})

    async def _end_hold(self, caller: str) -> None:
        """Return a caller from hold before they are moved.

        The hold is a subroutine inside the bridge, and its end would put the caller back to where they came from
        (apps/app_stack.c restores the place in the dialplan).
        """
        if not await self._commands.is_held(caller):
            return
        await self._commands.end_hold(caller)
        for _ in range(HOLD_LOOKS):
            held = await self._commands.is_held(caller)
            await asyncio.sleep(HOLD_LOOK_SECONDS)
            if not held:
                return


def conversations(channels: Collection[ChannelSeen], phone: str) -> list[tuple[ChannelSeen, ChannelSeen]]:
    """The channels of each conversation with one customer: the phone's own and theirs; two where they swap."""
    talks = []
    for own in channels:
        if phone_of(own.channel) != phone or own.state != UP or not own.bridge:
            continue
        others = [other for other in channels if other.bridge == own.bridge and other is not own]
        if len(others) == 1 and others[0].channel.startswith(TRUNK):
            talks.append((own, others[0]))
    return talks
