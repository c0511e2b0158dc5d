"""Statements of kept working time, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.reports.rollups.model import Calendar
from callcenter.calls.reports.work.model import WorkBy, WorkCounts
from callcenter.calls.reports.work.rows import AgentDayRow, AgentHalfHourRow
from callcenter.storage.upsert import insert_ignore

NAMES: Final = tuple(each.name for each in fields(WorkCounts))
BY_START: Final = frozenset({WorkBy.HALF_HOUR, WorkBy.HOUR})
"""Answered from half hours; everything else from days."""
BY_AGENT: Final = frozenset({WorkBy.AGENT, WorkBy.TEAM})
Table = type[AgentDayRow] | type[AgentHalfHourRow]
Kept = tuple[Any, WorkCounts]
"""A day, the start of a half hour or an agent, with its sums."""
PART: Final = 200
"""Days in one statement."""


async def sums(
    session: AsyncSession, by: WorkBy, first: date, last: date, calendar: Calendar, agent: str | None
) -> list[Kept]:
    """The sums of the days that are kept, by what the question needs: the place in time, or the agent."""
    table = _table(by)
    key = table.agent if by in BY_AGENT else _place(table)
    query = select(key, *(func.sum(getattr(table, name)) for name in NAMES)).where(
        *_between(table, first, last, calendar), table.agent != ""
    )
    if agent is not None:
        query = query.where(table.agent == agent)
    return [(row[0], _counts(row[1:])) for row in await session.execute(query.group_by(key))]


async def counted(session: AsyncSession, by: WorkBy, first: date, last: date, calendar: Calendar) -> set[date]:
    """The days that are kept."""
    table = _table(by)
    place = _place(table)
    query = select(place).where(*_between(table, first, last, calendar), table.agent == "")
    return {day_of(at, calendar) for at in await session.scalars(query)}


async def keep(
    session: AsyncSession,
    day: date,
    days: Mapping[str, WorkCounts],
    half_hours: Mapping[str, Mapping[datetime, WorkCounts]],
    calendar: Calendar,
) -> None:
    """Keep what agents did on a day; what is kept already stays."""
    rows = [{"day": day, "agent": agent, **asdict(counts)} for agent, counts in {**days, "": WorkCounts()}.items()]
    await session.execute(insert_ignore(session, AgentDayRow), rows)
    fine = [(at, agent, counts) for agent, parts in half_hours.items() for at, counts in parts.items()]
    fine.append((calendar.midnight(day), "", WorkCounts()))
    await session.execute(
        insert_ignore(session, AgentHalfHourRow),
        [{"start": int(at.timestamp()), "agent": agent, **asdict(counts)} for at, agent, counts in fine],
    )


async def forget(session: AsyncSession, days: Sequence[date], calendar: Calendar) -> None:
    """Days of which a record has changed are counted again."""
    for begin in range(0, len(days), PART):
        some = days[begin : begin + PART]
        await session.execute(delete(AgentDayRow).where(AgentDayRow.day.in_(some)))
        start, spans = AgentHalfHourRow.start, [_seconds(day, day, calendar) for day in some]
        inside = or_(*((start >= since) & (start < until) for since, until in spans))
        await session.execute(delete(AgentHalfHourRow).where(inside))


async def clear(session: AsyncSession) -> None:
    await session.execute(delete(AgentDayRow))
    await session.execute(delete(AgentHalfHourRow))


def day_of(at: date | int, calendar: Calendar) -> date:
    return datetime.fromtimestamp(at, calendar.zone).date() if isinstance(at, int) else at


def _table(by: WorkBy) -> Table:
    return AgentHalfHourRow if by in BY_START else AgentDayRow


def _place(table: Table) -> Any:
    return table.start if issubclass(table, AgentHalfHourRow) else table.day


def _between(table: Table, first: date, last: date, calendar: Calendar) -> Collection[Any]:
    if issubclass(table, AgentHalfHourRow):
        since, until = _seconds(first, last, calendar)
        return (table.start >= since, table.start < until)
    return (table.day >= first, table.day <= last)


def _seconds(first: date, last: date, calendar: Calendar) -> tuple[int, int]:
    """From the midnight before the first day until that after the last one, in seconds since 1970."""
    end = calendar.next_day(calendar.midnight(last))
    return int(calendar.midnight(first).timestamp()), int(end.timestamp())


def _counts(values: Iterable[Any]) -> WorkCounts:
    numbers: dict[str, Any] = {
        name: int(value) if name in ("conversations", "wrap_ups") else float(value)
        for name, value in zip(NAMES, values, strict=True)
    }
    return WorkCounts(**numbers)
