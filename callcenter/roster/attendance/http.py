"""Attendance over HTTP: agents see their own findings, leaders all."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.roster.attendance.model import FindingKind
from callcenter.roster.attendance.service import Attendance
from callcenter.web.routes import ANYONE, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of


class AttendanceFinding(BaseModel):
    """Evidence from roster and presence: away from `at` until `until` (null: still, or for the rest of the shift).

    For `over_break` the times are those of the break, and `at` is its limit. Nothing follows automatically.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: FindingKind
    agent: str
    lines: list[str]
    shift_from: datetime
    shift_until: datetime
    at: datetime
    until: datetime | None
    minutes: int
    policy_version: str


class AttendanceQuery(PageQuery):
    agent: str | None = Field(None, max_length=20)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


def routes(attendance: Attendance) -> Routes:
    routes = Routes("roster")

    @routes.get("/attendance", roles=ANYONE)
    async def list_attendance(ask: Ask, query: AttendanceQuery) -> Page[AttendanceFinding]:
        """List who was late, absent, left the post or overran a break (D3, D4, D6), newest first."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        rows = await attendance.findings(
            ask.require(), query.limit + 1, after, agent=query.agent, since=query.since, until=query.until
        )
        page = page_of(list(rows), query.limit, lambda row: encode_cursor(row.at, row.id))
        return Page(items=[AttendanceFinding.model_validate(row) for row in page.items], next=page.next)

    return routes
