"""Notices of publications over HTTP (D1)."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from callcenter.roster.plans.model import DifferenceKind
from callcenter.roster.plans.notices.service import Notices
from callcenter.web.routes import ANYONE, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of


class RosterShiftTimes(BaseModel):
    starts_at: datetime
    ends_at: datetime


class RosterChange(BaseModel):
    """A shift that was added, removed, or moved to other times of the same day."""

    kind: DifferenceKind
    before: RosterShiftTimes | None
    after: RosterShiftTimes | None


class RosterNotice(BaseModel):
    """What a publication changes for one agent; `seen_at` is null until they have seen it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    plan: str
    agent: str
    at: datetime
    changes: list[RosterChange]
    seen_at: datetime | None


class NoticeQuery(PageQuery):
    plan: str | None = None
    unseen: bool | None = None


def routes(notices: Notices) -> Routes:
    routes = Routes("roster")

    @routes.get("/roster/notices", roles=ANYONE)
    async def list_roster_notices(ask: Ask, query: NoticeQuery) -> Page[RosterNotice]:
        """List what publications change for you, newest first; planners see all."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        rows = await notices.notices(ask.require(), query.limit + 1, after, plan=query.plan, unseen=query.unseen)
        page = page_of(list(rows), query.limit, lambda row: encode_cursor(row.at, row.id))
        return Page(items=[RosterNotice.model_validate(row) for row in page.items], next=page.next)

    @routes.post("/roster/notices/{id}/seen", roles=ANYONE)
    async def see_roster_notice(ask: Ask, id: str) -> RosterNotice:
        """State that you have seen a notice; the first time counts."""
        return RosterNotice.model_validate(await notices.see(id, ask.require()))

    return routes
