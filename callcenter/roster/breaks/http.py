"""Breaks over HTTP (D5, D6): agents ask for their own, leaders see all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.breaks.model import BreakState, Lack
from callcenter.roster.breaks.service import Breaks
from callcenter.roster.breaks.turn import over_of
from callcenter.roster.rows import BreakRow
from callcenter.web.routes import ANYONE, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of


class BreakBody(BaseModel):
    """`kind` is one of the reasons for a pause that have a limit, such as meal or break."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=20)


class BreakLack(BaseModel):
    """Which line cannot spare the agent now: it would keep `left` agents, and needs `required`.

    `last`: with fewer than `roster.least_agents` left nobody may grant it. With `skill` both count the agents who
    have it at `level` or a higher one.
    """

    line: str
    left: int
    required: int
    last: bool
    skill: str | None = None
    level: int | None = None


class BreakShape(BaseModel):
    """`until` is when a taken break reaches its limit, `over` who has been notified of an overrun, as in the live feed;
    `place` and `expected_at` are those of a waiting one.

    `expected_at` follows the plan (breaks end at their limits, agents come with their shifts); null where the plan
    shows no time within eight hours. `lack` of a waiting one states which line cannot spare the agent; null where it
    waits for its turn alone. `decided_by` is the leader who granted it out of turn or refused it.
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
    over: Literal["", "agent", "leaders"]
    extended_by: str | None
    extended_reason: str
    decided_at: datetime | None
    decided_by: str | None
    decided_reason: str
    lack: BreakLack | None = None
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
            over=over_of(row),
            extended_by=row.extended_by,
            extended_reason=row.extended_reason,
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            decided_reason=row.decided_reason or "",
        )


class BreakQuery(PageQuery):
    agent: str | None = Field(None, max_length=20)
    open: bool = False


def routes(breaks: Breaks) -> Routes:
    routes = Routes("roster")

    async def placed(rows: list[BreakRow]) -> list[BreakShape]:
        queue = {row.id: (place, at) for place, (row, at) in enumerate(await breaks.queue(), 1)}
        lacks = await breaks.lacks()

        def shape(row: BreakRow) -> BreakShape:
            place, at = queue.get(row.id, (None, None))
            lack = lacks.get(row.id)
            return BreakShape.of(row).model_copy(
                update={"place": place, "expected_at": at, "lack": lack and _lack(lack, breaks.rules.least)}
            )

        return [shape(row) for row in rows]

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

    return routes


def _lack(lack: Lack, least: int) -> BreakLack:
    return BreakLack(
        line=lack.line,
        left=lack.left,
        required=lack.required,
        last=lack.is_last(least),
        skill=lack.skill,
        level=lack.level,
    )
