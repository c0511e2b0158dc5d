"""Cases in a list, and cases by their words: what was taken down, stated and remarked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, or_, select

from callcenter.complaints import store
from callcenter.complaints.model import Case
from callcenter.complaints.rows import CaseEntryRow, CaseRow
from callcenter.complaints.wanted import Wanted
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.words import query_of

Place = tuple[datetime, str]
"""Of a case in the list: opened_at, number."""
ROUNDS: Final = 10
"""How often a page of hits is filled up when the filters leave few of them."""


class CaseList:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, wanted: Wanted, limit: int = 50, behind: Place | None = None) -> list[Case]:
        """Cases, the newest first, behind the place (opened_at, number)."""
        query = select(CaseRow).where(*wanted.conditions())
        if behind is not None:
            at, number = behind
            query = query.where(or_(CaseRow.opened_at < at, and_(CaseRow.opened_at == at, CaseRow.number < number)))
        query = query.order_by(CaseRow.opened_at.desc(), CaseRow.number.desc()).limit(limit)
        async with self._database.read() as session:
            return [store.case_of(row) for row in await session.scalars(query)]

    async def worked_on(self, persons: Sequence[str], since: datetime, until: datetime) -> list[str]:
        """The cases to whose history these people added between two instants."""
        by = (CaseEntryRow.by.in_(persons), CaseEntryRow.at >= since, CaseEntryRow.at < until)
        query = select(CaseEntryRow.case).where(*by).distinct().order_by(CaseEntryRow.case)
        async with self._database.read() as session:
            return list(await session.scalars(query))


class CaseSearch:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, words: str, wanted: Wanted, limit: int = 50, before: int | None = None
    ) -> tuple[list[Case], int | None]:
        """Cases that have every word and are wanted, the newest first; and the place to go on behind.

        A page may hold fewer than `limit` while there are more: the filters are looked at after the words.
        """
        query, found = query_of(words), list[Case]()
        async with self._database.read() as session:
            for _ in range(ROUNDS):
                hits = await fulltext.find(session, query, (store.FOUND_AS,), limit - len(found), before)
                rows = select(CaseRow).where(CaseRow.number.in_([hit.ref for hit in hits.items]), *wanted.conditions())
                kept = {row.number: store.case_of(row) for row in await session.scalars(rows)}
                found += [kept[hit.ref] for hit in hits.items if hit.ref in kept]
                before = hits.next
                if before is None or len(found) == limit:
                    break
        return found, before

    async def with_texts(self, numbers: Sequence[str]) -> list[tuple[Case, str]]:
        """These cases, each with the text that it is found by."""
        async with self._database.read() as session:
            rows = (await session.scalars(select(CaseRow).where(CaseRow.number.in_(numbers)))).all()
            cases = [store.case_of(row) for row in rows]
            remarks = await store.remarks_of(session, numbers)
            return [(case, store.text_of(case, remarks.get(case.number, ()))) for case in cases]
