"""Searches cases by their text: facts, statements and remarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from callcenter.complaints import store
from callcenter.complaints.finding.filter import CaseConditions
from callcenter.complaints.model import Case
from callcenter.complaints.rows import CaseRow
from callcenter.facts import CaseNumber
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.tokenizer import query_of

ROUNDS: Final = 10
"""How often a page of hits is refilled when the filters leave few of them."""


class CaseSearch:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, words: str, conditions: CaseConditions, limit: int = 50, before: int | None = None
    ) -> tuple[list[Case], int | None]:
        """Returns matching cases that contain every word, newest first, and the position where the next page starts.

        A page may hold fewer than `limit` although there are more: the filters are applied after the text search.
        """
        query, cases = query_of(words), list[Case]()
        async with self._database.read() as session:
            for _ in range(ROUNDS):
                hits = await fulltext.find(session, query, (store.FOUND_AS,), limit - len(cases), before)
                rows = select(CaseRow).where(
                    CaseRow.number.in_([hit.ref for hit in hits.items]), *conditions.conditions()
                )
                matching = {row.number: store.case_of(row) for row in await session.scalars(rows)}
                numbers = [CaseNumber(hit.ref) for hit in hits.items]
                cases += [matching[number] for number in numbers if number in matching]
                before = hits.next
                if before is None or len(cases) == limit:
                    break
        return cases, before

    async def with_texts(self, numbers: Sequence[str]) -> list[tuple[Case, str]]:
        """Returns these cases, each with its indexed text."""
        async with self._database.read() as session:
            rows = (await session.scalars(select(CaseRow).where(CaseRow.number.in_(numbers)))).all()
            cases = [store.case_of(row) for row in rows]
            remarks = await store.remarks_of(session, numbers)
            return [(case, store.text_of(case, remarks.get(case.number, ()))) for case in cases]
