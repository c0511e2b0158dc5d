"""Fairness over HTTP: everyone sees it."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.planner.fairness.service import Fairness
from callcenter.roster.plans.model import Days
from callcenter.web.routes import ANYONE, Ask, Page, Routes


class FairnessQuery(BaseModel):
    """Local days, both included; usually a quarter."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    first: date = Field(alias="from")
    last: date = Field(alias="to")


class RosterShares(BaseModel):
    """`nights` are shifts that cover a time between 00:00 and 05:00, `weekends` the Saturdays and Sundays worked."""

    model_config = ConfigDict(from_attributes=True)

    agent: str
    name: str
    nights: int
    weekends: int
    hours: float


def routes(fairness: Fairness) -> Routes:
    routes = Routes("roster")

    @routes.get("/roster/fairness", roles=ANYONE)
    async def read_roster_fairness(ask: Ask, query: FairnessQuery) -> Page[RosterShares]:
        """Read how nights, weekends and hours are shared among the agents."""
        shares = await fairness.of(Days(query.first, query.last))
        return Page(items=[RosterShares.model_validate(share) for share in shares])

    return routes
