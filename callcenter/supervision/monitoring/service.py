"""Use cases of supervising a live call; the PBX is asked for its channels each time, so a restart loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

import structlog

from callcenter.agents.model import Agent, PhoneKind
from callcenter.agents.presence import PresenceService
from callcenter.asterisk.render.supervise import SUPERVISE, TARGET
from callcenter.calls.control.acts import ActRow, Acts
from callcenter.calls.control.errors import PhoneNotReady
from callcenter.calls.control.live_calls import LiveCalls
from callcenter.calls.control.model import UP, Act, Outcome
from callcenter.calls.control.ports import Floor, Pbx
from callcenter.calls.effects import SupervisorFound, SupervisorSeen
from callcenter.clock import Clock
from callcenter.errors import CallCentreError, Unavailable
from callcenter.facts import CallId, ChannelSeen, SupervisionPlaced, linkedid_of, supervises
from callcenter.supervision.monitoring.deltas import SUPERVISION, delta_of
from callcenter.supervision.monitoring.errors import NotSupervising
from callcenter.supervision.monitoring.model import (
    Mode,
    Notice,
    Supervision,
    SupervisionState,
    agents_leg,
    channel_of,
    notifies,
    state_of,
    supervision_of,
)
from callcenter.web.ports import Publish
from callcenter.web.roles import LEADERS, Person

log = structlog.get_logger(__name__)

CALLER_ID: Final = "supervision"
MODES: Final = frozenset(mode.value for mode in Mode)
JOIN_LOOKS, LOOK_SECONDS = 100, 0.1
"""How often and how long the PBX is asked whether the supervisor has joined, before the agent is released."""


class Commands(Protocol):
    """The commands about one call (asterisk/call_commands.py)."""

    async def hang_up(self, intent: str, seen: ChannelSeen, cause: int = 16) -> None: ...
    async def release(self, channel: str) -> None: ...
    async def move(self, intent: str, channel: str, context: str, exten: str) -> None: ...
    async def variable(self, channel: str, name: str) -> str: ...


class Endpoints(Protocol):
    """The control login (asterisk/control.py)."""

    async def endpoint_state(self, endpoint: str) -> str: ...


@dataclass(frozen=True, slots=True)
class _Part:
    """A supervisor's channel and the actions of that supervision, the first one first."""

    channel: ChannelSeen
    rows: Sequence[ActRow]

    @property
    def supervision(self) -> Supervision:
        return _supervision(self.rows, state_of(self.channel))


