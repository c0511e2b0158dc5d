"""What the customer said in the script, as far as it concerns the return call's result (F1, F2)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.model import Result
from callcenter.callbacks.script_rows import EvaluationRow


async def given_of(session: AsyncSession, item: str) -> EvaluationRow | None:
    """The evaluation of a return call, where its script was followed to an end."""
    return (await session.scalars(select(EvaluationRow).where(EvaluationRow.item == item))).first()


def word_of(given: EvaluationRow) -> Result | None:
    """The result that a customer's answers amount to; None when they do not say (broken off, or no good time)."""
    if given.reopens or given.problem or given.solved is False:
        return Result.PROBLEM
    return Result.CONFIRMED if given.complete and given.solved else None
