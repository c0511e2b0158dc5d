"""Counts the calls of numbers that are on the block list."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.rows import CallRow

BLOCKED: Final = "blocked"
"""The reason of a call whose caller is blocked; its outcome is closed."""


@dataclass(frozen=True, slots=True)
class Hits:
    """How often a block turned a caller away, and when last."""

    count: int = 0
    last_at: datetime | None = None


async def hits_of(
    session: AsyncSession, numbers: Collection[str], line: str, since: datetime | None, until: datetime | None
) -> Hits:
    """The blocked calls of a number in any of its spellings, on one line or, when that is empty, on all."""
    query = select(func.count(), func.max(CallRow.arrived_at)).where(
        CallRow.caller_number.in_(numbers), CallRow.reason == BLOCKED
    )
    if line:
        query = query.where(CallRow.line == line)
    if since is not None:
        query = query.where(CallRow.arrived_at >= since)
    if until is not None:
        query = query.where(CallRow.arrived_at <= until)
    count, last = (await session.execute(query)).one()
    return Hits(count, last)
