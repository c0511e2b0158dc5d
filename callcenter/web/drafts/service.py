"""Keeps drafts per person: bounded in size and number, for 30 days after the last change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select

from callcenter.clock import Clock
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.storage.database import Database
from callcenter.web.drafts.rows import DraftRow
from callcenter.web.roles import Person

KEPT: Final = timedelta(days=30)
MOST: Final = 200
LARGEST: Final = 64 * 1024
_KIND: Final = re.compile(r"[a-z][a-z_]{0,39}")
_KEY: Final = re.compile(r"[A-Za-z0-9_.:-]{1,180}")


class UnknownDraft(NotFound):
    code = "unknown_draft"


class BadDraft(Invalid):
    code = "bad_draft"


class TooManyDrafts(Conflict):
    code = "too_many_drafts"


@dataclass(frozen=True, slots=True)
class Draft:
    kind: str
    key: str
    value: Mapping[str, Any]
    at: datetime


Check = Callable[[Draft], object]
"""Checks that the editor has seen the stored version: another window may have written meanwhile."""


class Drafts:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def draft(self, kind: str, key: str, by: Person) -> Draft:
        """Raises UnknownDraft."""
        async with self._database.read() as session:
            row = await session.get(DraftRow, (by.id, kind, key))
        if row is None or row.at <= self._clock() - KEPT:
            raise UnknownDraft("there is no such draft")
        return _draft(row)

    async def drafts(self, kind: str | None, by: Person) -> list[Draft]:
        """The person's drafts, the newest first."""
        query = select(DraftRow).where(DraftRow.person_id == by.id, DraftRow.at > self._clock() - KEPT)
        if kind is not None:
            query = query.where(DraftRow.kind == kind)
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(DraftRow.at.desc(), DraftRow.kind, DraftRow.key))
            return [_draft(row) for row in rows]

    async def write(self, kind: str, key: str, value: Mapping[str, Any], by: Person, check: Check) -> Draft:
        """Keep a draft. Raises BadDraft, TooManyDrafts, and what `check` raises of an existing one."""
        if not _KIND.fullmatch(kind) or not _KEY.fullmatch(key):
            raise BadDraft("a kind is lower-case letters, a key is letters, digits and . _ : -", field="key")
        if len(json.dumps(value, ensure_ascii=False).encode()) > LARGEST:
            raise BadDraft("a draft has 64 kB at most", field="value")
        async with self._database.write() as session:
            await session.execute(delete(DraftRow).where(DraftRow.at <= self._clock() - KEPT))
            row = await session.get(DraftRow, (by.id, kind, key), with_for_update=True)
            if row is not None:
                check(_draft(row))
            else:
                count = select(func.count()).select_from(DraftRow).where(DraftRow.person_id == by.id)
                if (await session.scalar(count) or 0) >= MOST:
                    raise TooManyDrafts("so many drafts are open; finish or discard some", most=MOST)
                row = DraftRow(person_id=by.id, kind=kind, key=key)
                session.add(row)
            row.value, row.at = dict(value), self._clock()
            return _draft(row)

    async def discard(self, kind: str, key: str, by: Person) -> None:
        """Idempotent: the draft is gone afterwards."""
        mine = (DraftRow.person_id == by.id, DraftRow.kind == kind, DraftRow.key == key)
        async with self._database.write() as session:
            await session.execute(delete(DraftRow).where(*mine))


def _draft(row: DraftRow) -> Draft:
    return Draft(row.kind, row.key, dict(row.value), row.at)
