"""Use cases of saved filters: of every list, one's own, and those that leaders share with a role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from pydantic import BaseModel, ValidationError
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.own.service import must_be_person
from callcenter.web.roles import LEADERS, MANAGERS, Person, Role
from callcenter.web.saved_filters.errors import (
    BadSavedFilter,
    FilterNotShared,
    SavedFilterTaken,
    TooManySavedFilters,
    UnknownSavedFilter,
)
from callcenter.web.saved_filters.rows import SavedFilterRow

MOST: Final = 100
"""Filters of one person."""
NOT_SAVED: Final = frozenset({"cursor", "limit", "total", "saved"})
"""Parameters that are about a page of a list, not about what it shows."""
Readers = Mapping[str, Callable[[Mapping[str, list[str]]], BaseModel | None]]
"""By list: reads its query parameters, as the list itself does."""
Check = Callable[["SavedFilter"], object]
"""Checks that the editor has seen the stored version."""


@dataclass(frozen=True, slots=True)
class Draft:
    list: str
    name: str
    query: Mapping[str, str]
    shared_with: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """`person` is the id of its owner."""

    id: str
    draft: Draft
    person: str
    by_name: str
    at: datetime

    def is_shown_to(self, by: Person) -> bool:
        return self.person == by.id or bool(by.roles.intersection(self.draft.shared_with))


class SavedFilters:
    def __init__(self, database: Database, clock: Clock, audit: Audit, readers: Readers) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._readers = readers

    async def of(self, by: Person, list_name: str | None = None) -> list[SavedFilter]:
        """One's own filters and those shared with one's roles, by name."""
        table = SavedFilterRow
        query = select(table).order_by(table.of_list, table.name, table.id).limit(5_000)
        if list_name is not None:
            query = query.where(table.of_list == list_name)
        async with self._database.read() as session:
            return [saved for row in await session.scalars(query) if (saved := _saved(row)).is_shown_to(by)]

    async def shown(self, id: str, by: Person) -> SavedFilter:
        """Raises UnknownSavedFilter, also for a filter that this person does not see."""
        async with self._database.read() as session:
            row = await session.get(SavedFilterRow, id)
        if row is None or not _saved(row).is_shown_to(by):
            raise UnknownSavedFilter("there is no such filter", filter=id[:40])
        return _saved(row)

    async def save(self, draft: Draft, by: Person) -> SavedFilter:
        """Raises BadSavedFilter, FilterNotShared, SavedFilterTaken, TooManySavedFilters, NotAPerson."""
        draft = self._checked(draft, must_be_person(by))
        row = SavedFilterRow(id=uuid4().hex, person=by.id, by_name=by.name[:200])
        async with self._database.write() as session:
            mine = select(func.count()).where(SavedFilterRow.person == by.id)
            if (await session.scalar(mine) or 0) >= MOST:
                raise TooManySavedFilters("a person keeps so many filters at most", most=MOST)
            return await self._put(session, row, draft, by)

    async def change(self, id: str, draft: Draft, by: Person, check: Check) -> SavedFilter:
        """Replace one of one's own. Raises UnknownSavedFilter and what `save` raises."""
        draft = self._checked(draft, must_be_person(by))
        async with self._database.write() as session:
            row = await session.get(SavedFilterRow, id, with_for_update=True)
            if row is None or row.person != by.id:
                raise UnknownSavedFilter("you have no such filter", filter=id[:40])
            check(_saved(row))
            return await self._put(session, row, draft, by)

    async def drop(self, id: str, by: Person) -> None:
        """Delete one of one's own; managers also one that is shared with others. Raises UnknownSavedFilter."""
        async with self._database.write() as session:
            row = await session.get(SavedFilterRow, id)
            shared = row is not None and bool(row.shared_with) and by.may(MANAGERS)
            if row is None or not (row.person == by.id or shared):
                raise UnknownSavedFilter("you have no such filter", filter=id[:40])
            await session.execute(delete(SavedFilterRow).where(SavedFilterRow.id == id))
            if row.shared_with:
                await self._audit.append(session, by, "saved_filter.dropped", f"filter/{id}")

    def _checked(self, draft: Draft, by: Person) -> Draft:
        if draft.shared_with and not by.may(LEADERS):
            raise FilterNotShared("only leaders share a filter")
        reader = self._readers.get(draft.list)
        if reader is None:
            raise BadSavedFilter("this list has no saved filters", parameter="list")
        if wrong := NOT_SAVED.intersection(draft.query):
            raise BadSavedFilter("this parameter is not part of a filter", parameter=min(wrong))
        try:
            reader({name: [value] for name, value in draft.query.items()})
        except ValidationError as error:
            parameter = next((str(part) for part in error.errors()[0]["loc"]), "")
            raise BadSavedFilter("the list does not take this parameter or value", parameter=parameter[:40]) from None
        roles = tuple(sorted(set(draft.shared_with)))
        return Draft(draft.list, draft.name.strip(), dict(draft.query), roles)

    async def _put(self, session: AsyncSession, row: SavedFilterRow, draft: Draft, by: Person) -> SavedFilter:
        row.of_list, row.name, row.query = draft.list, draft.name, dict(draft.query)
        row.shared_with, row.at = [role.value for role in draft.shared_with], self._clock()
        session.add(row)
        try:
            await session.flush()
        except IntegrityError:
            raise SavedFilterTaken("you have a filter of this name", name=draft.name) from None
        if draft.shared_with:
            facts = {"roles": ", ".join(draft.shared_with)}
            await self._audit.append(session, by, "saved_filter.shared", f"filter/{row.id}", facts=facts)
        return _saved(row)


def _saved(row: SavedFilterRow) -> SavedFilter:
    query: dict[str, Any] = row.query
    shared = tuple(Role(role) for role in row.shared_with)
    return SavedFilter(row.id, Draft(row.of_list, row.name, query, shared), row.person, row.by_name, row.at)
