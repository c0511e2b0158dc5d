"""Use cases of working time: read it by day, agent or team; count the days that are over.

A day is counted once nothing of it can change in the ordinary course, and again when a record of it has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.calls.reports.work.model import WorkBy, WorkCounts, counts_of
from callcenter.calls.reports.work.rows import AgentDayRow
from callcenter.calls.timeline.service import LONGEST_CALL, Timelines
from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.storage.upsert import insert_ignore

log = structlog.get_logger(__name__)

LONGEST_DAYS: Final = 366
AT_ONCE: Final = 3
"""Days that a question may count itself; the task counts the others."""
FIRST_SECONDS: Final = 60.0
EVERY_SECONDS: Final = 600.0
BETWEEN_DAYS_SECONDS: Final = 0.5
NAMES: Final = tuple(each.name for each in fields(WorkCounts))
Teams = Callable[[], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class WorkReport:
    """`pending` are days that are not counted yet and missing here."""

    groups: Sequence[tuple[str | None, WorkCounts]]
    pending: Sequence[date]


class WorkTimes:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        zone: ZoneInfo,
        agents: AgentService,
        presence: PresenceService,
        timelines: Timelines,
        teams: Teams,
    ) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        self._agents = agents
        self._presence = presence
        self._timelines = timelines
        self._teams = teams

    async def report(self, first: date, last: date, by: WorkBy, agent: str | None = None) -> WorkReport:
        """The counts of whole days, from the first to the last, today's as far as it has passed."""
        days = self._days(first, last)
        stored, counted = await self._stored(first, last)
        today = self._clock().astimezone(self._zone).date()
        missing = [day for day in reversed(days) if day not in counted and day <= today]
        now, pending = missing[:AT_ONCE], missing[AT_ONCE:]
        for day in now:
            stored += [(day, number, counts) for number, counts in (await self._count(day)).items()]
        teams = await self._teams() if by is WorkBy.TEAM else {}
        groups: dict[str | None, WorkCounts] = {}
        for day, number, counts in stored:
            if agent is None or number == agent:
                key = {
                    WorkBy.TOTAL: "total",
                    WorkBy.DAY: day.isoformat(),
                    WorkBy.AGENT: number,
                    WorkBy.TEAM: teams.get(number),
                }[by]
                groups[key] = groups.get(key, WorkCounts()) + counts
        ordered = sorted(groups.items(), key=lambda group: (group[0] is None, group[0] or ""))
        return WorkReport(ordered, sorted(pending))

    async def run(self) -> None:
        """Count days that are over until cancelled, the newest first."""
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            try:
                going = True
                while going:
                    going = await self.count_next()
                    await asyncio.sleep(BETWEEN_DAYS_SECONDS)
            except (DBAPIError, OSError) as error:
                log.warning("working_time_waits", cause=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def count_next(self) -> bool:
        """Count the newest day that is over and not counted; False when there is none."""
        last = (self._clock() - LONGEST_CALL).astimezone(self._zone).date() - timedelta(days=1)
        began = await self._presence.began()
        if began is None:
            return False
        first = max(began.astimezone(self._zone).date(), last - timedelta(days=LONGEST_DAYS))
        _, counted = await self._stored(first, last)
        day = next((day for day in reversed(self._days(first, last)) if day not in counted), None)
        if day is None:
            return False
        rows = [{"day": day, "agent": agent, **asdict(counts)} for agent, counts in (await self._count(day)).items()]
        async with self._database.write() as session:
            await session.execute(
                insert_ignore(session, AgentDayRow), [*rows, {"day": day, "agent": "", **asdict(WorkCounts())}]
            )
        return True

    async def _count(self, day: date) -> dict[str, WorkCounts]:
        """What each agent did on a day, of those who did anything; the slow plain count."""
        start = datetime.combine(day, time(), self._zone).astimezone(UTC)
        end = min(datetime.combine(day + timedelta(days=1), time(), self._zone).astimezone(UTC), self._clock())
        result: dict[str, WorkCounts] = {}
        for agent in await self._agents.agents():
            if start < end:
                counts = counts_of(await self._timelines.spans(agent.number, start, end))
                if counts != WorkCounts():
                    result[agent.number] = counts
        return result

    async def _stored(self, first: date, last: date) -> tuple[list[tuple[date, str, WorkCounts]], set[date]]:
        query = select(AgentDayRow).where(AgentDayRow.day >= first, AgentDayRow.day <= last)
        async with self._database.read() as session:
            rows = (await session.scalars(query)).all()
        counts = [
            (row.day, row.agent, WorkCounts(*(getattr(row, name) for name in NAMES))) for row in rows if row.agent
        ]
        return counts, {row.day for row in rows if not row.agent}

    @staticmethod
    def _days(first: date, last: date) -> list[date]:
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]
