"""Wishes over HTTP."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.planner.wishes.service import Wishes
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import ANYONE, Ask, Page, Routes


class ShiftPreferenceBody(BaseModel):
    """Without `agent` the wish is your own; without `pattern` it is about the whole day."""

    model_config = ConfigDict(extra="forbid")

    agent: str | None = Field(None, max_length=20, description=AGENT_NUMBER)
    day: date
    pattern: str = Field("", max_length=12)
    want: bool = Field(description="true: would like to work it; false: would like not to")


class ShiftPreference(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    agent: str
    day: date
    pattern: str
    want: bool
    at: datetime


class ShiftPreferenceQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    first: date = Field(alias="from")
    last: date = Field(alias="to")


def routes(wishes: Wishes) -> Routes:
    routes = Routes("roster")

    @routes.get("/roster/preferences", roles=ANYONE)
    async def list_shift_preferences(ask: Ask, query: ShiftPreferenceQuery) -> Page[ShiftPreference]:
        """List the wishes for these days; agents see their own."""
        rows = await wishes.wishes(query.first, query.last, ask.require())
        return Page(items=[ShiftPreference.model_validate(row) for row in rows])

    @routes.post("/roster/preferences", roles=ANYONE, status=201)
    async def add_shift_preference(ask: Ask, body: ShiftPreferenceBody) -> ShiftPreference:
        """State what you would like to work or not; the planner weighs it, nothing is promised."""
        by = ask.require()
        row = await wishes.add(body.agent or by.agent or "", body.day, body.pattern, by, want=body.want)
        return ShiftPreference.model_validate(row)

    @routes.delete("/roster/preferences/{id}", roles=ANYONE)
    async def remove_shift_preference(ask: Ask, id: str) -> None:
        """Withdraw a wish."""
        await wishes.remove(id, ask.require())

    return routes
