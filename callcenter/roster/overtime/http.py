"""Overtime over HTTP: leaders ask, agents offer, the other side agrees, a leader approves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.roster.history import RequestHistory
from callcenter.roster.overtime.model import OvertimeEvent, OvertimeState
from callcenter.roster.overtime.rows import OvertimeRow
from callcenter.roster.overtime.service import OvertimeEffect, Overtimes
from callcenter.roster.rows import RosterStepRow
from callcenter.roster.shapes import RequestShapes, RosterStepShape, ShortageShape, StrainShape, position_of
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Routes


class OvertimeBody(BaseModel):
    """Without `agent` you offer your own."""

    model_config = ConfigDict(extra="forbid")

    agent: str | None = Field(None, max_length=20, description=AGENT_NUMBER)
    line: str = Field(max_length=31)
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    reason: str = Field(min_length=1, max_length=1000)


class OvertimeDecisionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=1000)


class OvertimeShape(BaseModel):
    """`offered`: by the agent, else asked for by a leader; `shift` is its shift once it is approved."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    agent: str
    line: str
    starts_at: datetime
    ends_at: datetime
    offered: bool
    reason: str
    state: OvertimeState
    asked_at: datetime
    shift: int | None
    steps: list[RosterStepShape] = []

    @classmethod
    def of(cls, row: OvertimeRow, steps: Sequence[RosterStepRow] = ()) -> OvertimeShape:
        shape = cls.model_validate(row)
        return shape.model_copy(update={"steps": [RosterStepShape.of(step) for step in steps]})


class OvertimeEffectShape(BaseModel):
    """The line's shortages at that time without and with it, the limits that it breaks, the hours of that week."""

    before: list[ShortageShape]
    after: list[ShortageShape]
    strains: list[StrainShape]
    week_hours_before: float
    week_hours_after: float

    @classmethod
    def of(cls, effect: OvertimeEffect) -> OvertimeEffectShape:
        return cls(
            before=[ShortageShape.model_validate(shortage) for shortage in effect.before],
            after=[ShortageShape.model_validate(shortage) for shortage in effect.after],
            strains=[StrainShape.model_validate(strain) for strain in effect.strains],
            week_hours_before=effect.week_hours_before,
            week_hours_after=effect.week_hours_after,
        )


class OvertimeQuery(PageQuery):
    agent: str | None = Field(None, max_length=20)
    state: OvertimeState | None = None


def routes(overtimes: Overtimes, history: RequestHistory) -> Routes:
    routes = Routes("roster")
    shapes = RequestShapes(history, "overtime", OvertimeShape.of)

    async def decide(ask: Ask, id: str, event: OvertimeEvent, body: OvertimeDecisionBody) -> OvertimeShape:
        return await shapes.show(await overtimes.decide(id, event, ask.require(), body.reason))

    @routes.get("/overtime", roles=ANYONE)
    async def list_overtime(ask: Ask, query: OvertimeQuery) -> Page[OvertimeShape]:
        """List overtime, newest requests first; agents see their own."""
        after, by = position_of(query.cursor), ask.require()
        rows = await overtimes.overtimes(by, query.limit + 1, after, agent=query.agent, state=query.state)
        return await shapes.page(rows, query.limit)

    @routes.post("/overtime", roles=ANYONE, status=201)
    async def ask_for_overtime(ask: Ask, body: OvertimeBody) -> OvertimeShape:
        """Ask an agent for overtime, as a supervisor, or offer your own."""
        by = ask.require()
        agent = body.agent or by.agent or ""
        return await shapes.show(await overtimes.ask(agent, body.line, body.starts_at, body.ends_at, body.reason, by))

    @routes.get("/overtime/{id}", roles=ANYONE)
    async def read_overtime(ask: Ask, id: str) -> OvertimeShape:
        """Read an overtime with its history."""
        return await shapes.show(await overtimes.overtime(id, ask.require()))

    @routes.get("/overtime/{id}/effect", roles=ANYONE)
    async def read_overtime_effect(ask: Ask, id: str) -> OvertimeEffectShape:
        """Read what it does to the coverage (D2), to rest and to the hours of the week."""
        return OvertimeEffectShape.of(await overtimes.effect(id, ask.require()))

    @routes.post("/overtime/{id}/agree", roles=ANYONE)
    async def agree_to_overtime(ask: Ask, id: str, body: OvertimeDecisionBody) -> OvertimeShape:
        """Agree, as the agent who was asked, or as a supervisor to what an agent offered."""
        return await decide(ask, id, OvertimeEvent.AGREE, body)

    @routes.post("/overtime/{id}/decline", roles=ANYONE)
    async def decline_overtime(ask: Ask, id: str, body: OvertimeDecisionBody) -> OvertimeShape:
        """Decline, as the side that did not ask; possible until it is approved."""
        return await decide(ask, id, OvertimeEvent.DECLINE, body)

    @routes.post("/overtime/{id}/withdraw", roles=ANYONE)
    async def withdraw_overtime(ask: Ask, id: str, body: OvertimeDecisionBody) -> OvertimeShape:
        """Withdraw, as the side that asked; possible until it is approved."""
        return await decide(ask, id, OvertimeEvent.WITHDRAW, body)

    @routes.post("/overtime/{id}/approve", roles=LEADERS)
    async def approve_overtime(ask: Ask, id: str, body: OvertimeDecisionBody) -> OvertimeShape:
        """Approve it: it becomes a shift marked as overtime, and routing follows."""
        return await decide(ask, id, OvertimeEvent.APPROVE, body)

    @routes.post("/overtime/{id}/refuse", roles=LEADERS)
    async def refuse_overtime(ask: Ask, id: str, body: OvertimeDecisionBody) -> OvertimeShape:
        """Refuse it with a reason."""
        return await decide(ask, id, OvertimeEvent.REFUSE, body)

    @routes.post("/overtime/{id}/cancel", roles=LEADERS)
    async def cancel_overtime(ask: Ask, id: str, body: OvertimeDecisionBody) -> OvertimeShape:
        """Cancel an approved overtime with a reason, before it begins: its shift is removed."""
        return await decide(ask, id, OvertimeEvent.CANCEL, body)

    return routes
