"""Saved filters over HTTP."""

from __future__ import annotations

from callcenter.complaints.finding.saved import FilterService
from callcenter.complaints.finding.shapes import CaseFilter, SavedFilterBody, SavedFilterShape
from callcenter.complaints.rows import CaseFilterRow
from callcenter.web.roles import Person
from callcenter.web.routes import ANYONE, Ask, Page, Routes


def routes(filters: FilterService) -> Routes:
    routes = Routes("cases")

    @routes.get("/case-filters", roles=ANYONE)
    async def list_case_filters(ask: Ask) -> Page[SavedFilterShape]:
        """List your own filters and shared ones."""
        person = ask.require()
        return Page(items=[_shape(row, person) for row in await filters.filters(person)], next=None)

    @routes.post("/case-filters", roles=ANYONE, status=201)
    async def save_case_filter(ask: Ask, body: SavedFilterBody) -> SavedFilterShape:
        """Save a filter under a name; use it as `/cases?saved=ID`."""
        person, asked = ask.require(), body.filter.model_dump(mode="json", exclude_none=True)
        return _shape(await filters.save(body.name, asked, person, shared=body.shared), person)

    @routes.delete("/case-filters/{id}", roles=ANYONE)
    async def drop_case_filter(ask: Ask, id: str) -> None:
        """Delete one of your own filters."""
        await filters.drop(id, ask.require())

    return routes


def _shape(row: CaseFilterRow, person: Person) -> SavedFilterShape:
    return SavedFilterShape(
        id=row.id,
        name=row.name,
        shared=row.shared,
        filter=CaseFilter.model_validate(row.filter),
        mine=row.person == person.id,
        by_name=row.by_name,
    )
