"""The daily digest over HTTP (K5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from callcenter.complaints.deadlines.digests import Digests
from callcenter.web.routes import ANYONE, LEADERS, Ask, Routes


class DigestShape(BaseModel):
    """`items` name the case, what is due (a step or an answer), the deadline, and the reader's role."""

    day: date
    person: str
    made_at: datetime
    items: list[Mapping[str, Any]]


class DigestQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    day: date | None = None
    person: str | None = None


def routes(service: Digests) -> Routes:
    routes = Routes("cases")

    @routes.get("/case-digest", roles=ANYONE)
    async def case_digest(ask: Ask, query: DigestQuery) -> DigestShape:
        """Read your digest of a day, by default the last one; leaders may read another person's."""
        me = ask.require()
        row = await service.of(query.person if query.person and me.may(LEADERS) else me.id, query.day)
        return DigestShape(day=row.day, person=row.person, made_at=row.made_at, items=row.content.get("items", []))

    return routes
