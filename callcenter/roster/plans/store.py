"""Statements of plans: rows as values and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.facts import LineCode
from callcenter.roster.errors import UnknownPlan
from callcenter.roster.model import Shift
from callcenter.roster.plans.model import Days, Entry
from callcenter.roster.plans.rows import PlanEntryRow, PlanRow
from callcenter.roster.rows import ShiftRow
from callcenter.roster.store import SHIFT, shifts_of

PART: Final = 500
"""Rows per statement."""


def days_of(row: PlanRow) -> Days:
    return Days(row.first_day, row.last_day)


async def plan_row(session: AsyncSession, id: str, *, hold: bool = False) -> PlanRow:
    """The row of a plan; raises UnknownPlan."""
    row = await session.get(PlanRow, id, with_for_update=True if hold else None)
    if row is None:
        raise UnknownPlan("there is no such plan", plan=id[:40])
    return row


async def entries_of(session: AsyncSession, plan: str) -> list[Entry]:
    """The entries of a plan, by agent and start."""
    row = PlanEntryRow
    query = select(row.agent, row.day, row.starts_at, row.ends_at, row.pattern, row.fixed)
    query = query.where(row.plan == plan).order_by(row.agent, row.starts_at)
    return [Entry(*values) for values in await session.execute(query)]


async def put_entries(session: AsyncSession, plan: str, entries: Sequence[Entry]) -> None:
    await session.execute(delete(PlanEntryRow).where(PlanEntryRow.plan == plan))
    for at in range(0, len(entries), PART):
        values = [
            {
                "plan": plan,
                "agent": entry.agent,
                "day": entry.day,
                "starts_at": entry.starts_at,
                "ends_at": entry.ends_at,
                "pattern": entry.pattern,
                "fixed": entry.fixed,
            }
            for entry in entries[at : at + PART]
        ]
        await session.execute(insert(PlanEntryRow), values)


async def present_shifts(
    session: AsyncSession, line: LineCode, start: datetime, end: datetime, *, hold: bool = False
) -> list[Shift]:
    """The shifts of a line that begin in the range, by start; `hold` locks them until the transaction ends.

    Overtime is no part of a plan: no draft copies it, and publishing leaves it as it is.
    """
    query = select(*SHIFT).where(ShiftRow.line == line, ShiftRow.starts_at >= start, ShiftRow.starts_at < end)
    query = query.where(ShiftRow.overtime.is_(False))
    query = query.order_by(ShiftRow.starts_at, ShiftRow.id)
    if hold:
        query = query.with_for_update()
    return shifts_of(await session.execute(query))


async def remove_shifts(session: AsyncSession, ids: Iterable[int]) -> None:
    given = sorted(ids)
    for at in range(0, len(given), PART):
        await session.execute(delete(ShiftRow).where(ShiftRow.id.in_(given[at : at + PART])))
