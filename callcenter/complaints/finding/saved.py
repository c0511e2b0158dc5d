"""Manages named filters of the case list, private or shared with everyone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import IntegrityError

from callcenter.complaints.errors import FilterTaken, TooManyFilters, UnknownFilter
from callcenter.complaints.rows import CaseFilterRow
from callcenter.storage.database import Database
from callcenter.web.roles import Person

MOST: Final = 100
"""Maximum number of filters per person."""


class FilterService:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def filters(self, person: Person) -> list[CaseFilterRow]:
        """Returns the person's own filters and the shared ones, by name."""
        mine = or_(CaseFilterRow.person == person.id, CaseFilterRow.shared)
        async with self._database.read() as session:
            query = select(CaseFilterRow).where(mine).order_by(CaseFilterRow.name, CaseFilterRow.id)
            return list(await session.scalars(query.limit(1000)))

    async def filter(self, id: str, person: Person) -> CaseFilterRow:
        """Raises UnknownFilter, also for another person's private filter."""
        async with self._database.read() as session:
            row = await session.get(CaseFilterRow, id)
        if row is None or not (row.shared or row.person == person.id):
            raise UnknownFilter("there is no such filter", filter=id[:40])
        return row

    async def save(self, name: str, asked: Mapping[str, Any], person: Person, *, shared: bool) -> CaseFilterRow:
        """Saves a new filter. Raises FilterTaken when the person already has one of this name, TooManyFilters."""
        row = CaseFilterRow(
            id=uuid4().hex, person=person.id, by_name=person.name, name=name.strip(), shared=shared, filter=dict(asked)
        )
        try:
            async with self._database.write() as session:
                mine = select(func.count()).where(CaseFilterRow.person == person.id)
                if (await session.scalar(mine) or 0) >= MOST:
                    raise TooManyFilters(f"a person keeps {MOST} filters at most", most=MOST)
                session.add(row)
        except IntegrityError:
            raise FilterTaken("you have a filter of this name", name=name[:100]) from None
        return row

    async def drop(self, id: str, person: Person) -> None:
        """Deletes one of the person's own filters. Raises UnknownFilter."""
        mine = delete(CaseFilterRow).where(CaseFilterRow.id == id, CaseFilterRow.person == person.id)
        async with self._database.write() as session:
            if await session.scalar(mine.returning(CaseFilterRow.id)) is None:
                raise UnknownFilter("you have no such filter", filter=id[:40])
