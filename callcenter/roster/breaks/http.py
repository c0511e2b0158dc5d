"""Breaks over HTTP (D5, D6): agents ask for their own, leaders see all and extend."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.breaks.model import BreakState
from callcenter.roster.breaks.service import Breaks
from callcenter.roster.rows import BreakRow
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of


class BreakBody(BaseModel):
    """`kind` is one of the reasons for a pause that have a limit, such as meal or break."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=20)


class BreakExtension(BaseModel):
    model_config = ConfigDict(extra="forbid")

    minutes: int = Field(ge=1, le=240)
    reason: str = Field(min_length=1, max_length=1000)


class BreakShape(BaseModel):
    """`until` is when a taken break reaches its limit; `place` and `expected_at` are those of a waiting one.

    `expected_at` follows the plan (breaks end at their limits, agents come with their shifts); null where the plan
    shows no time within eight hours.
    """

    id: str
    agent: str
    kind: str
    state: BreakState
    asked_at: datetime
    granted_at: datetime | None
    taken_at: datetime | None
    ended_at: datetime | None
    limit_seconds: int
    until: datetime | None
    over_limit: bool
    extended_by: str | None
    extended_reason: str
    place: int | None = None
    expected_at: datetime | None = None

    @classmethod
    def of(cls, row: BreakRow) -> BreakShape:
        return cls(
            id=row.id,
            agent=row.agent,
            kind=row.kind,
            state=BreakState(row.state),
            asked_at=row.asked_at,
            granted_at=row.granted_at,
            taken_at=row.taken_at,
            ended_at=row.ended_at,
            limit_seconds=row.limit_seconds,
            until=row.taken_at + timedelta(seconds=row.limit_seconds) if row.taken_at else None,
            over_limit=row.agent_notified_at is not None,
            extended_by=row.extended_by,
            extended_reason=row.extended_reason,
        )


class BreakQuery(PageQuery):
    agent: str | None = Field(None, max_length=20)
    open: bool = False


def routes(breaks: Breaks) -> Routes:
    routes = Routes("roster")

    async def placed(rows: list[BreakRow]) -> list[BreakShape]:
        places = {row.id: (place, at) for place, (row, at) in enumerate(await breaks.queue(), 1)}
        shapes = [BreakShape.of(row) for row in rows]
        return [
            shape.model_copy(update=dict(zip(("place", "expected_at"), places[shape.id], strict=True)))
            if shape.id in places
            else shape
            for shape in shapes
        ]

    @routes.get("/breaks", roles=ANYONE)
    async def list_breaks(ask: Ask, query: BreakQuery) -> Page[BreakShape]:
        """List breaks and meals, newest first; agents see their own."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        rows = await breaks.breaks(ask.require(), query.limit + 1, after, agent=query.agent, open_=query.open)
        page = page_of(list(rows), query.limit, lambda row: encode_cursor(row.asked_at, row.id))
        return Page(items=await placed(page.items), next=page.next)

    @routes.post("/breaks", roles=ANYONE, status=201)
    async def ask_for_break(ask: Ask, body: BreakBody) -> BreakShape:
        """Ask for a break: granted while coverage holds, otherwise queued with the time at which it is expected (D5).

        A granted break begins when you pause with this reason, and lapses if you do not within some minutes.
        """
        by = ask.require()
        return (await placed([await breaks.ask(by.agent or "", body.kind, by)]))[0]

    @routes.post("/breaks/{id}/withdraw", roles=ANYONE)
    async def withdraw_break(ask: Ask, id: str) -> BreakShape:
        """Withdraw a break that has not begun."""
        return BreakShape.of(await breaks.withdraw(id, ask.require()))

    @routes.post("/breaks/{id}/extend", roles=LEADERS)
    async def extend_break(ask: Ask, id: str, body: BreakExtension) -> BreakShape:
        """Allow a break to last longer, with a reason (D6)."""
        return BreakShape.of(await breaks.extend(id, body.minutes, body.reason, ask.require()))

    return routes
