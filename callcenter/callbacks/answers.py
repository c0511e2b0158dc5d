"""Reads the dials of a return call."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.rows import ReturnCallAttemptRow
from callcenter.facts import ReturnCallId


async def last_attempt(session: AsyncSession, item: ReturnCallId) -> ReturnCallAttemptRow | None:
    """The newest dial of a return call; it records whether the customer answered."""
    query = select(ReturnCallAttemptRow).where(ReturnCallAttemptRow.item == item)
    return (await session.scalars(query.order_by(ReturnCallAttemptRow.id.desc()).limit(1))).first()
