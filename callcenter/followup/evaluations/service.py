"""Stores and reads evaluations (policy F1, F4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.facts import CaseNumber, ReturnCallId
from callcenter.followup.errors import UnknownEvaluation
from callcenter.followup.evaluations.model import Evaluation, GivenAnswer
from callcenter.followup.rows import EvaluationRow
from callcenter.storage.database import Database
from callcenter.storage.paging import Position, newest_first


def evaluation_of(row: EvaluationRow) -> Evaluation:
    values = {name: getattr(row, name) for name in Evaluation.__dataclass_fields__ if name != "answers"}
    return Evaluation(**values, answers=tuple(GivenAnswer(**answer) for answer in row.answers))


def row_of(evaluation: Evaluation) -> EvaluationRow:
    return EvaluationRow(**{**asdict(evaluation), "answers": [asdict(answer) for answer in evaluation.answers]})


async def evaluation_of_item(session: AsyncSession, item: ReturnCallId) -> Evaluation | None:
    """The evaluation of a return call whose script was followed to an end; in the caller's transaction."""
    row = await session.scalar(select(EvaluationRow).where(EvaluationRow.item == item))
    return None if row is None else evaluation_of(row)


class EvaluationService:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def evaluation(self, id: str) -> Evaluation:
        """One evaluation. Raises UnknownEvaluation."""
        async with self._database.read() as session:
            row = await session.get(EvaluationRow, id)
            if row is None:
                raise UnknownEvaluation("there is no such evaluation", evaluation=id[:40])
            return evaluation_of(row)

    async def find(
        self,
        *,
        case: CaseNumber | None = None,
        agent: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        after: Position | None = None,
    ) -> Sequence[Evaluation]:
        """Evaluations, newest first, after the cursor (at, id)."""
        query = select(EvaluationRow)
        for column, conditions in ((EvaluationRow.case, case), (EvaluationRow.agent, agent)):
            if conditions is not None:
                query = query.where(column == conditions)
        if since is not None:
            query = query.where(EvaluationRow.at >= since)
        if until is not None:
            query = query.where(EvaluationRow.at < until)
        query = newest_first(query, EvaluationRow.at, EvaluationRow.id, limit, after)
        async with self._database.read() as session:
            return [evaluation_of(row) for row in await session.scalars(query)]
