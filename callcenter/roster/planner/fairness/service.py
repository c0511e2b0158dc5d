"""Who has how many nights, weekend days and hours, for everyone to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from callcenter.agents.service import AgentService
from callcenter.roster.effects import LONGEST
from callcenter.roster.errors import BadRange
from callcenter.roster.planner.problems.model import Shares, shares_of
from callcenter.roster.plans.model import Days
from callcenter.roster.service import RosterService


@dataclass(frozen=True, slots=True)
class AgentShares:
    agent: str
    name: str
    nights: int
    weekends: int
    hours: float


def quarter_of(day: date) -> tuple[date, date]:
    """The first and the last day of the quarter of a year."""
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    following = date(first.year + (first.month == 10), (first.month + 2) % 12 + 1, 1)
    return first, following - timedelta(days=1)


class Fairness:
    def __init__(self, agents: AgentService, roster: RosterService, zone: ZoneInfo) -> None:
        self._agents = agents
        self._roster = roster
        self._zone = zone

    async def of(self, days: Days) -> Sequence[AgentShares]:
        """The shares of the active agents and of those who had shifts, without leave; raises BadRange."""
        if not 1 <= len(days) <= LONGEST.days + 1:
            raise BadRange(f"from 1 to {LONGEST.days + 1} days", days=LONGEST.days + 1)
        start, end = days.span(self._zone.key)
        shifts = await self._roster.present(start, end)
        shares = shares_of([shift for shift in shifts if shift.starts_at >= start], self._zone)
        return [
            AgentShares(agent.number, agent.name, own.nights, own.weekends, own.hours)
            for agent in await self._agents.agents()
            if agent.active or agent.number in shares
            for own in (shares.get(agent.number, Shares()),)
        ]
