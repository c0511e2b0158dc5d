"""Takes the steps of drawn calls, in the transaction of the caller."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict
from callcenter.facts import CallId
from callcenter.scorecards.model import PickEvent, PickState, after
from callcenter.scorecards.rows import SamplePickRow


class PickChangedMeanwhile(Conflict):
    code = "pick_changed_meanwhile"


async def step(
    session: AsyncSession, row: SamplePickRow, event: PickEvent, by: str, at: datetime, **values: Any
) -> None:
    """Compare-and-set. Raises IllegalTransition, PickChangedMeanwhile."""
    state = after(PickState(row.state), event)
    changed = await session.execute(
        update(SamplePickRow)
        .where(SamplePickRow.id == row.id, SamplePickRow.state == row.state)
        .values(state=state.value, settled_at=at, settled_by=by, **values)
        .returning(SamplePickRow.id)
        .execution_options(synchronize_session=False)
    )
    if changed.first() is None:
        raise PickChangedMeanwhile("this drawn call has just been settled", pick=row.id)
    await session.refresh(row)


async def graded(session: AsyncSession, call: CallId, agent: str, score: str, by: str, at: datetime) -> None:
    """Marks the call as graded for every plan that drew it for this agent."""
    mine = (SamplePickRow.call == call, SamplePickRow.agent == agent, SamplePickRow.state == PickState.OPEN.value)
    for row in (await session.scalars(select(SamplePickRow).where(*mine))).all():
        await step(session, row, PickEvent.GRADE, by, at, score=score)
