"""Rows of shifts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.errors import ShiftIsOvertime, UnknownShift
from callcenter.roster.model import Shift
from callcenter.roster.rows import ShiftRow
from callcenter.web.audit import Fact


def facts_of(shift: Shift) -> dict[str, Fact]:
    """What the audit keeps of a shift."""
    span = f"{shift.starts_at.isoformat()}/{shift.ends_at.isoformat()}"
    return {"agent": shift.agent, "line": shift.line, "span": span}


async def shift_row(session: AsyncSession, shift: int) -> ShiftRow:
    """One row; raises UnknownShift."""
    row = await session.get(ShiftRow, shift) if 0 < shift < 2**31 else None
    if row is None:
        raise UnknownShift("no such shift", shift=shift)
    return row


def regular(row: ShiftRow) -> ShiftRow:
    """The row; raises ShiftIsOvertime for overtime."""
    if row.overtime:
        raise ShiftIsOvertime("this shift is overtime; cancel it there", shift=row.id)
    return row


def shift_of(row: ShiftRow) -> Shift:
    """The shift of a row."""
    return Shift(row.agent, row.line, row.starts_at, row.ends_at, row.id, row.overtime)


SHIFT: Final = (
    ShiftRow.agent,
    ShiftRow.line,
    ShiftRow.starts_at,
    ShiftRow.ends_at,
    ShiftRow.id,
    ShiftRow.overtime,
)
"""The columns of a shift, in the order of its fields: thousands are read without an object of the session for each."""


def shifts_of(rows: Iterable[Sequence[Any]]) -> list[Shift]:
    """The shifts of rows with the columns `SHIFT`."""
    return [Shift(*row) for row in rows]


def overlapping(
    start: datetime | None,
    end: datetime | None,
    agent: AgentNumber | None,
    line: LineCode | None,
    after: tuple[datetime, int] | None,
) -> Select[AgentNumber, LineCode, datetime, datetime, int, bool]:
    """The shifts that overlap a range, by start, with the columns `SHIFT`; all after the start and id in `after`."""
    query = select(*SHIFT).order_by(ShiftRow.starts_at, ShiftRow.id)
    if start is not None:
        query = query.where(ShiftRow.ends_at > start)
    if end is not None:
        query = query.where(ShiftRow.starts_at < end)
    if agent is not None:
        query = query.where(ShiftRow.agent == agent)
    if line is not None:
        query = query.where(ShiftRow.line == line)
    if after is not None:
        at, last = after
        query = query.where((ShiftRow.starts_at > at) | ((ShiftRow.starts_at == at) & (ShiftRow.id > last)))
    return query


async def is_stored(session: AsyncSession, shift: Shift) -> bool:
    """Whether there is exactly this regular shift."""
    same = select(ShiftRow.id).where(
        ShiftRow.agent == shift.agent,
        ShiftRow.line == shift.line,
        ShiftRow.starts_at == shift.starts_at,
        ShiftRow.ends_at == shift.ends_at,
        ShiftRow.overtime.is_(False),
    )
    return await session.scalar(same) is not None


async def put_shifts(session: AsyncSession, shifts: Sequence[Shift]) -> Sequence[int]:
    """Insert regular shifts; return their ids in order.

    They are read back: SQLite inserts rows whose ids are returned one at a time. No agent has two shifts at one time on
    one line, so each is found by its times.
    """
    values = [
        {
            "agent": shift.agent,
            "line": shift.line,
            "starts_at": shift.starts_at,
            "ends_at": shift.ends_at,
            "overtime": False,
            "version": 1,
        }
        for shift in shifts
    ]
    await session.execute(insert(ShiftRow), values)
    starts = [shift.starts_at for shift in shifts]
    query = select(*SHIFT).where(
        ShiftRow.agent.in_({shift.agent for shift in shifts}),
        ShiftRow.starts_at >= min(starts),
        ShiftRow.starts_at <= max(starts),
        ShiftRow.overtime.is_(False),
    )
    ids = {_place(shift): shift.id for shift in shifts_of(await session.execute(query))}
    return [ids[_place(shift)] for shift in shifts]


def _place(shift: Shift) -> tuple[str, str, datetime, datetime]:
    return shift.agent, shift.line, shift.starts_at, shift.ends_at
