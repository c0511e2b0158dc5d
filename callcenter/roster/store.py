"""Rows of shifts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

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


async def put_shifts(session: AsyncSession, shifts: Sequence[Shift]) -> Sequence[int]:
    """Insert regular shifts in one statement; return their ids in order."""
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
    return (await session.scalars(insert(ShiftRow).returning(ShiftRow.id, sort_by_parameter_order=True), values)).all()
