"""Use cases of working time: read it by clock, agent or team; count the days that are over.

A day is counted once nothing of it can change in the ordinary course, and again when a record of it has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import DBAPIError

from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.calls.reports.model import ReportBy, clock_key
from callcenter.calls.reports.rollups.model import Calendar
from callcenter.calls.reports.work import store
from callcenter.calls.reports.work.model import WorkBy, WorkCounts, by_half_hour, counts_of
from callcenter.calls.timeline.service import LONGEST_CALL, Timelines
from callcenter.clock import Clock
from callcenter.storage.database import Database

log = structlog.get_logger(__name__)

LONGEST_DAYS: Final = 366
AT_ONCE: Final = 3
"""Days that a question may count itself; the task counts the others."""
FIRST_SECONDS: Final = 60.0
EVERY_SECONDS: Final = 600.0
BETWEEN_DAYS_SECONDS: Final = 0.5
Teams = Callable[[], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class WorkReport:
    """`pending` are days that are not counted yet and missing here."""

    groups: Sequence[tuple[str | None, WorkCounts]]
    pending: Sequence[date]


@dataclass(frozen=True, slots=True)
class AgentDay:
    """What one agent did on a day, as a whole and by half hour."""

    whole: WorkCounts
    half_hours: Mapping[datetime, WorkCounts]


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
        self._calendar = Calendar(zone)
        self._agents = agents
        self._presence = presence
        self._timelines = timelines
        self._teams = teams

    async def report(self, first: date, last: date, by: WorkBy, agent: str | None = None) -> WorkReport:
        """The counts of whole days, from the first to the last, today's as far as it has passed."""
        days = self._days(first, last)
        counted, sums = await self._kept(by, first, last, agent)
        today = self._clock().astimezone(self._zone).date()
        missing = [day for day in reversed(days) if day not in counted and day <= today]
        now, pending = missing[:AT_ONCE], missing[AT_ONCE:]
        for day in now:
            sums += self._of_day(by, day, await self._count(day), agent)
        teams = await self._teams() if by is WorkBy.TEAM else {}
        groups: dict[str | None, WorkCounts] = {}
        for place, counts in sums:
            key = self._key(by, place, teams)
            groups[key] = groups.get(key, WorkCounts()) + counts
        return WorkReport(sorted(groups.items(), key=lambda group: _order(by, group[0])), sorted(pending))

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
        async with self._database.read() as session:
            counted = await store.counted(session, WorkBy.DAY, first, last, self._calendar)
            # Days that were counted before there were half hours lack these.
            counted &= await store.counted(session, WorkBy.HALF_HOUR, first, last, self._calendar)
        day = next((day for day in reversed(self._days(first, last)) if day not in counted), None)
        if day is None:
            return False
        agents = await self._count(day)
        whole = {agent: done.whole for agent, done in agents.items()}
        half_hours = {agent: done.half_hours for agent, done in agents.items()}
        async with self._database.write() as session:
            await store.keep(session, day, whole, half_hours, self._calendar)
        return True

    async def _count(self, day: date) -> dict[str, AgentDay]:
        """What each agent did on a day, of those who did anything; the slow plain count."""
        start = self._calendar.midnight(day)
        end = min(self._calendar.next_day(start), self._clock())
        result: dict[str, AgentDay] = {}
        for agent in await self._agents.agents():
            if start < end:
                spans = await self._timelines.spans(agent.number, start, end)
                counts = counts_of(spans)
                if counts != WorkCounts():
                    result[agent.number] = AgentDay(counts, by_half_hour(spans, self._calendar))
        return result

    async def _kept(self, by: WorkBy, first: date, last: date, agent: str | None) -> tuple[set[date], list[store.Kept]]:
        """The days that are kept, and their sums; read again where a day was kept or forgotten in between."""
        async with self._database.read() as session:
            counted = await store.counted(session, by, first, last, self._calendar)
            while True:
                sums = await store.sums(session, by, first, last, self._calendar, agent)
                again = await store.counted(session, by, first, last, self._calendar)
                if again == counted:
                    return counted, sums
                counted = again

    @staticmethod
    def _of_day(by: WorkBy, day: date, agents: Mapping[str, AgentDay], agent: str | None) -> Iterator[store.Kept]:
        for number, done in agents.items():
            if agent not in (None, number):
                continue
            if by in store.BY_START:
                yield from ((int(at.timestamp()), counts) for at, counts in done.half_hours.items())
            else:
                yield (number if by in store.BY_AGENT else day, done.whole)

    def _key(self, by: WorkBy, place: Any, teams: Mapping[str, str]) -> str | None:
        match by:
            case WorkBy.TOTAL:
                return "total"
            case WorkBy.AGENT:
                return str(place)
            case WorkBy.TEAM:
                return teams.get(place)
            case WorkBy.DAY:
                return str(place)
            case WorkBy.WEEKDAY:
                return str(place.isoweekday())
            case WorkBy.HALF_HOUR | WorkBy.HOUR:
                at = datetime.fromtimestamp(place, UTC)
                return clock_key(at, ReportBy(by.value), self._zone)[0]

    @staticmethod
    def _days(first: date, last: date) -> list[date]:
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _order(by: WorkBy, key: str | None) -> tuple[bool, float, str]:
    """Half hours by their instants, because the local clock repeats some; everything else by name."""
    at = datetime.fromisoformat(key).timestamp() if by is WorkBy.HALF_HOUR and key else 0.0
    return key is None, at, key or ""
