"""A leader's decisions about breaks over HTTP."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.breaks.decisions.service import BreakDecisions
from callcenter.roster.breaks.http import BreakShape
from callcenter.roster.shapes import RequestDecisionBody
from callcenter.web.routes import LEADERS, Ask, Routes


class BreakExtension(BaseModel):
    model_config = ConfigDict(extra="forbid")

    minutes: int = Field(ge=1, le=240)
    reason: str = Field(min_length=1, max_length=1000)


class BreakRefusal(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=1000)


def routes(decisions: BreakDecisions) -> Routes:
    routes = Routes("roster")

    @routes.post("/breaks/{id}/grant", roles=LEADERS)
    async def grant_break(ask: Ask, id: str, body: RequestDecisionBody) -> BreakShape:
        """Let the agent of a waiting break go now, also before their turn (D5).

        Where a line would have fewer agents than it needs, it takes `despite_shortage` and a reason; the last agents
        of a line stay whatever the reason.
        """
        row = await decisions.grant(id, body.reason, ask.require(), despite_shortage=body.despite_shortage)
        return BreakShape.of(row)

    @routes.post("/breaks/{id}/refuse", roles=LEADERS)
    async def refuse_break(ask: Ask, id: str, body: BreakRefusal) -> BreakShape:
        """Refuse a break that has not begun, with a reason that its agent reads."""
        return BreakShape.of(await decisions.refuse(id, body.reason, ask.require()))

    @routes.post("/breaks/{id}/extend", roles=LEADERS)
    async def extend_break(ask: Ask, id: str, body: BreakExtension) -> BreakShape:
        """Allow a break to last longer, with a reason (D6)."""
        return BreakShape.of(await decisions.extend(id, body.minutes, body.reason, ask.require()))

    return routes
