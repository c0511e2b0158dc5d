"""Routes of the telephone bill's guard: what was refused, and which thresholds were passed."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from callcenter.calls.rows import TollEventRow
from callcenter.facts import CallId
from callcenter.storage.database import Database
from callcenter.storage.paging import newest_first
from callcenter.web.routes import LEADERS, Ask, Page, Routes, decode_cursor, encode_cursor


class TollShape(BaseModel):
    """`kind` is refused (with `reason`, `dial_class` and `number`), alarm or stop (with the scope as `reason`)."""

    id: int
    at: datetime
    call: CallId
    kind: str
    reason: str
    dial_class: str
    phone: str
    agent: str
    number: str


class TollQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: str | None = Field(None, max_length=10)
    phone: str | None = Field(None, max_length=20)
    agent: str | None = Field(None, max_length=20)
    since: datetime | None = None
    until: datetime | None = None
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200)


def toll_routes(database: Database) -> Routes:
    routes = Routes("calls")

    @routes.get("/toll-events", roles=LEADERS)
    async def list_toll_events(ask: Ask, query: TollQuery) -> Page[TollShape]:
        """List outbound calls that the PBX refused and daily thresholds that were exceeded, newest first."""
        row = TollEventRow
        conditions = [
            None if query.kind is None else row.kind == query.kind,
            None if query.phone is None else row.phone == query.phone,
            None if query.agent is None else row.agent == query.agent,
            None if query.since is None else row.at >= query.since,
            None if query.until is None else row.at < query.until,
        ]
        asked = select(row).where(*(event for event in conditions if event is not None))
        after = decode_cursor(query.cursor, tuple[datetime, int]) if query.cursor else None
        asked = newest_first(asked, row.at, row.id, query.limit + 1, after)
        async with database.read() as session:
            events = [TollShape.model_validate(event, from_attributes=True) for event in await session.scalars(asked)]
        page = events[: query.limit]
        more = len(events) > query.limit
        return Page(items=page, next=encode_cursor(page[-1].at, page[-1].id) if more else None)

    return routes
