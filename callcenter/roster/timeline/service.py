"""Reads the timeline of a line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from callcenter.agents.presence import PresenceService
from callcenter.clock import Clock
from callcenter.facts import LineCode
from callcenter.roster.effects import SkillsOf
from callcenter.roster.errors import BadRange
from callcenter.roster.needs.service import NeedService
from callcenter.roster.service import RosterService
from callcenter.roster.timeline.model import Step, steps

LONGEST: Final = timedelta(days=7)


class Timelines:
    def __init__(
        self,
        clock: Clock,
        presence: PresenceService,
        roster: RosterService,
        needs: NeedService,
        skills: SkillsOf,
        zone: tzinfo,
    ) -> None:
        self._clock = clock
        self._presence = presence
        self._roster = roster
        self._needs = needs
        self._skills = skills
        self._zone = zone

    async def of(self, line: LineCode, start: datetime, end: datetime) -> Sequence[Step]:
        """The steps of a line; raises UnknownLine, BadRange beyond a week."""
        if not timedelta() < end - start <= LONGEST:
            raise BadRange("the range ends after its start and has a week at most", days=LONGEST.days)
        needs = await self._needs.of_line(line)
        shifts = await self._roster.shifts(start, end, line=line)
        states = await self._presence.states(sorted({shift.agent for shift in shifts}), start)
        away = await self._roster.away(start, end)
        skills = await self._skills()
        return list(steps(shifts, away, needs, states, start, end, self._clock(), self._zone, skills))
