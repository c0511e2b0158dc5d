"""Use cases of call control: an agent acts on the call of their own phone; leaders may end any agent's part."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from callcenter.agents.model import PhoneKind
from callcenter.asterisk.call_commands import NORMAL, REJECTED
from callcenter.asterisk.render.call_control import STARTED
from callcenter.calls.control.acts import Acts
from callcenter.calls.control.deltas import PHONE, PhoneDelta
from callcenter.calls.control.errors import (
    AnsweredByHand,
    HangupReasonMissing,
    HoldNotSeen,
    SeveralParties,
)
from callcenter.calls.control.live_calls import LiveCalls
from callcenter.calls.control.model import (
    Act,
    DeclineReason,
    HangupReason,
    Outcome,
    phone_of,
)
from callcenter.calls.control.ports import Commands, Floor, Pbx, Permission
from callcenter.calls.control.rows import CallActRow
from callcenter.calls.model import call_id
from callcenter.clock import Clock
from callcenter.facts import CallId, CallPlaced, CaseNumber, ChannelMuted, HangupRequested, linkedid_of
from callcenter.web.ports import Publish
from callcenter.web.roles import LEADERS, Person

CALLER_ID = "outgoing-call"
TAKEN = frozenset({"on_call", "ringing"})
HOLD_LOOKS, LOOK_SECONDS = 40, 0.05
"""How often and how long the PBX is asked whether a party is on hold (or back) before it counts as not seen."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that an agent starts: to a number, for a line, because of a case."""

    number: str
    line: str | None = None
    reason: str = ""
    case: CaseNumber | None = None


MayAttach = Callable[[CaseNumber, Person], Awaitable[object]]
"""Raises UnknownCase, or what refuses this person the case."""


async def any_case(case: CaseNumber, by: Person) -> None:
    """The default where there are no cases."""


