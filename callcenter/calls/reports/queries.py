"""Counts calls by clock, line, queue, agent or team: from rollups where they reach, else from the records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.calls.model import Direction
from callcenter.calls.reports.counting import COLUMNS, IN_TIME_OF_LINE, counted, counts_of
from callcenter.calls.reports.model import BUCKET_SECONDS, CLOCKED, Counts, ReportBy, Within, by_clock
from callcenter.calls.reports.rollups.model import Calendar, Coarsest, Grain, Parts, Range, parts_of, rule_of
from callcenter.calls.reports.rollups.rows import CallRollupMarkRow, CallRollupRow, CallRollupStateRow
from callcenter.calls.rows import CallRow
from callcenter.storage.database import Database
from callcenter.storage.hints import mostly
from callcenter.storage.instants import second_of

Group = tuple[str | None, Counts]
Thresholds = Callable[[], Awaitable[Within]]
Teams = Callable[[], Awaitable[Mapping[str, str]]]
"""The present team of each agent who has one."""
WIDEST: Final = dict.fromkeys(ReportBy, Coarsest.MONTH) | {
    ReportBy.HALF_HOUR: Coarsest.HALF_HOUR,
    ReportBy.HOUR: Coarsest.HALF_HOUR,
    ReportBy.DAY: Coarsest.DAY,
    ReportBy.WEEKDAY: Coarsest.DAY,
}
BY_AGENT: Final = frozenset({ReportBy.AGENT, ReportBy.TEAM})
CODES: Final = ("line", "queue", "agent")


async def no_teams() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Inbound calls that arrived from `since` until before `until`."""

    since: datetime
    until: datetime
    line: str | None = None
    queue: str | None = None
    agent: str | None = None


