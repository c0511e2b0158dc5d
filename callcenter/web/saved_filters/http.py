"""Routes of saved filters."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from callcenter.web.roles import Person, Role
from callcenter.web.routes import ANYONE, Ask, Page, Routes, etag_of
from callcenter.web.saved_filters.service import Draft, SavedFilter, SavedFilters

FilteredList = Literal["cases", "callbacks", "calls", "customers", "scores", "recordings", "flags", "ledger"]
LISTS: tuple[str, ...] = get_args(FilteredList)
Name = Annotated[str, Field(min_length=1, max_length=40)]
Roles = list[Annotated[Role, Field(strict=False)]]
"""Named here: a filter has a field `list`."""
Value = Annotated[str, Field(max_length=200)]


def no_roles() -> Roles:
    return []


class ListFilterBody(BaseModel):
    """`query` are parameters of the list as in its address; `shared_with` the roles that see it (leaders only)."""

    model_config = ConfigDict(extra="forbid")

    list: FilteredList
    name: str = Field(min_length=1, max_length=100, pattern=r"\S")
    query: dict[Name, Value] = Field(max_length=30)
    shared_with: Roles = Field(default_factory=no_roles, max_length=6)


class ListFilterShape(ListFilterBody):
    id: str
    mine: bool
    by_name: str

    @classmethod
    def of(cls, saved: SavedFilter, by: Person) -> ListFilterShape:
        draft = saved.draft
        return cls.model_validate(
            {
                "id": saved.id,
                "list": draft.list,
                "name": draft.name,
                "query": dict(draft.query),
                "shared_with": list(draft.shared_with),
                "mine": saved.person == by.id,
                "by_name": saved.by_name,
            }
        )


class SavedFilterQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    list: FilteredList | None = None


def routes(filters: SavedFilters) -> Routes:
    routes = Routes("me")

    @routes.get("/saved-filters", roles=ANYONE)
    async def list_saved_filters(ask: Ask, query: SavedFilterQuery) -> Page[ListFilterShape]:
        """List your own filters of lists and those that are shared with your roles."""
        person = ask.require()
        return Page(items=[ListFilterShape.of(saved, person) for saved in await filters.of(person, query.list)])

    @routes.post("/saved-filters", roles=ANYONE, status=201, max_body=16_000)
    async def save_filter(ask: Ask, body: ListFilterBody) -> ListFilterShape:
        """Save a filter of a list under a name; leaders may share it with roles."""
        person = ask.require()
        return ListFilterShape.of(await filters.save(_draft(body), person), person)

    @routes.get("/saved-filters/{id}", roles=ANYONE)
    async def read_saved_filter(ask: Ask, id: str) -> ListFilterShape:
        """Read a filter that you see."""
        person = ask.require()
        shape = ListFilterShape.of(await filters.shown(id, person), person)
        ask.headers["ETag"] = etag_of(shape)
        return shape

    @routes.put("/saved-filters/{id}", roles=ANYONE, max_body=16_000)
    async def change_saved_filter(ask: Ask, id: str, body: ListFilterBody) -> ListFilterShape:
        """Replace one of your own filters."""
        person = ask.require()

        def check(current: SavedFilter) -> None:
            ask.must_match(ListFilterShape.of(current, person))

        shape = ListFilterShape.of(await filters.change(id, _draft(body), person, check), person)
        ask.headers["ETag"] = etag_of(shape)
        return shape

    @routes.delete("/saved-filters/{id}", roles=ANYONE)
    async def drop_saved_filter(ask: Ask, id: str) -> None:
        """Delete one of your own filters; managers may delete shared ones."""
        await filters.drop(id, ask.require())

    return routes


def _draft(body: ListFilterBody) -> Draft:
    return Draft(body.list, body.name, body.query, tuple(body.shared_with))
