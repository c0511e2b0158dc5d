"""Wishes over HTTP."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.planner.wishes.service import Wishes
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import ANYONE, Ask, Page, Routes


class RosterWishBody(BaseModel):
    """Without `agent` the wish is your own; without `pattern` it is about the whole day."""

    model_config = ConfigDict(extra="forbid")

    agent: str | None = Field(None, max_length=20, description=AGENT_NUMBER)
    day: date
    pattern: str = Field("", max_length=12)
    want: bool = Field(description="true: would like to work it; false: would like not to")


class RosterWish(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    agent: str
    day: date
    pattern: str
    want: bool
    at: datetime


class WishQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    first: date = Field(alias="from")
    last: date = Field(alias="to")


def routes(wishes: Wishes) -> Routes:
    routes = Routes("roster")

    @routes.get("/roster/wishes", roles=ANYONE)
    async def list_roster_wishes(ask: Ask, query: WishQuery) -> Page[RosterWish]:
        """List the wishes for these days; agents see their own."""
        rows = await wishes.wishes(query.first, query.last, ask.require())
        return Page(items=[RosterWish.model_validate(row) for row in rows])

    @routes.post("/roster/wishes", roles=ANYONE, status=201)
    async def add_roster_wish(ask: Ask, body: RosterWishBody) -> RosterWish:
        """State what you would like to work or not; the planner weighs it, nothing is promised."""
        by = ask.require()
        row = await wishes.add(body.agent or by.agent or "", body.day, body.pattern, by, want=body.want)
        return RosterWish.model_validate(row)

    @routes.delete("/roster/wishes/{id}", roles=ANYONE)
    async def remove_roster_wish(ask: Ask, id: str) -> None:
        """Withdraw a wish."""
        await wishes.remove(id, ask.require())

    return routes
