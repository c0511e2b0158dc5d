"""Reads what one agent away from the desk does now: agents and skills left, and the service level to expect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.roster.breaks.service import Breaks
from callcenter.roster.effects import SkillsOf
from callcenter.roster.staffing.model import Load, Outcome, outcome
from callcenter.roster.staffing.without.model import LineLeft, left_without

LoadOf = Callable[[str, datetime], Awaitable[Load | None]]
"""The calls that a line may expect in the half hour of an instant; None where nothing is known of them."""


@dataclass(frozen=True, slots=True)
class LineEffect:
    """`before` and `after` are None without a forecast."""

    left: LineLeft
    load: Load | None
    before: Outcome | None
    after: Outcome | None


class Without:
    def __init__(
        self,
        clock: Clock,
        agents: AgentService,
        breaks: Breaks,
        skills: SkillsOf,
        load_of: LoadOf,
        zone: tzinfo,
        within: float,
    ) -> None:
        self._clock = clock
        self._agents = agents
        self._breaks = breaks
        self._skills = skills
        self._load_of = load_of
        self._zone = zone
        self._within = within

    async def of(self, agent: str) -> Sequence[LineEffect]:
        """The lines that the agent is on duty for now; raises UnknownAgent."""
        number = (await self._agents.agent(agent)).number
        now, skills = await self._breaks.now(), await self._skills()
        least = self._breaks.rules.least
        lines = left_without(number, now.duty, now.serving, now.minimum.needs, skills, least, now.at, self._zone)
        return [await self._effect(line, now.at) for line in lines]

    async def _effect(self, left: LineLeft, at: datetime) -> LineEffect:
        load = await self._load_of(left.line, at)
        if load is None:
            return LineEffect(left, None, None, None)
        before, after = (outcome(load, agents, self._within) for agents in (left.agents.before, left.agents.left))
        return LineEffect(left, load, before, after)
