"""Deadlines of rosters over HTTP (D1)."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from callcenter.roster.deadlines.model import Period
from callcenter.roster.deadlines.service import Deadline, Deadlines
from callcenter.web.roles import PLANNERS
from callcenter.web.routes import Ask, Page, Routes


class RosterDeadline(BaseModel):
    """A roster that is due at `due_at`; `published` once published plans cover every day of the period."""

    line: str
    period: Period
    first_day: date
    last_day: date
    due_at: datetime
    published: bool
    reminded_at: datetime | None

    @classmethod
    def of(cls, deadline: Deadline) -> RosterDeadline:
        due = deadline.due
        return cls(
            line=deadline.line,
            period=due.period,
            first_day=due.days.first,
            last_day=due.days.last,
            due_at=due.due_at,
            published=deadline.published,
            reminded_at=deadline.reminded_at,
        )


def routes(deadlines: Deadlines) -> Routes:
    routes = Routes("roster")

    @routes.get("/roster/deadlines", roles=PLANNERS)
    async def list_roster_deadlines(ask: Ask) -> Page[RosterDeadline]:
        """List the rosters that are due next, of the lines with stated needs."""
        return Page(items=[RosterDeadline.of(deadline) for deadline in await deadlines.deadlines()])

    return routes
