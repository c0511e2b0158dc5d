"""Reads who is in adherence now, and publishes each change of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NoReturn

from typing_extensions import TypedDict

from callcenter.agents.presence import PresenceService
from callcenter.clock import Clock
from callcenter.roster.adherence.present.model import AgentAdherence, PlannedState, adherence_at
from callcenter.roster.model import LONGEST
from callcenter.roster.service import RosterService
from callcenter.web.ports import DeltaKind, Publish, publish_to_nobody

EVERY_SECONDS: Final = 5.0


class AdherenceDelta(TypedDict):
    """An agent is in or out of adherence from `since` on; `planned` is `off` once they have no shift any more."""

    agent: str
    lines: list[str]
    planned: str
    present: str
    in_adherence: bool | None
    since: datetime


ADHERENCE: Final = DeltaKind("adherence", AdherenceDelta, "leaders")


class AdherenceNow:
    def __init__(
        self, clock: Clock, presence: PresenceService, roster: RosterService, publish: Publish = publish_to_nobody
    ) -> None:
        self._clock = clock
        self._presence = presence
        self._roster = roster
        self._publish = publish
        self._woken = asyncio.Event()
        self._published: dict[str, AgentAdherence] | None = None

    def wake(self) -> None:
        """An agent has come or gone: look now."""
        self._woken.set()

    async def run(self, every: float = EVERY_SECONDS) -> NoReturn:
        while True:
            await self.once()
            try:
                await asyncio.wait_for(self._woken.wait(), every)
            except TimeoutError:
                continue
            self._woken.clear()

    async def of(self, line: str | None = None) -> Sequence[AgentAdherence]:
        """The agents who have a shift now, by number."""
        return [now for now in await self._read(self._clock()) if line is None or line in now.lines]

    async def once(self) -> None:
        """Publish what has changed since the last look; what the first look finds is the state that pages read."""
        at = self._clock()
        current = {now.agent: now for now in await self._read(at)}
        earlier, self._published = self._published, current
        if earlier is None:
            return
        for agent, now in current.items():
            if now != earlier.get(agent):
                self._publish(ADHERENCE, delta_of(now), frozenset())
        for agent in sorted(earlier.keys() - current.keys()):
            gone = earlier[agent]
            self._publish(
                ADHERENCE, delta_of(AgentAdherence(agent, (), PlannedState.OFF, gone.present, None, at)), frozenset()
            )

    async def _read(self, at: datetime) -> list[AgentAdherence]:
        # Shifts that follow one another are one time; two days reach back over any of them.
        shifts = await self._roster.shifts(at - 2 * LONGEST, at + LONGEST)
        now = {shift.agent for shift in shifts if shift.covers(at)}
        own = [shift for shift in shifts if shift.agent in now]
        since = min((shift.starts_at for shift in own), default=at)
        away = await self._roster.away(since, at + LONGEST)
        return adherence_at(own, away, await self._presence.states(sorted(now), since), at)


def delta_of(now: AgentAdherence) -> AdherenceDelta:
    return {
        "agent": now.agent,
        "lines": list(now.lines),
        "planned": now.planned.value,
        "present": now.present.value,
        "in_adherence": now.in_adherence,
        "since": now.since,
    }
