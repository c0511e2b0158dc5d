"""Use cases of acting on a waiting caller.

app_queue itself lets the caller go (QueueWithdrawCaller), after a phone that rings for them has stopped: a phone that
is answered in the same moment has the caller, and no one is cut off. The dialplan then leads on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from callcenter.asterisk.render.ahead import IN_FRONT
from callcenter.asterisk.render.moved import given_queue, to_agent, to_line
from callcenter.calls.control.acts import ActRow, Acts
from callcenter.calls.control.errors import PhoneNotReady, TargetNotReady
from callcenter.calls.control.live_calls import LiveCalls
from callcenter.calls.control.model import Act, Outcome
from callcenter.calls.effects import AgentNow
from callcenter.errors import Unavailable
from callcenter.facts import CallId, Fact, QueueEntry, QueueOrdered
from callcenter.routing.ladder import base_of
from callcenter.routing.service import LineService
from callcenter.supervision.waiting.errors import NobodyOnLine, NotWaiting, SameLine
from callcenter.web.roles import Person

log = structlog.get_logger(__name__)

AWAY: Final = frozenset({"paused", "wrap_up"})
"""States in which a free phone does not ring for a caller: nobody sits at it, or its agent is still busy."""
PLACE: Final = "QUEUE_PRIO"
BEFORE: Final = "CC_RAISED"
"""The variable that keeps the place of a caller who was let ahead."""


class Pbx(Protocol):
    """The control login (asterisk/control.py)."""

    async def waiting(self) -> Sequence[QueueEntry]: ...
    async def queue_add(
        self, queue: str, interface: str, agent: str, penalty: int, paused: bool, reason: str
    ) -> None: ...
    async def queue_remove(self, queue: str, interface: str) -> None: ...
    async def withdraw(self, intent: str, queue: str, channel: str, info: str) -> None: ...
    async def rank(self, intent: str, queue: str, channel: str, priority: int) -> None: ...


class Commands(Protocol):
    """The commands about one call (asterisk/call_commands.py)."""

    async def variable(self, channel: str, name: str) -> str: ...
    async def assign(self, channel: str, name: str, value: str) -> None: ...


class Floor(Protocol):
    """The live picture (calls/live.py)."""

    def on_duty(self, line: str) -> Sequence[str]: ...

    def submit_soon(self, fact: Fact) -> None: ...

    def agents_now(self) -> Mapping[str, AgentNow]: ...


@dataclass(frozen=True, slots=True)
class _Caller:
    queue: str
    channel: str


class WaitingCallers:
    def __init__(
        self, acts: Acts, live: LiveCalls, pbx: Pbx, commands: Commands, lines: LineService, floor: Floor
    ) -> None:
        self._acts = acts
        self._live = live
        self._pbx = pbx
        self._commands = commands
        self._lines = lines
        self._floor = floor

    async def move(self, call: CallId, line: str, by: Person) -> ActRow:
        """Raises UnknownCall, CallOver, UnknownLine, SameLine, NobodyOnLine, NotWaiting, AmiClosed."""
        target = await self._lines.line(line)
        caller = await self._caller(call)
        if base_of(caller.queue) == target.queue:
            raise SameLine("the caller waits there already", line=line)
        if not self._floor.on_duty(line):
            raise NobodyOnLine("no one on duty for this line is signed in", line=line)

        async def send(intent: str) -> None:
            await self._pbx.withdraw(intent, caller.queue, caller.channel, to_line(line))

        return await self._acts.perform(Act.MOVE, lambda _: call, by, send, facts={"line": line}, outcome=Outcome.ASKED)

    async def give(self, call: CallId, agent: str, by: Person) -> ActRow:
        """Raises UnknownCall, CallOver, UnknownAgent, TargetNotReady, NotWaiting, AmiClosed."""
        chosen = await self._live.agents.agent(agent)
        caller = await self._caller(call)
        now = self._floor.agents_now().get(agent)
        if now is not None and now.state in AWAY:
            raise TargetNotReady("this agent is not available", agent=agent[:40], why="away")
        try:
            _, interface = await self._live.free_phone(chosen)
        except PhoneNotReady as error:
            raise TargetNotReady("this agent cannot take the call now", agent=agent[:40], **error.facts) from None
        queue = given_queue(agent)

        async def send(intent: str) -> None:
            for phone in chosen.phones:
                if phone.interface != interface:
                    await self._pbx.queue_remove(queue, phone.interface)
            await self._pbx.queue_add(queue, interface, agent, 0, False, "")
            await self._pbx.withdraw(intent, caller.queue, caller.channel, to_agent(agent))

        facts = {"agent": agent}
        return await self._acts.perform(Act.GIVE, lambda _: call, by, send, facts=facts, outcome=Outcome.ASKED)

    async def rank(self, call: CallId, by: Person, *, raised: bool) -> ActRow:
        """Raises UnknownCall, CallOver, NotWaiting, AmiClosed."""
        caller = await self._caller(call)

        async def send(intent: str) -> None:
            before = await self._commands.variable(caller.channel, BEFORE)
            place = await self._commands.variable(caller.channel, PLACE)
            if raised == bool(before):
                return
            after = IN_FRONT if raised else int(before)
            await self._commands.assign(caller.channel, BEFORE, (place or "0") if raised else "")
            # The variable counts when the caller comes back to a queue, as after a queue that was empty.
            await self._commands.assign(caller.channel, PLACE, str(after))
            await self._pbx.rank(intent, caller.queue, caller.channel, after)

        row = await self._acts.perform(Act.PRIORITY, lambda _: call, by, send, facts={"raised": raised})
        await self._show_order(caller.queue, row)
        return row

    async def _show_order(self, queue: str, row: ActRow) -> None:
        """Asterisk sends no event about a changed order: the queue is read again for the live picture."""
        try:
            entries = sorted(await self._pbx.waiting(), key=lambda entry: entry.position)
        except Unavailable as error:
            # It is done all the same; the next snapshot of the PBX has the order.
            log.warning("queue_order_not_read", cause=error.code)
            return
        callers = tuple(entry.caller for entry in entries if entry.queue == queue)
        self._floor.submit_soon(QueueOrdered(row.at, queue, callers))

    async def _caller(self, call: CallId) -> _Caller:
        names = {channel.uniqueid: channel.channel for channel in await self._live.channels(call)}
        for entry in await self._pbx.waiting():
            if entry.caller in names:
                return _Caller(entry.queue, names[entry.caller])
        raise NotWaiting("this caller does not wait in a queue", call=call)