class CallReports:
    def __init__(
        self,
        database: Database,
        pbx: str,
        within_seconds: float,
        short_seconds: float,
        zone: tzinfo,
        thresholds: Thresholds | None = None,
        teams: Teams = no_teams,
    ) -> None:
        """`within_seconds` is the service level's threshold; `short_seconds`: who gives up sooner had misdialled."""
        self._database = database
        self._pbx = pbx
        self.within_seconds = within_seconds
        self.short_seconds = short_seconds
        self._calendar = Calendar(zone)
        self._thresholds = thresholds
        self._teams = teams

    async def within(self) -> Within:
        """The thresholds in force: those of the centre and of its lines, as they are edited."""
        return Within(self.within_seconds) if self._thresholds is None else await self._thresholds()

    async def report(self, conditions: ReportFilter, by: ReportBy, *, recount: bool = False) -> list[Group]:
        """The counts of each group that has a call; None is the group of calls without a line, queue, agent or team.

        `recount` reads every record: slow, and equal.
        """
        within = await self.within()
        teams = await self._teams() if by is ReportBy.TEAM else {}
        async with self._database.read() as session:
            parts = Parts(records=[(conditions.since, conditions.until)])
            if not recount:
                parts = await self._parts(session, conditions, by, within)
            groups = [
                *await self._from_records(session, parts.records, conditions, by, within),
                *await self._from_rollups(session, "half_hour", parts.half_hours, conditions, by),
                *await self._from_rollups(session, "day", parts.days, conditions, by),
                *await self._from_rollups(session, "month", parts.months, conditions, by),
            ]
        if by is ReportBy.TEAM:
            groups = [(None if agent is None else teams.get(agent), counts) for agent, counts in groups]
        if by is ReportBy.TOTAL:
            return [("total", sum((counts for _, counts in groups), Counts()))]
        return _merged(groups, by)

    async def _parts(self, session: AsyncSession, conditions: ReportFilter, by: ReportBy, within: Within) -> Parts:
        since, until = conditions.since, conditions.until
        marks = CallRollupMarkRow
        # The marks come first: what is counted between the two statements is then read twice over, never missed.
        marked = await session.scalars(
            select(marks.at).where(marks.pbx == self._pbx, marks.at >= _quarter(since), marks.at < until).distinct()
        )
        changed = marked.all()
        state = await session.get(CallRollupStateRow, self._pbx)
        rule = rule_of(within, self.short_seconds, self._calendar.zone)
        counted_since = state.counted_since if state is not None and state.rule == rule else None
        return parts_of(since, until, counted_since, changed, self._calendar, WIDEST[by])

    async def _from_records(
        self, session: AsyncSession, spans: Sequence[Range], conditions: ReportFilter, by: ReportBy, within: Within
    ) -> list[Group]:
        if not spans:
            return []
        key: Any = None
        if by in CLOCKED:
            second = second_of(CallRow.arrived_at)
            key = second - second % BUCKET_SECONDS
        elif by is not ReportBy.TOTAL:
            key = _code(CallRow, by)
        expressions = counted(within, self.short_seconds)
        columns = [
            expressions[IN_TIME_OF_LINE] if name == "in_time" and _by_line(conditions, by) else expressions[name]
            for name in COLUMNS
        ]
        where = [
            mostly(CallRow.pbx == self._pbx),
            CallRow.direction == Direction.INBOUND.value,
            or_(*((CallRow.arrived_at >= start) & (CallRow.arrived_at < end) for start, end in spans)),
            *(getattr(CallRow, name) == value for name, value in _codes(conditions)),
        ]
        query = select(*columns).where(*where) if key is None else select(key, *columns).where(*where).group_by(key)
        rows = (await session.execute(query)).all()
        return self._groups(rows, by, keyed=key is not None)

    async def _from_rollups(
        self, session: AsyncSession, grain: str, spans: Sequence[Range], conditions: ReportFilter, by: ReportBy
    ) -> list[Group]:
        if not spans:
            return []
        row = CallRollupRow
        agents = by in BY_AGENT or conditions.agent is not None
        key: Any = None
        if by is ReportBy.HOUR:
            key = self._hour(conditions)
        elif by in CLOCKED:
            key = row.start
        elif by is not ReportBy.TOTAL:
            key = _code(row, by)
        summed = [
            func.coalesce(
                func.sum(row.in_time_of_line if name == "in_time" and _by_line(conditions, by) else column), 0
            )
            for name, column in ((name, getattr(row, name)) for name in COLUMNS)
        ]
        where = [
            row.pbx == self._pbx,
            row.grain == Grain(f"agent_{grain}" if agents else grain).value,
            or_(*((row.start >= int(start.timestamp())) & (row.start < int(end.timestamp())) for start, end in spans)),
            *(getattr(row, name) == value for name, value in _codes(conditions)),
        ]
        query = select(*summed).where(*where) if key is None else select(key, *summed).where(*where).group_by(key)
        rows = (await session.execute(query)).all()
        if by is ReportBy.HOUR:
            return [(f"{int(each[0]):02}", counts_of(each[1:])) for each in rows]
        return self._groups(rows, by, keyed=key is not None)

    def _hour(self, conditions: ReportFilter) -> Any:
        """The local hour of a row; the clock's offset changes at the ends of daylight saving."""
        *changes, (_, last) = self._calendar.offsets(conditions.since, conditions.until)
        start = CallRollupRow.start
        shift: Any = last
        if changes:
            shift = case(*((start < int(until.timestamp()), offset) for until, offset in changes), else_=last)
        return (start + shift) % 86_400 // 3600

    def _groups(self, rows: Sequence[Any], by: ReportBy, *, keyed: bool) -> list[Group]:
        if not keyed:
            return [("total", counts_of(row)) for row in rows]
        if by in CLOCKED:
            return list(by_clock(((int(row[0]), counts_of(row[1:])) for row in rows), by, self._calendar.zone))
        return [(row[0] or None, counts_of(row[1:])) for row in rows]


def _by_line(conditions: ReportFilter, by: ReportBy) -> bool:
    """A line's own threshold counts where the answer is about lines."""
    return by is ReportBy.LINE or conditions.line is not None


def _codes(conditions: ReportFilter) -> Iterable[tuple[str, str]]:
    return ((name, value) for name in CODES if (value := getattr(conditions, name)) is not None)


def _code(table: type[CallRow | CallRollupRow], by: ReportBy) -> InstrumentedAttribute[Any]:
    column: InstrumentedAttribute[Any] = getattr(table, "agent" if by in BY_AGENT else by.value)
    return column


def _quarter(at: datetime) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // BUCKET_SECONDS * BUCKET_SECONDS, at.tzinfo)


def _merged(groups: Iterable[Group], by: ReportBy) -> list[Group]:
    """The groups by name, those that are equal added, in the order of the clock or of the names."""
    merged: dict[str | None, Counts] = {}
    for key, counts in groups:
        merged[key] = merged.get(key, Counts()) + counts
    if by is ReportBy.HALF_HOUR:
        return sorted(merged.items(), key=lambda group: datetime.fromisoformat(group[0] or ""))
    return sorted(merged.items(), key=lambda group: (group[0] is None, group[0] or ""))
