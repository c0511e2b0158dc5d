"""Looks a call up on the PBX, from the phone of the agent who acts on it."""

from __future__ import annotations

from collections.abc import Collection

from callcenter.agents.model import Agent, PresenceState
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.calls.control.acts import Acts
from callcenter.calls.control.errors import CallOver, NotOnCall, PhoneNotReady
from callcenter.calls.control.model import Act, Parties, check_state, of_call, parties
from callcenter.calls.control.ports import Floor, Pbx
from callcenter.calls.service import CallService
from callcenter.errors import NotFound
from callcenter.facts import CallId, ChannelSeen
from callcenter.web.roles import Person

TAKEN = frozenset({"on_call", "ringing"})


class LiveCalls:
    def __init__(
        self,
        pbx_name: str,
        pbx: Pbx,
        calls: CallService,
        agents: AgentService,
        presence: PresenceService,
        floor: Floor,
        acts: Acts,
    ) -> None:
        self.pbx_name = pbx_name
        self.agents = agents
        self._pbx = pbx
        self._calls = calls
        self._presence = presence
        self._floor = floor
        self._acts = acts

    async def agent(self, by: Person) -> Agent:
        """The agent who acts. Raises NotOnCall for a person without a phone."""
        if by.agent is None:
            raise NotOnCall("only a person with an agent number has a phone", why="no_agent_number")
        return await self.agents.agent(by.agent)

    async def seen(self, act: Act, call: CallId, by: Person) -> tuple[Agent, Parties]:
        """The call as Asterisk has it now, in a state in which this action is possible.

        Raises UnknownCall, CallOver, NotOnCall, NotRinging, NotTalking, NotConsulting.
        """
        agent = await self.agent(by)
        seen = await self.parties(call, agent)
        check_state(act, seen)
        return agent, seen

    async def parties(self, call: CallId, agent: Agent) -> Parties:
        """Raises UnknownCall, CallOver, NotOnCall."""
        seen = parties(await self.channels(call), _names(agent))
        if seen is None:
            raise NotOnCall("your phone takes no part in this call", call=call)
        return seen

    async def channels(self, call: CallId) -> list[ChannelSeen]:
        """The live channels of a call. Raises UnknownCall, CallOver."""
        channels = of_call(await self._pbx.channels(), self.pbx_name, call)
        if not channels:
            await self._must_exist(call)
            raise CallOver("this call has ended", call=call)
        return channels

    async def free_phone(self, agent: Agent) -> tuple[str, str]:
        """The name and the interface of the phone that this agent signed in with. Raises PhoneNotReady."""
        presence = await self._presence.presence(agent.number)
        phone = agent.phone(presence.phone)
        if presence.state is PresenceState.SIGNED_OUT or phone is None:
            raise PhoneNotReady("sign in first; your own phone is called first", why="signed_out")
        now = self._floor.agents_now().get(agent.number)
        if now is not None and not now.reachable:
            raise PhoneNotReady("your phone is not registered", why="unreachable")
        if now is not None and now.state in TAKEN:
            raise PhoneNotReady("your phone is in use", why="in_use")
        return phone.name, phone.interface

    async def _must_exist(self, call: CallId) -> None:
        """Raises UnknownCall; a call that was only just originated has no record yet."""
        try:
            await self._calls.get(call)
        except NotFound:
            if not await self._acts.of_call(call):
                raise


def _names(agent: Agent) -> Collection[str]:
    return {phone.name for phone in agent.phones}
