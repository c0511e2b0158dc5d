"""The agents' desks during return calls: which phone rings, and that incoming calls leave it alone meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Final, Protocol

from callcenter.agents.model import PresenceState
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.callbacks.errors import NoPhoneThere
from callcenter.calls.effects import AgentNow
from callcenter.errors import CallCentreError

PAUSE: Final = "callback"
TAKEN: Final = frozenset({"on_call", "ringing"})


class Floor(Protocol):
    """The live floor (calls/live.py)."""

    def agents_now(self) -> Mapping[str, AgentNow]: ...


class AgentDesks:
    """Pauses are compared with who holds what, never replayed: wherever we die, the next look frees them."""

    def __init__(self, agents: AgentService, presence: PresenceService, floor: Floor) -> None:
        self._agents = agents
        self._presence = presence
        self._floor = floor

    async def interface(self, agent: str) -> str:
        """The phone that this agent signed in with; raises NoPhoneThere, UnknownAgent."""
        known, said = await self._agents.agent(agent), await self._presence.presence(agent)
        phone = known.phone(said.phone)
        if said.state is PresenceState.SIGNED_OUT or phone is None:
            raise NoPhoneThere("sign in first; your phone is called before the customer's", agent=agent)
        seen = self._floor.agents_now().get(agent)
        if seen is not None and (seen.state in TAKEN or not seen.reachable):
            raise NoPhoneThere("your phone is in use or not registered", agent=agent, state=str(seen.state))
        return phone.interface

    async def settle(self, in_hand: frozenset[str]) -> None:
        """Whoever holds a return call is paused for it; whoever holds none any more is free again."""
        for agent, said in (await self._presence.everybody()).items():
            if agent in in_hand and said.state is PresenceState.AVAILABLE:
                await self._try(self._presence.pause(agent, PAUSE, None))
            elif agent not in in_hand and said.state is PresenceState.PAUSED and said.reason == PAUSE:
                await self._try(self._presence.resume(agent, None))

    async def _try(self, act: Awaitable[object]) -> None:
        try:
            await act
        except CallCentreError:
            # They signed out or left in this instant; the next look sees it.
            return
