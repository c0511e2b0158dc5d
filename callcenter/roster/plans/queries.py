"""Reads what a plan changes and which rules it breaks, before it is published (D2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callcenter.clock import Clock
from callcenter.roster.coverage import Away, Shortage, Strain, shortages, without
from callcenter.roster.effects import WEEK, Effects
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Need
from callcenter.roster.needs.service import NeedService
from callcenter.roster.plans.model import Difference, Entry, Run, differences, fingerprint, long_runs
from callcenter.roster.plans.rows import PlanRow
from callcenter.roster.plans.store import days_of, entries_of, plan_row, present_shifts
from callcenter.roster.service import RosterService
from callcenter.storage.database import Database


@dataclass(frozen=True, slots=True)
class Review:
    """What publishing does now; `on_leave` are entries during their agents' leave, which do not count."""

    differences: Sequence[Difference]
    shortages: Sequence[Shortage]
    strains: Sequence[Strain]
    runs: Sequence[Run]
    on_leave: Sequence[Entry]
    fingerprint: str


class Reviews:
    def __init__(
        self, database: Database, clock: Clock, roster: RosterService, needs: NeedService, effects: Effects, zone: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._roster = roster
        self._needs = needs
        self._effects = effects
        self._zone = ZoneInfo(zone)

    async def of(self, id: str) -> Review:
        """The review of a plan; what has begun stays as it is. Raises UnknownPlan."""
        async with self._database.read() as session:
            row = await plan_row(session, id)
            entries = await entries_of(session, id)
            start, end = days_of(row).span(self._zone.key)
            present = await present_shifts(session, row.line, start, end)
        return await self.of_entries(row, entries, present)

    async def of_entries(self, row: PlanRow, entries: Sequence[Entry], present: Sequence[Shift]) -> Review:
        """The review of these entries against these present shifts of the plan's days."""
        now = self._clock()
        start, end = days_of(row).span(self._zone.key)
        planned = to_come([entry.shift(row.line) for entry in entries], now)
        changes = differences(to_come(present, now), planned, self._zone)
        near = await self._roster.shifts(start - WEEK, end + WEEK)
        replaced = {shift.id for shift in to_come(present, now)}
        after = await self._roster.of_staff([*(shift for shift in near if shift.id not in replaced), *planned])
        away = await self._roster.away(start - WEEK, end + WEEK)
        here = without(after, away)
        needs = await self._needs.needs()
        skills = await self._effects.skills()
        own: dict[str, list[Need]] = {row.line: needs.get(row.line, [])}
        on_line = [shift for shift in here if shift.line == row.line]
        agents = sorted({entry.agent for entry in entries})
        limits = self._effects.limits
        in_plan = [shift for shift in here if shift.agent in agents]
        return Review(
            changes,
            shortages(on_line, own, max(start, now), end, self._zone, skills=skills) if end > now else (),
            [
                strain
                for agent in agents
                for strain in self._effects.strains(in_plan, agent)
                if start - WEEK < strain.at < end + timedelta(days=1)
            ],
            long_runs(in_plan, limits.run_days, self._zone),
            [entry for entry in entries if _is_away(entry, away)],
            fingerprint(changes),
        )


def to_come(shifts: Sequence[Shift], now: datetime) -> list[Shift]:
    """Those that have not begun."""
    return [shift for shift in shifts if shift.starts_at > now]


def _is_away(entry: Entry, away: Sequence[Away]) -> bool:
    overlaps = (leave.starts_at < entry.ends_at and leave.ends_at > entry.starts_at for leave in away)
    return any(overlap for overlap, leave in zip(overlaps, away, strict=True) if leave.agent == entry.agent)
