"""Adherence of a period, up to now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from callcenter.agents.presence import PresenceService
from callcenter.clock import Clock
from callcenter.roster.adherence.model import Adherence, adherence_of, stayed_seconds
from callcenter.roster.coverage import absent, without
from callcenter.roster.effects import LONGEST
from callcenter.roster.errors import BadRange
from callcenter.roster.handover.model import OVERSTAY
from callcenter.roster.model import LONGEST as LONGEST_SHIFT
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
        # Who stays after a shift that ended before the period may do so within it.
        since = start - OVERSTAY
        near = await self._roster.shifts(since, end + LONGEST_SHIFT)
        # Nothing is planned for who has left, from that instant on.
        near = without(near, absent(await self._roster.gone(sorted({shift.agent for shift in near}))))
        away = await self._roster.away(start, end)
        agents = sorted({shift.agent for shift in near if line in (None, shift.line) and shift.starts_at < end})
        states = await self._presence.states(agents, since)
        result: dict[str, Adherence] = {}
        for agent in agents:
            own = [shift for shift in near if shift.agent == agent]
            of_line = [shift for shift in own if line in (None, shift.line) and shift.starts_at < end]
            within = [shift for shift in of_line if shift.ends_at > start]
            changes = states.get(agent, ())
            stayed = stayed_seconds(of_line, own, changes, start, end)
            if within or stayed:
                result[agent] = replace(adherence_of(within, away, changes, start, end), stayed=stayed)
        return result