class Monitoring:
    def __init__(
        self,
        acts: Acts,
        clock: Clock,
        live: LiveCalls,
        pbx: Pbx,
        endpoints: Endpoints,
        commands: Commands,
        floor: Floor,
        presence: PresenceService,
        publish: Publish,
        notice: Notice,
    ) -> None:
        self._acts = acts
        self._clock = clock
        self._live = live
        self._pbx = pbx
        self._endpoints = endpoints
        self._commands = commands
        self._floor = floor
        self._presence = presence
        self._publish = publish
        self._notice = notice
        self._seen: asyncio.Queue[SupervisorSeen | SupervisorFound] = asyncio.Queue()
        self._releases: set[asyncio.Task[None]] = set()

    async def begin(self, mode: Mode, call: CallId, by: Person, agent: str | None = None) -> Supervision:
        """Call the supervisor's own phone, or change the mode of their supervision of this call.

        Raises NotOnCall, PhoneNotReady, UnknownCall, CallOver, NotTalking, SeveralAgents, OwnCall, AmiClosed.
        """
        supervisor = await self._live.agent(by)
        channels = await self._live.channels(call)
        own = await self._part(call, by)
        if own is not None:
            return await self._change(own, mode, by)
        phones = {phone.name: each.number for each in await self._live.agents.agents() for phone in each.phones}
        number, leg = agents_leg(channels, phones, agent, supervisor.number)
        phone, interface = await self._own_phone(supervisor)

        async def send(intent: str) -> None:
            channel = channel_of(intent)
            self._floor.submit_soon(SupervisionPlaced(self._clock(), linkedid_of(channel), call))
            await self._pbx.originate(channel, interface, SUPERVISE, mode.value, CALLER_ID, {TARGET: leg.channel})

        facts = {"agent": number, "phone": phone}
        row = await self._acts.perform(Act(mode.value), lambda _: call, by, send, facts=facts, outcome=Outcome.ASKED)
        supervision = _supervision([row], SupervisionState.CALLING)
        self._notify(supervision)
        return supervision

    async def _change(self, own: _Part, mode: Mode, by: Person) -> Supervision:
        before = own.supervision
        if before.mode is mode or own.channel.state != UP:
            if before.mode is not mode:
                raise PhoneNotReady("answer your phone first", why="in_use")
            return before

        async def send(intent: str) -> None:
            await self._commands.move(intent, own.channel.uniqueid, SUPERVISE, mode.value)
            if mode is Mode.TAKE:
                await self._release(own.channel.uniqueid)

        facts = {"agent": before.agent, "phone": before.phone, "supervision": before.id}
        await self._acts.perform(Act(mode.value), lambda _: before.call, by, send, facts=facts)
        after = replace(before, mode=mode)
        self._notify(after)
        return after

    async def end(self, call: CallId, by: Person) -> Supervision:
        """End this person's part of the call. Raises NotSupervising, AmiClosed."""
        own = await self._part(call, by)
        if own is None:
            raise NotSupervising("you do not supervise this call", call=call)

        async def send(intent: str) -> None:
            await self._commands.hang_up(intent, own.channel)

        before = own.supervision
        facts = {"agent": before.agent, "supervision": before.id}
        await self._acts.perform(Act.END_SUPERVISION, lambda _: call, by, send, facts=facts)
        return replace(before, state=SupervisionState.ENDED, ended_at=self._clock())

    async def running(self, by: Person) -> list[Supervision]:
        """What runs now: for leaders all, for an agent what they are notified of."""
        every = [part.supervision for part in await self._parts()]
        if by.may(LEADERS):
            return every
        return [each for each in every if each.agent == by.agent and notifies(self._notice, each.mode)]

    def seen(self, effect: SupervisorSeen | SupervisorFound) -> None:
        """A supervisor's channel was answered, has ended, or was there before the service; never blocks."""
        self._seen.put_nowait(effect)

    async def run(self) -> None:
        """Publish the supervisions as their channels change, until cancelled."""
        while True:
            effect = await self._seen.get()
            try:
                await self._take_in(effect)
            except Unavailable as error:
                log.warning("supervision_not_published", cause=error.code)

    async def _take_in(self, effect: SupervisorSeen | SupervisorFound) -> None:
        rows = await self._acts.chain(supervision_of(effect.uniqueid))
        if not rows:
            return
        if isinstance(effect, SupervisorFound):
            placed = SupervisionPlaced(self._clock(), linkedid_of(effect.uniqueid), rows[0].call)
            self._floor.submit_soon(placed)
            return
        if effect.ended:
            self._notify(_supervision(rows, SupervisionState.ENDED, effect.at))
            return
        await self._acts.confirm(rows[0])
        supervision = _supervision(rows, SupervisionState.ACTIVE)
        self._notify(supervision)
        if supervision.mode is Mode.TAKE:
            task = asyncio.create_task(self._release(effect.uniqueid))
            self._releases.add(task)
            task.add_done_callback(self._released)

    def _released(self, task: asyncio.Task[None]) -> None:
        self._releases.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), CallCentreError):
            # Nobody is cut off: the agent and the supervisor are both on the call, and either may hang up.
            log.warning("agent_not_released", cause=error.code)

    async def _release(self, supervisor: str) -> None:
        """Release the agent once the supervisor is in the conversation; the bridge of three goes on without them."""
        agent = await self._commands.variable(supervisor, TARGET)
        for _ in range(JOIN_LOOKS):
            channels = await self._pbx.channels()
            joined = next((channel for channel in channels if channel.uniqueid == supervisor), None)
            leg = next((channel for channel in channels if channel.channel == agent), None)
            if joined is None or leg is None:
                return
            if joined.bridge and joined.bridge == leg.bridge:
                await self._commands.release(leg.uniqueid)
                return
            await asyncio.sleep(LOOK_SECONDS)
        log.warning("agent_not_released", cause="not_joined")

    async def _own_phone(self, agent: Agent) -> tuple[str, str]:
        """The phone that the supervisor signed in with, else their browser phone, else any. Raises PhoneNotReady."""
        chosen = (await self._presence.presence(agent.number)).phone
        ranked = sorted(agent.phones, key=lambda phone: (phone.name != chosen, phone.kind is not PhoneKind.WEBRTC))
        states = []
        for phone in ranked:
            states.append(await self._endpoints.endpoint_state(phone.name))
            if states[-1] == "NOT_INUSE":
                return phone.name, phone.interface
        unreachable = all(state in ("UNAVAILABLE", "INVALID", "UNKNOWN", "") for state in states)
        raise PhoneNotReady("you need a free phone to hear the call", why="unreachable" if unreachable else "in_use")

    async def _part(self, call: CallId, by: Person) -> _Part | None:
        mine = (part for part in await self._parts() if part.rows[0].call == call and part.rows[0].by == by.login)
        return next(mine, None)

    async def _parts(self) -> list[_Part]:
        channels = [channel for channel in await self._pbx.channels() if supervises(channel.uniqueid)]
        parts = [_Part(channel, await self._acts.chain(supervision_of(channel.uniqueid))) for channel in channels]
        return [part for part in parts if part.rows]

    def _notify(self, supervision: Supervision) -> None:
        notified = notifies(self._notice, supervision.mode)
        self._publish(SUPERVISION, delta_of(supervision), frozenset({supervision.agent}) if notified else frozenset())


def _supervision(rows: Sequence[ActRow], state: SupervisionState, ended_at: datetime | None = None) -> Supervision:
    first = rows[0]
    modes = [row.act for row in rows if row.act in MODES and row.outcome != Outcome.REFUSED]
    return Supervision(
        id=first.id,
        call=first.call,
        agent=str(first.facts.get("agent", "")),
        by=first.by,
        supervisor=first.agent or "",
        phone=str(first.facts.get("phone", "")),
        mode=Mode(modes[-1] if modes else first.act),
        state=state,
        since=first.at,
        ended_at=ended_at,
    )
