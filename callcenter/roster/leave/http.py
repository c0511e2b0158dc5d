"""Leave over HTTP (D4): agents request their own, leaders decide on all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.roster.history import RequestHistory
from callcenter.roster.leave.model import LeaveEvent, LeaveKind, LeaveState
from callcenter.roster.leave.service import Leaves
from callcenter.roster.rows import LeaveRow, RosterStepRow
from callcenter.roster.shapes import EffectShape, RequestDecisionBody, RequestShapes, RosterStepShape, position_of
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Routes


class LeaveBody(BaseModel):
    """Without `agent` the leave is your own; sickness may have begun already."""

    model_config = ConfigDict(extra="forbid")

    agent: str | None = Field(None, max_length=20, description=AGENT_NUMBER)
    kind: LeaveKind = Field(LeaveKind.PERSONAL, strict=False)
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    reason: str = Field(min_length=1, max_length=1000)


class LeaveShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    agent: str
    kind: LeaveKind
    starts_at: datetime
    ends_at: datetime
    reason: str
    state: LeaveState
    asked_at: datetime
    steps: list[RosterStepShape] = []

    @classmethod
    def of(cls, row: LeaveRow, steps: Sequence[RosterStepRow] = ()) -> LeaveShape:
        shape = cls.model_validate(row)
        return shape.model_copy(update={"steps": [RosterStepShape.of(step) for step in steps]})


class LeaveCase(BaseModel):
    """An open case of the agent's, with the deadline of its present step; null without one."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    due_at: datetime | None


class LeaveQuery(PageQuery):
    agent: str | None = Field(None, max_length=20)
    state: LeaveState | None = None


def routes(leaves: Leaves, history: RequestHistory) -> Routes:
    routes = Routes("roster")
    shapes = RequestShapes(history, "leave", LeaveShape.of)

    @routes.get("/leaves", roles=ANYONE)
    async def list_leaves(ask: Ask, query: LeaveQuery) -> Page[LeaveShape]:
        """List leaves, newest requests first; agents see their own."""
        after, by = position_of(query.cursor), ask.require()
        rows = await leaves.leaves(by, query.limit + 1, after, agent=query.agent, state=query.state)
        return await shapes.page(rows, query.limit)

    @routes.post("/leaves", roles=ANYONE, status=201)
    async def request_leave(ask: Ask, body: LeaveBody) -> LeaveShape:
        """Request leave in advance; supervisors also for an agent who is sick."""
        by = ask.require()
        agent = body.agent or by.agent or ""
        return await shapes.show(await leaves.request(agent, body.kind, body.starts_at, body.ends_at, body.reason, by))

    @routes.get("/leaves/{id}", roles=ANYONE)
    async def read_leave(ask: Ask, id: str) -> LeaveShape:
        """Read a leave with its history; agents read their own."""
        return await shapes.show(await leaves.leave(id, ask.require()))

    @routes.get("/leaves/{id}/effect", roles=LEADERS)
    async def read_leave_effect(ask: Ask, id: str) -> EffectShape:
        """Read what approving it would do to the coverage of the lines (D2)."""
        return EffectShape.of(await leaves.effect(id, ask.require()))

    @routes.get("/leaves/{id}/cases", roles=LEADERS)
    async def list_cases_of_leave(ask: Ask, id: str) -> Page[LeaveCase]:
        """List the agent's open cases that are due before the leave ends, to be handed on (K4)."""
        return Page(items=[LeaveCase.model_validate(case) for case in await leaves.cases(id, ask.require())])

    @routes.post("/leaves/{id}/approve", roles=LEADERS)
    async def approve_leave(ask: Ask, id: str, body: RequestDecisionBody) -> LeaveShape:
        """Approve it: from its start the agent is not on duty, whatever shifts they have."""
        by, despite = ask.require(), body.despite_shortage
        return await shapes.show(await leaves.decide(id, LeaveEvent.APPROVE, by, body.reason, despite_shortage=despite))

    @routes.post("/leaves/{id}/refuse", roles=LEADERS)
    async def refuse_leave(ask: Ask, id: str, body: RequestDecisionBody) -> LeaveShape:
        """Refuse it with a reason."""
        return await shapes.show(await leaves.decide(id, LeaveEvent.REFUSE, ask.require(), body.reason))

    @routes.post("/leaves/{id}/cancel", roles=LEADERS)
    async def cancel_leave(ask: Ask, id: str, body: RequestDecisionBody) -> LeaveShape:
        """Cancel an approved leave with a reason: the agent's shifts count again."""
        return await shapes.show(await leaves.decide(id, LeaveEvent.CANCEL, ask.require(), body.reason))

    @routes.post("/leaves/{id}/withdraw", roles=ANYONE)
    async def withdraw_leave(ask: Ask, id: str, body: RequestDecisionBody) -> LeaveShape:
        """Withdraw your own request before it is decided."""
        return await shapes.show(await leaves.decide(id, LeaveEvent.WITHDRAW, ask.require(), body.reason))

    return routes
