"""Reads who can take a shift; the supervisor then calls them and adds the shift."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta, tzinfo
from typing import Final

from callcenter.agents.service import AgentService
from callcenter.roster.coverage import without
from callcenter.roster.effects import Limits
from callcenter.roster.needs.model import Skills
from callcenter.roster.needs.service import NeedService
from callcenter.roster.service import RosterService
from callcenter.roster.substitutes.model import Candidate, Substitute, lacking_skills, substitutes

SkillOf = Callable[[str], Awaitable[tuple[str, int] | None]]
"""The skill and the least level that a line's agents need; None for a line that any agent may take."""
BACK: Final = timedelta(days=28)
AHEAD: Final = timedelta(days=8)


class Substitutes:
    def __init__(
        self,
        agents: AgentService,
        roster: RosterService,
        needs: NeedService,
        skill_of: SkillOf,
        limits: Limits,
        zone: tzinfo,
    ) -> None:
        self._agents = agents
        self._roster = roster
        self._needs = needs
        self._skill_of = skill_of
        self._limits = limits
        self._zone = zone

    async def of(self, shift: int) -> list[Substitute]:
        """The agents who can take this shift, the best first; raises UnknownShift."""
        wanting = await self._roster.shift(shift)
        start, end = wanting.starts_at - BACK, wanting.ends_at + AHEAD
        agents = await self._agents.agents()
        people = [Candidate(agent.number, agent.name, agent.skills) for agent in agents if agent.active]
        shifts, away = await self._roster.shifts(start, end), await self._roster.away(start, end)
        needs = await self._needs.of_line(wanting.line)
        skills: Skills = {agent.number: agent.skills for agent in agents}
        return substitutes(
            wanting,
            people,
            shifts,
            away,
            await self._skill_of(wanting.line),
            (self._limits.rest_hours, self._limits.week_hours),
            self._zone,
            lacking_skills(wanting, without(shifts, away), needs, skills, self._zone),
        )
