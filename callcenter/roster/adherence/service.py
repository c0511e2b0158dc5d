"""Adherence of a period, up to now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from callcenter.agents.presence import PresenceService
from callcenter.clock import Clock
from callcenter.roster.adherence.model import Adherence, adherence_of
from callcenter.roster.effects import LONGEST
from callcenter.roster.errors import BadRange
from callcenter.roster.service import RosterService


class AdherenceReports:
    def __init__(self, clock: Clock, presence: PresenceService, roster: RosterService) -> None:
        self._clock = clock
        self._presence = presence
        self._roster = roster

    async def of(self, start: datetime, end: datetime, line: str | None = None) -> Mapping[str, Adherence]:
        """The seconds of each agent with a shift in the period, by number; raises BadRange."""
        if end <= start or end - start > LONGEST:
            raise BadRange("the range ends after its start", days=LONGEST.days)
        end = min(end, self._clock())
        if end <= start:
            return {}
        shifts = [shift for shift in await self._roster.shifts(start, end) if line in (None, shift.line)]
        away = await self._roster.away(start, end)
        agents = sorted({shift.agent for shift in shifts})
        states = await self._presence.states(agents, start)
        return {
            agent: adherence_of(
                [shift for shift in shifts if shift.agent == agent], away, states.get(agent, ()), start, end
            )
            for agent in agents
        }
