"""Reads approved overtime with its hours for the payroll."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from callcenter.agents.presence import PresenceService
from callcenter.clock import Clock
from callcenter.exports.model import PAGE
from callcenter.kit.pay_days import PayDays
from callcenter.roster.coverage import absent
from callcenter.roster.overtime.hours import OvertimeHours, Paid, hours_of
from callcenter.roster.overtime.model import OvertimeState
from callcenter.roster.overtime.rows import OvertimeRow
from callcenter.roster.overtime.service import Overtimes, shift_of
from callcenter.roster.plans.model import midnight
from callcenter.roster.service import RosterService
from callcenter.web.roles import Person, Role

READER = Person("", "", "", frozenset({Role.MANAGER}))


@dataclass(frozen=True, slots=True)
class AgentOvertime:
    """The overtime of an agent in a month; `ahead` of it are not over, and count in `planned` alone."""

    count: int = 0
    ahead: int = 0
    planned: Paid = field(default_factory=Paid)
    present: Paid = field(default_factory=Paid)

    def __add__(self, other: AgentOvertime) -> AgentOvertime:
        return AgentOvertime(
            self.count + other.count,
            self.ahead + other.ahead,
            self.planned + other.planned,
            self.present + other.present,
        )


class OvertimeReading:
    """`pay_days` reads the kinds of days as they are known now."""

    def __init__(
        self,
        overtimes: Overtimes,
        roster: RosterService,
        presence: PresenceService,
        clock: Clock,
        zone: ZoneInfo,
        pay_days: Callable[[], Awaitable[PayDays]],
    ) -> None:
        self._overtimes = overtimes
        self._roster = roster
        self._presence = presence
        self._clock = clock
        self._zone = zone
        self._pay_days = pay_days

    async def hours(self, row: OvertimeRow) -> OvertimeHours:
        """The hours of one overtime, as far as it has passed for those signed in."""
        states = await self._presence.states([row.agent], row.starts_at)
        away = await self._roster.away(row.starts_at, row.ends_at)
        away += absent(await self._roster.gone([row.agent]))
        changes = states.get(row.agent, ())
        return hours_of(shift_of(row), away, changes, self._clock(), await self._pay_days(), self._zone)

    async def by_agent(self, month: str, agent: str | None = None) -> Mapping[str, AgentOvertime]:
        """The overtime that begins in a month such as 2026-11, by agent."""
        span, after = month_span(month, self._zone.key), None
        result: dict[str, AgentOvertime] = {}
        while rows := await self.rows(span, agent, after):
            for row in rows:
                hours = await self.hours(row)
                ahead = hours.present is None
                single = AgentOvertime(1, int(ahead), hours.planned, hours.present or Paid())
                result[row.agent] = result.get(row.agent, AgentOvertime()) + single
            after = (rows[-1].asked_at, rows[-1].id)
        return dict(sorted(result.items()))

    async def rows(
        self, span: tuple[datetime, datetime] | None, agent: str | None, after: tuple[datetime, str] | None
    ) -> Sequence[OvertimeRow]:
        """A page of approved overtime, newest requests first."""
        state = OvertimeState.APPROVED
        return await self._overtimes.overtimes(READER, PAGE, after, agent=agent, state=state, span=span)


def month_span(month: str, zone: str) -> tuple[datetime, datetime]:
    """The instants from the beginning of a month until that of the next one."""
    first = date.fromisoformat(f"{month}-01")
    return midnight(first, zone), midnight((first + timedelta(days=31)).replace(day=1), zone)
