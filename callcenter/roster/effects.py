"""Reads what a change of the roster does to coverage and to the agents' hours, before it is approved (D2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.facts import AgentNumber
from callcenter.roster.coverage import (
    Away,
    Shortage,
    Strain,
    hours_within,
    shortages,
    strains,
    week_of,
    without,
    worse,
)
from callcenter.roster.errors import BadRange
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Skills
from callcenter.roster.needs.service import NeedService
from callcenter.roster.service import RosterService

WEEK: Final = timedelta(days=7)
LONGEST: Final = timedelta(days=92)


SkillsOf = Callable[[], Awaitable[Skills]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the settings `roster.*` state about coverage and working hours."""

    least: int = 1
    rest_hours: float = 11.0
    week_hours: float = 44.0
    run_days: int = 6


@dataclass(frozen=True, slots=True)
class Effect:
    """Where a change leaves too few agents, and which limits of an agent's hours it breaks."""

    shortages: Sequence[Shortage]
    strains: Sequence[Strain]


class Effects:
    def __init__(
        self,
        roster: RosterService,
        needs: NeedService,
        skills: SkillsOf,
        clock: Clock,
        zone: tzinfo,
        limits: Limits | None = None,
    ) -> None:
        self._roster = roster
        self._needs = needs
        self.skills = skills
        self._clock = clock
        self._zone = zone
        self.limits = limits or Limits()

    async def alone(self, session: AsyncSession) -> None:
        """What `RosterService.alone` does: the effect read after it holds until the transaction ends."""
        await self._roster.alone(session)

    async def shortages(self, start: datetime, end: datetime) -> list[Shortage]:
        """Where the roster has fewer agents than the lines need; raises BadRange."""
        if end <= start or end - start > LONGEST:
            raise BadRange("the range ends after its start", days=LONGEST.days)
        shifts = await self._roster.present(start, end)
        needs, skills = await self._needs.needs(), await self.skills()
        return shortages(shifts, needs, start, end, self._zone, skills=skills)

    async def of_leave(self, agent: str, starts_at: datetime, ends_at: datetime) -> Effect:
        """What it does when this agent is away; a leave of more than a quarter is looked at for its first 92 days."""
        start = max(starts_at, self._clock())
        end = min(ends_at, start + LONGEST)
        if end <= start:
            return Effect((), ())
        before = await self._roster.present(start, end)
        after = without(before, [Away(agent, starts_at, ends_at)])
        return Effect(await self._worse(before, after, start, end), ())

    async def of_moves(self, agents: Mapping[int, AgentNumber]) -> Effect:
        """What it does when these shifts go to these agents."""
        shifts = [await self._roster.shift(id) for id in agents]
        start = min(shift.starts_at for shift in shifts)
        end = max(shift.ends_at for shift in shifts)
        shifts_near = await self._roster.of_staff(await self._roster.shifts(start - WEEK, end + WEEK))
        away = await self._roster.away(start - WEEK, end + WEEK)
        moved = [replace(shift, agent=agents.get(shift.id, shift.agent)) for shift in shifts_near]
        before, after = without(shifts_near, away), without(moved, away)
        short = await self._worse(before, after, max(start, self._clock()), end)
        return Effect(short, self._new_strains(before, after, sorted(set(agents.values()))))

    async def _worse(
        self, before: Sequence[Shift], after: Sequence[Shift], start: datetime, end: datetime
    ) -> list[Shortage]:
        needs, skills = await self._needs.needs(), await self.skills()
        return worse(before, after, needs, start, end, self._zone, least=self.limits.least, skills=skills)

    async def of_extra(self, shift: Shift) -> tuple[list[Shortage], list[Shortage], list[Strain], float, float]:
        """What one more shift does: the line's shortages without and with it, new strains, the week's hours."""
        start, end = shift.starts_at, shift.ends_at
        staff = await self._roster.of_staff(await self._roster.shifts(start - WEEK, end + WEEK))
        near = [other for other in staff if other.id != shift.id]
        away = await self._roster.away(start - WEEK, end + WEEK)
        before, after = without(near, away), without([*near, shift], away)
        needs, skills = await self._needs.needs(), await self.skills()
        own = {line: stated for line, stated in needs.items() if line == shift.line}

        def short(shifts: Sequence[Shift]) -> list[Shortage]:
            here = [other for other in shifts if other.line == shift.line]
            return shortages(here, own, start, end, self._zone, skills=skills)

        def hours(shifts: Sequence[Shift]) -> float:
            spans = [(other.starts_at, other.ends_at) for other in shifts if other.agent == shift.agent]
            return hours_within(spans, *week_of(start, self._zone))

        strains = self._new_strains(before, after, [shift.agent])
        return short(before), short(after), strains, hours(before), hours(after)

    def strains(self, shifts: Iterable[Shift], agent: str) -> list[Strain]:
        return strains(shifts, agent, self.limits.rest_hours, self.limits.week_hours, self._zone)

    def _new_strains(self, before: Sequence[Shift], after: Sequence[Shift], agents: Sequence[str]) -> list[Strain]:
        result = []
        for agent in agents:
            known = self.strains(before, agent)
            result += [strain for strain in self.strains(after, agent) if strain not in known]
        return result
