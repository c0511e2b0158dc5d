"""The sign of life of an agent's page."""

from __future__ import annotations

from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from callcenter.agents.errors import NotYourPresence
from callcenter.clock import Clock
from callcenter.facts import Fact, PageSeen
from callcenter.web.routes import ANYONE, Ask, Routes


class Floor(Protocol):
    """The live picture (calls/live.py)."""

    def submit_soon(self, fact: Fact) -> None: ...


class PageBody(BaseModel):
    """`can_ring` is false while the browser plays no sound or has put the page to sleep."""

    model_config = ConfigDict(extra="forbid")

    can_ring: bool
    closing: bool = Field(False, description="The page is being closed: do not wait for the next sign of life.")


def routes(clock: Clock, floor: Floor) -> Routes:
    routes = Routes("agents")

    @routes.post("/presence/page", roles=ANYONE)
    async def page_seen(ask: Ask, body: PageBody) -> None:
        """Report every 20 seconds that your page is open; after 60 seconds without it the live `agent` says so."""
        person = ask.require()
        if person.agent is None or person.program:
            raise NotYourPresence("only the page of an agent reports this")
        floor.submit_soon(PageSeen(clock(), person.agent, body.can_ring, body.closing))

    return routes
