"""Publishes to Asterisk whose phones may call out: those of agents who are signed in.

It is a custom device state, which Asterisk keeps in its own database: while the service is down, or after a restart of
the PBX, the last published state holds. A phone whose state was never published is refused (asterisk/render/toll.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol

import structlog

from callcenter.agents.model import PresenceState
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.errors import CallCentreError

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 1.0


class Switch(Protocol):
    """The control login (asterisk/control.py); `ready` is set while it is connected."""

    ready: asyncio.Event

    async def phone_signed_in(self, phone: str, signed_in: bool) -> None: ...


class SignedIn:
    """Run `run()` as one task; `wake()` after each change of presence.

    All states are sent again after each reconnect.
    """

    def __init__(self, switch: Switch, agents: AgentService, presence: PresenceService) -> None:
        self._switch = switch
        self._agents = agents
        self._presence = presence
        self._woken = asyncio.Event()
        self._sent: dict[str, bool] = {}

    def wake(self, *_: object) -> None:
        self._woken.set()

    async def run(self) -> None:
        while True:
            self._woken.clear()
            await self._switch.ready.wait()
            try:
                await self.once()
            except CallCentreError as error:
                log.warning("signed_in_not_said", cause=error.code)
                self._sent.clear()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            try:
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                # Periodic correction of what a PBX restart or an operator at its console changed.
                self._sent.clear()

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
            and (result := seen.get(agent.number)) is not None
            and result.state is not PresenceState.SIGNED_OUT
            for agent in await self._agents.agents()
            for phone in agent.phones
        }
