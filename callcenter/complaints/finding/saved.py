"""Filters of the list of cases that people keep under a name, for themselves or for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import IntegrityError

from callcenter.complaints.errors import FilterTaken, TooManyFilters, UnknownFilter
from callcenter.complaints.finding.shapes import CaseFilter, SavedFilterBody, SavedFilterShape
from callcenter.complaints.rows import CaseFilterRow
from callcenter.storage.database import Database
from callcenter.web.roles import Person
from callcenter.web.routes import ANYONE, Ask, Page, Routes

MOST: Final = 100
"""Filters that one person may keep."""


class FilterService:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def filters(self, person: Person) -> list[CaseFilterRow]:
        """One's own and the shared ones, by name."""
        mine = or_(CaseFilterRow.person == person.id, CaseFilterRow.shared)
        async with self._database.read() as session:
            query = select(CaseFilterRow).where(mine).order_by(CaseFilterRow.name, CaseFilterRow.id)
            return list(await session.scalars(query.limit(1000)))

    async def filter(self, id: str, person: Person) -> CaseFilterRow:
        """Raises UnknownFilter, also for somebody else's own."""
        async with self._database.read() as session:
            row = await session.get(CaseFilterRow, id)
        if row is None or not (row.shared or row.person == person.id):
            raise UnknownFilter("there is no such filter", filter=id[:40])
        return row

    async def save(self, name: str, asked: Mapping[str, Any], person: Person, *, shared: bool) -> CaseFilterRow:
        """Keep a new filter. Raises FilterTaken when one's own has this name, TooManyFilters."""
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
        """One's own only. Raises UnknownFilter."""
        mine = delete(CaseFilterRow).where(CaseFilterRow.id == id, CaseFilterRow.person == person.id)
        async with self._database.write() as session:
            if await session.scalar(mine.returning(CaseFilterRow.id)) is None:
                raise UnknownFilter("you have no such filter", filter=id[:40])


def routes(filters: FilterService) -> Routes:
    routes = Routes("cases")

    @routes.get("/case-filters", roles=ANYONE)
    async def list_case_filters(ask: Ask) -> Page[SavedFilterShape]:
        """Your own filters and those that are shared with everybody."""
        person = ask.require()
        return Page(items=[_shape(row, person) for row in await filters.filters(person)], next=None)

    @routes.post("/case-filters", roles=ANYONE, status=201)
    async def save_case_filter(ask: Ask, body: SavedFilterBody) -> SavedFilterShape:
        """Keep a filter under a name; use it as `/cases?saved=ID`."""
        person, asked = ask.require(), body.filter.model_dump(mode="json", exclude_none=True)
        return _shape(await filters.save(body.name, asked, person, shared=body.shared), person)

    @routes.delete("/case-filters/{id}", roles=ANYONE)
    async def drop_case_filter(ask: Ask, id: str) -> None:
        """Drop one of your own."""
        await filters.drop(id, ask.require())

    return routes


def _shape(row: CaseFilterRow, person: Person) -> SavedFilterShape:
    return SavedFilterShape(
        id=row.id, name=row.name, shared=row.shared, filter=CaseFilter.model_validate(row.filter),
        mine=row.person == person.id, by_name=row.by_name,
    )  # fmt: skip
