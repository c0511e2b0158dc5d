"""Routes of acting on waiting callers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from callcenter.calls.control.shapes import CallActShape
from callcenter.facts import CallId
from callcenter.supervision.waiting.service import WaitingCallers
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import LEADERS, Ask, Routes


class MoveBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    line: str = Field(max_length=40, description="The line whose queue the caller goes on waiting in.")


class GiveBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agent: str = Field(max_length=20, description=AGENT_NUMBER)


class PriorityBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    raised: bool = Field(description="True: ahead of everyone; false: back to the place of the caller's arrival.")


def routes(waiting: WaitingCallers) -> Routes:
    routes = Routes("call control")

    @routes.post("/waiting/{call}/move", roles=LEADERS)
    async def move_waiting_caller(ask: Ask, call: CallId, body: MoveBody) -> CallActShape:
        """Let a waiting caller wait for another line; they keep the time that they have waited."""
        return CallActShape.of(await waiting.move(call, body.line, ask.require()))

    @routes.post("/waiting/{call}/give", roles=LEADERS)
    async def give_waiting_caller(ask: Ask, call: CallId, body: GiveBody) -> CallActShape:
        """Let one agent's phone ring for a waiting caller; without an answer the caller waits on, in their place."""
        return CallActShape.of(await waiting.give(call, body.agent, ask.require()))

    @routes.post("/waiting/{call}/priority", roles=LEADERS)
    async def raise_waiting_caller(ask: Ask, call: CallId, body: PriorityBody) -> CallActShape:
        """Let a waiting caller go ahead of everyone, or back to the place of their arrival."""
        return CallActShape.of(await waiting.rank(call, ask.require(), raised=body.raised))

    return routes
