"""Indexes the files again that an earlier version indexed with other words, in parts, by durable jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from callcenter.customers.rows import CustomerRow
from callcenter.customers.store import FOUND_AS, customers_of, found_by
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs

CUSTOMERS_REINDEXED: Final = "customers_reindexed"
"""The job of one part; `after` is the last id of the part before it. A migration queues the first one."""
AT_ONCE: Final = 500


class Reindexing:
    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    async def part(self, payload: Mapping[str, Any]) -> None:
        """Index the next part and queue the one after it; idempotent, and files that are right already stay."""
        after = str(payload.get("after", ""))
        query = select(CustomerRow).where(CustomerRow.id > after, CustomerRow.merged_into.is_(None))
        async with self._database.write() as session:
            rows = (await session.scalars(query.order_by(CustomerRow.id).limit(AT_ONCE))).all()
            if not rows:
                return
            files = await customers_of(session, rows)
            texts: dict[str, str] = {file.id: "\n".join(found_by(file)) for file in files}
            before = await fulltext.texts_of(session, FOUND_AS, list(texts))
            await fulltext.put_ready(session, FOUND_AS, fulltext.ready(texts, before))
            if len(rows) == AT_ONCE:
                following = {"after": rows[-1].id}
                await self._jobs.put(session, CUSTOMERS_REINDEXED, following)
