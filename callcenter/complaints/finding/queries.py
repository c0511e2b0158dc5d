"""Search for cases by their words: what was taken down, stated and remarked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from callcenter.complaints import store
from callcenter.complaints.finding.filter import CaseConditions
from callcenter.complaints.model import Case
from callcenter.complaints.rows import CaseRow
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.tokenizer import query_of

ROUNDS: Final = 10
"""How often a page of hits is filled up when the filters leave few of them."""


class CaseSearch:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, words: str, conditions: CaseConditions, limit: int = 50, before: int | None = None
    ) -> tuple[list[Case], int | None]:
        """Cases that have every word and are wanted, the newest first; and the place to go on behind.

        A page may hold fewer than `limit` while there are more: the filters are looked at after the words.
        """
        query, result = query_of(words), list[Case]()
        async with self._database.read() as session:
            for _ in range(ROUNDS):
                hits = await fulltext.find(session, query, (store.FOUND_AS,), limit - len(result), before)
                rows = select(CaseRow).where(
                    CaseRow.number.in_([hit.ref for hit in hits.items]), *conditions.conditions()
                )
                kept = {row.number: store.case_of(row) for row in await session.scalars(rows)}
                result += [kept[hit.ref] for hit in hits.items if hit.ref in kept]
                before = hits.next
                if before is None or len(result) == limit:
                    break
        return result, before

    async def with_texts(self, numbers: Sequence[str]) -> list[tuple[Case, str]]:
        """These cases, each with the text that it is found by."""
        async with self._database.read() as session:
            rows = (await session.scalars(select(CaseRow).where(CaseRow.number.in_(numbers)))).all()
            cases = [store.case_of(row) for row in rows]
            remarks = await store.remarks_of(session, numbers)
            return [(case, store.text_of(case, remarks.get(case.number, ()))) for case in cases]
