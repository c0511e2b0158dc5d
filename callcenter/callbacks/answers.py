"""The customer's answers and dials as they are kept for a return call; what answers mean is evaluation.py's."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.rows import ReturnCallAttemptRow
from callcenter.followup.rows import EvaluationRow


async def given_of(session: AsyncSession, item: str) -> EvaluationRow | None:
    """The evaluation of a return call, where its script was followed to an end."""
    return (await session.scalars(select(EvaluationRow).where(EvaluationRow.item == item))).first()


async def last_attempt(session: AsyncSession, item: str) -> ReturnCallAttemptRow | None:
    """The newest dial of a return call; whether the customer answered it is on it."""
    query = select(ReturnCallAttemptRow).where(ReturnCallAttemptRow.item == item)
    return (await session.scalars(query.order_by(ReturnCallAttemptRow.id.desc()).limit(1))).first()
