"""Use cases of passing a call on: at once, after asking a colleague, or as a conversation of three."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.agents.model import Agent
from callcenter.asterisk.render.call_control import QUEUES, TRANSFERS
from callcenter.calls.control.acts import Acts
from callcenter.calls.control.errors import PhoneNotReady, SeveralParties, TargetNotReady, UnknownParty, UnknownTarget
from callcenter.calls.control.live_calls import LiveCalls
from callcenter.calls.control.model import Act, phone_of
from callcenter.calls.control.ports import Commands, Permission, QueueExists
from callcenter.calls.control.rows import CallActRow
from callcenter.facts import CallId
from callcenter.web.roles import Person


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes: exactly one of a colleague, a number and a queue."""

    agent: str | None = None
    number: str | None = None
    queue: str | None = None


class Transfers:
    def __init__(
        self, acts: Acts, live: LiveCalls, commands: Commands, permission: Permission, queue_exists: QueueExists
    ) -> None:
        self._acts = acts
        self._live = live
        self._commands = commands
        self._permission = permission
        self._queue_exists = queue_exists

    async def transfer(self, call: CallId, target: Target, by: Person) -> CallActRow:
        """Pass the caller on at once; a target that does not answer leads back to this agent (R3).

        Raises NotTalking, SeveralParties, UnknownTarget, TargetNotReady, and what the dialling rules raise.
        """
        agent, seen = await self._live.seen(Act.TRANSFER, call, by)
        if len(seen.others) != 1:
            raise SeveralParties("a call of several parties is not passed on", parties=len(seen.others) + 1)
        context, exten, facts = await self._to(target, agent, phone_of(seen.own.channel))

        async def send(intent: str) -> None:
            await self._commands.transfer(intent, seen.own.uniqueid, context, exten)

        return await self._acts.perform(Act.TRANSFER, lambda _: call, by, send, facts=facts)

    async def consult(self, call: CallId, target: Target, by: Person) -> CallActRow:
        """Call a colleague or a number while the other party hears music."""
        agent, seen = await self._live.seen(Act.CONSULT, call, by)
        if len(seen.others) != 1:
            raise SeveralParties("one colleague at a time", parties=len(seen.others) + 1)
        if target.queue is not None:
            raise UnknownTarget("a queue cannot be consulted, only passed to", field="queue")
        _, exten, facts = await self._to(target, agent, phone_of(seen.own.channel))

        async def send(intent: str) -> None:
            await self._commands.consult(intent, seen.own.uniqueid, exten)

        return await self._acts.perform(Act.CONSULT, lambda _: call, by, send, facts=facts)

    async def complete(self, call: CallId, by: Person) -> CallActRow:
        """Join the customer with the colleague who was consulted, and leave. Raises NotConsulting."""
        return await self._after_consult(Act.COMPLETE, call, by)

    async def cancel(self, call: CallId, by: Person) -> CallActRow:
        """Leave the colleague and return to the customer. Raises NotConsulting."""
        return await self._after_consult(Act.CANCEL, call, by)

    async def confer(self, call: CallId, by: Person) -> CallActRow:
        """Join all three. Raises NotConsulting."""
        return await self._after_consult(Act.CONFERENCE, call, by)

    async def remove(self, call: CallId, party: str, by: Person) -> CallActRow:
        """End another party's part of a conversation of three. Raises NotTalking, UnknownParty, SeveralParties."""
        _, seen = await self._live.seen(Act.REMOVE, call, by)
        other = next((known for known in seen.others if known.uniqueid == party), None)
        if other is None:
            raise UnknownParty("no such party is in this conversation", party=party[:80])
        if len(seen.others) < 2:
            raise SeveralParties("in a conversation of two, hang up", parties=2)

        async def send(intent: str) -> None:
            await self._commands.hang_up(intent, other)

        return await self._acts.perform(Act.REMOVE, lambda _: call, by, send)

    async def _after_consult(self, act: Act, call: CallId, by: Person) -> CallActRow:
        _, seen = await self._live.seen(act, call, by)
        command = {
            Act.COMPLETE: self._commands.complete,
            Act.CANCEL: self._commands.cancel_consult,
            Act.CONFERENCE: self._commands.confer,
        }[act]

        async def send(intent: str) -> None:
            await command(intent, seen.own.uniqueid)

        return await self._acts.perform(act, lambda _: call, by, send)

    async def _to(self, target: Target, agent: Agent, phone: str) -> tuple[str, str, dict[str, str]]:
        """The context and the extension of a target, and what is stored of it: never a number."""
        if sum(value is not None for value in (target.agent, target.number, target.queue)) != 1:
            raise UnknownTarget("name exactly one of agent, number and queue")
        if target.queue is not None:
            await self._queue_exists(target.queue)
            return QUEUES, target.queue, {"queue": target.queue}
        if target.agent is not None:
            return TRANSFERS, await self._colleague(target.agent), {"agent": target.agent}
        digits = await self._permission.permitted(target.number or "", None, phone, agent.number)
        return TRANSFERS, digits, {}

    async def _colleague(self, number: str) -> str:
        try:
            return (await self._live.free_phone(await self._live.agents.agent(number)))[0]
        except PhoneNotReady as error:
            raise TargetNotReady("this colleague cannot take the call now", agent=number, **error.facts) from None
