"""Flags over HTTP: agents see their own, leaders see and decide all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.facts import CallId
from callcenter.flags.model import FlagEvent, FlagState
from callcenter.flags.queries import FlagFilter, FlagQueries, SummaryBy
from callcenter.flags.rows import FlagRow
from callcenter.flags.service import FlagService
from callcenter.web.roles import Person
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor


class FlagShape(BaseModel):
    """Evidence that a clause of the policy was violated, and a person's decision on it."""

    id: str
    clause: str
    policy_version: str
    raised_at: datetime
    call: CallId
    agent: str | None
    facts: dict[str, Any]
    state: FlagState
    by: str | None
    reason: str | None

    @classmethod
    def of(cls, row: FlagRow) -> FlagShape:
        return cls.model_validate(row, from_attributes=True)


class FlagQuery(PageQuery):
    state: FlagState | None = None
    agent: str | None = None
    call: CallId | None = None
    clause: str | None = Field(None, max_length=10)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    def filter(self) -> FlagFilter:
        return FlagFilter(**self.model_dump(exclude={"limit", "cursor", "by"}))


class FlagSummaryQuery(FlagQuery):
    by: SummaryBy = SummaryBy.CLAUSE


class FlagSummaryShape(BaseModel):
    """How many flags of a clause (or about an agent) are undecided, confirmed and annulled."""

    model_config = ConfigDict(from_attributes=True)

    value: str | None
    raised: int
    confirmed: int
    annulled: int


class Decision(BaseModel):
    reason: str = Field(min_length=1, max_length=2000)


def routes(service: FlagService, queries: FlagQueries) -> Routes:
    routes = Routes("flags")

    @routes.get("/flags", roles=ANYONE)
    async def list_flags(ask: Ask, query: FlagQuery) -> Page[FlagShape]:
        """List flags, newest first; agents see those about themselves."""
        person = ask.require()
        if not person.may(LEADERS) and person.agent is None:
            return Page(items=[])
        conditions = query.filter() if person.may(LEADERS) else replace(query.filter(), agent=person.agent)
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        flags = await queries.find(conditions, query.limit + 1, after)
        page = [FlagShape.of(row) for row in flags[: query.limit]]
        more = len(flags) > query.limit
        return Page(items=page, next=encode_cursor(page[-1].raised_at, page[-1].id) if more else None)

    @routes.get("/flags/summary", roles=LEADERS)
    async def flags_summary(ask: Ask, query: FlagSummaryQuery) -> Page[FlagSummaryShape]:
        """Count flags by clause or by agent."""
        summary = await queries.summary(query.filter(), query.by)
        return Page(items=[FlagSummaryShape.model_validate(group) for group in summary])

    async def decided(id: str, event: FlagEvent, reason: str, by: Person) -> FlagShape:
        return FlagShape.of(await service.decide(id, event, by.login, reason, own_agent=by.agent))

    @routes.post("/flags/{id}/confirm", roles=LEADERS)
    async def confirm_flag(ask: Ask, id: str, body: Decision) -> FlagShape:
        """Confirm a flag about another agent with a reason; the decision is recorded under your name."""
        return await decided(id, FlagEvent.CONFIRM, body.reason, ask.require())

    @routes.post("/flags/{id}/annul", roles=LEADERS)
    async def annul_flag(ask: Ask, id: str, body: Decision) -> FlagShape:
        """Annul a flag about another agent with a reason; the decision is recorded under your name."""
        return await decided(id, FlagEvent.ANNUL, body.reason, ask.require())

    return routes
