"""Adherence at this instant, over HTTP."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.agents.model import PresenceState
from callcenter.roster.adherence.present.model import PlannedState
from callcenter.roster.adherence.present.service import AdherenceNow
from callcenter.web.routes import LEADERS, Ask, Page, Routes


class PresentAdherence(BaseModel):
    """An agent who has a shift now: what is planned against what is; `in_adherence` is null on leave.

    `since` is when the agent came into or fell out of adherence, for leave when it began within their shifts.
    """

    model_config = ConfigDict(from_attributes=True)

    agent: str
    lines: list[str]
    planned: PlannedState
    present: PresenceState
    in_adherence: bool | None
    since: datetime


class PresentAdherenceQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    line: str | None = Field(None, max_length=31)


def routes(present: AdherenceNow) -> Routes:
    routes = Routes("roster")

    @routes.get("/adherence/now", roles=LEADERS)
    async def read_adherence_now(ask: Ask, query: PresentAdherenceQuery) -> Page[PresentAdherence]:
        """Read who is in and out of adherence now; changes come as `adherence` in the live feed."""
        return Page(items=[PresentAdherence.model_validate(now) for now in await present.of(query.line)])

    return routes