class CallControl:
    def __init__(
        self,
        acts: Acts,
        clock: Clock,
        live: LiveCalls,
        pbx: Pbx,
        commands: Commands,
        floor: Floor,
        permission: Permission,
        publish: Publish,
        ring_seconds: int = 45,
        may_attach: MayAttach = any_case,
    ) -> None:
        self.acts = acts
        self._clock = clock
        self._live = live
        self._pbx = pbx
        self._commands = commands
        self._floor = floor
        self._permission = permission
        self._publish = publish
        self._ring_seconds = ring_seconds
        self._may_attach = may_attach

    async def originate(self, wish: Wish, by: Person) -> CallActRow:
        """Call the agent's own phone, then the number.

        Raises PhoneNotReady, BadNumber, DialNotAllowed, NumberBarred, AmiClosed, and what `may_attach` raises.
        """
        if wish.case is not None:
            await self._may_attach(wish.case, by)
        agent = await self._live.agent(by)
        phone, interface = await self._live.free_phone(agent)
        dial = await self._permission.permitted(wish.number, wish.line, phone, agent.number)
        variables = {"CC_LINE": wish.line or "none", "CC_RING": str(self._ring_seconds)}

        async def send(intent: str) -> None:
            self._floor.submit_soon(CallPlaced(self._clock(), linkedid_of(intent), dial, wish.line))
            await self._pbx.originate(intent, interface, STARTED, dial, CALLER_ID, variables)

        facts = {name: value for name, value in (("line", wish.line), ("case", wish.case)) if value}

        def call_of(intent: str) -> CallId:
            return call_id(self._live.pbx_name, linkedid_of(intent))

        return await self.acts.perform(Act.ORIGINATE, call_of, by, send, wish.reason, facts)

    async def answer(self, call: CallId, by: Person) -> CallActRow:
        """Ask the phone in the agent's page to answer. Raises AnsweredByHand for a desk phone."""
        agent, seen = await self._live.seen(Act.ANSWER, call, by)
        phone = phone_of(seen.own.channel)
        if agent.phone(phone) is None or all(p.kind is not PhoneKind.WEBRTC for p in agent.phones if p.name == phone):
            raise AnsweredByHand("answer this call on the phone itself", phone=phone)

        async def send(_: str) -> None:
            asked: PhoneDelta = {"agent": agent.number, "phone": phone, "call": call, "command": "answer"}
            self._publish(PHONE, asked, frozenset({agent.number}))

        return await self.acts.perform(Act.ANSWER, lambda _: call, by, send, outcome=Outcome.ASKED)

    async def decline(self, call: CallId, reason: DeclineReason, by: Person) -> CallActRow:
        """Refuse a ringing call with a reason (R3): the queue goes on with the next agent."""
        _, seen = await self._live.seen(Act.DECLINE, call, by)

        async def send(intent: str) -> None:
            await self._commands.hang_up(intent, seen.own, REJECTED)

        return await self.acts.perform(Act.DECLINE, lambda _: call, by, send, reason.value)

    async def hang_up(
        self, call: CallId, reason: HangupReason | None, by: Person, agent: str | None = None
    ) -> CallActRow:
        """End the agent's part of a call; a leader may end that of any `agent`.

        Raises HangupReasonMissing when it ends a conversation with a customer (R5).
        """
        whose = await self._live.agents.agent(agent) if agent and by.may(LEADERS) else await self._live.agent(by)
        seen = await self._live.parties(call, whose)
        if reason is None and seen.talks and seen.outside:
            raise HangupReasonMissing("the customer hangs up first; give the reason", call=call)

        async def send(intent: str) -> None:
            await self._commands.hang_up(intent, seen.own, NORMAL)

        row = await self.acts.perform(Act.HANG_UP, lambda _: call, by, send, reason.value if reason else "")
        # Asterisk reports the hang-ups that it is asked for by a phone only, not those that a command asks for.
        self._floor.submit_soon(HangupRequested(self._clock(), seen.own.linkedid, seen.own.uniqueid))
        return row

    async def hold(self, call: CallId, by: Person, *, held: bool) -> CallActRow:
        """Let the other party hear music, or return them. Raises NotTalking, SeveralParties, HoldNotSeen."""
        act = Act.HOLD if held else Act.UNHOLD
        _, seen = await self._live.seen(act, call, by)
        if len(seen.others) != 1:
            raise SeveralParties("hold is for a conversation of two", parties=len(seen.others) + 1)
        party = seen.others[0].uniqueid

        async def send(intent: str) -> None:
            if await self._commands.is_held(party) is held:
                return
            if held:
                await self._commands.begin_hold(intent, seen.own.uniqueid)
            else:
                await self._commands.end_hold(party)
            await self._until_held(party, held=held)

        return await self.acts.perform(act, lambda _: call, by, send)

    async def _until_held(self, party: str, *, held: bool) -> None:
        for _ in range(HOLD_LOOKS):
            if await self._commands.is_held(party) is held:
                return
            await asyncio.sleep(LOOK_SECONDS)
        raise HoldNotSeen("the PBX did not confirm it in time", held=held)

    async def mute(self, call: CallId, by: Person, *, muted: bool) -> CallActRow:
        """Keep what the agent says from the other parties, or let it pass again. Raises NotTalking."""
        act = Act.MUTE if muted else Act.UNMUTE
        _, seen = await self._live.seen(act, call, by)

        async def send(_: str) -> None:
            await self._commands.mute(seen.own.uniqueid, muted)

        row = await self.acts.perform(act, lambda _: call, by, send)
        self._floor.submit_soon(ChannelMuted(self._clock(), seen.own.linkedid, seen.own.uniqueid, muted))
        return row

    async def press(self, call: CallId, keys: str, by: Person) -> CallActRow:
        """Send keys to the other parties. Raises NotTalking."""
        _, seen = await self._live.seen(Act.DTMF, call, by)

        async def send(intent: str) -> None:
            for other in seen.others:
                await self._commands.send_keys(intent if other is seen.others[0] else "", other.uniqueid, keys)

        return await self.acts.perform(Act.DTMF, lambda _: call, by, send)
