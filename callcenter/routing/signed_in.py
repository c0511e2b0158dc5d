"""Publishes to Asterisk whose phones may call out: those of agents who are signed in.

It is a custom device state, which Asterisk keeps in its own database: while the service is down, or after a restart of
the PBX, the last published state holds. A phone whose state was never published is refused (asterisk/render/toll.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from callcenter.agents.model import PresenceState
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.routing.published_states import PublishedStates


class Switch(Protocol):
    """The control login (asterisk/control.py); `ready` is set while it is connected."""

    ready: asyncio.Event

    async def phone_signed_in(self, phone: str, signed_in: bool) -> None: ...


class SignedIn(PublishedStates[bool]):
    """Whose phones may call out; woken after each change of presence."""

    failure = "signed_in_not_published"

    def __init__(self, switch: Switch, agents: AgentService, presence: PresenceService) -> None:
        super().__init__(switch)
        self._switch = switch
        self._agents = agents
        self._presence = presence

    async def once(self) -> None:
        """Send the states that differ from those sent before. Raises what the control link raises."""
        for phone, signed_in in (await self._planned()).items():
            if self._sent.get(phone) is not signed_in:
                await self._switch.phone_signed_in(phone, signed_in)
                self._sent[phone] = signed_in

    async def _planned(self) -> Mapping[str, bool]:
        seen = await self._presence.all_presences()
        return {
            phone.name: agent.active
            and (presence := seen.get(agent.number)) is not None
            and presence.state is not PresenceState.SIGNED_OUT
            for agent in await self._agents.agents()
            for phone in agent.phones
        }
