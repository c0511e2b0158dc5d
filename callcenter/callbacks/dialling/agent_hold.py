"""Holds agents during return calls: finds which phone to ring and keeps incoming calls away meanwhile."""

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
    """The live view of agents and calls (calls/live.py)."""

    def agents_now(self) -> Mapping[str, AgentNow]: ...


class AgentPhones:
    """Pauses are reconciled with who holds what, never replayed: after a crash the next check releases the agents."""

    def __init__(self, agents: AgentService, presence: PresenceService, floor: Floor) -> None:
        self._agents = agents
        self._presence = presence
        self._floor = floor

    async def interface(self, agent: str) -> str:
        """The phone that this agent signed in with; raises NoPhoneThere, UnknownAgent."""
        known, presence = await self._agents.agent(agent), await self._presence.presence(agent)
        phone = known.phone(presence.phone)
        if presence.state is PresenceState.SIGNED_OUT or phone is None:
            raise NoPhoneThere("sign in first; your phone is called before the customer's", agent=agent)
        seen = self._floor.agents_now().get(agent)
        if seen is not None and (seen.state in TAKEN or not seen.reachable):
            raise NoPhoneThere("your phone is in use or not registered", agent=agent, state=str(seen.state))
        return phone.interface

    async def settle(self, in_hand: frozenset[str]) -> None:
        """Pause every agent who holds a return call for it; release every agent who holds none any more."""
        for agent, presence in (await self._presence.all_presences()).items():
            if agent in in_hand and presence.state is PresenceState.AVAILABLE:
                await self._try(self._presence.pause(agent, PAUSE, None))
            elif agent not in in_hand and presence.state is PresenceState.PAUSED and presence.reason == PAUSE:
                await self._try(self._presence.resume(agent, None))

    async def _try(self, act: Awaitable[object]) -> None:
        try:
            await act
        except CallCentreError:
            # They signed out or left at this moment; the next check sees it.
            return
