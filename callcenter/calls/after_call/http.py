"""Routes of the state after the present call."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.agents.http import DESPITE
from callcenter.calls.after_call.model import AfterCall, NextState
from callcenter.calls.after_call.service import AfterCalls
from callcenter.web.routes import ANYONE, Ask, Routes


class AfterCallPut(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: NextState = Field(strict=False)
    reason: str = Field("other", max_length=20, description="Of a pause, one of GET /pause-reasons.")
    despite_reason: str = Field("", max_length=500, description=DESPITE)


class AfterCallShape(BaseModel):
    """`state` is null where nothing is chosen, or where it has happened already; `by` is empty for the agent's own."""

    model_config = ConfigDict(from_attributes=True)

    agent: str
    state: NextState | None
    reason: str
    by: str
    at: datetime | None

    @classmethod
    def of(cls, after: AfterCall) -> AfterCallShape:
        return cls.model_validate(after, strict=False)


def routes(after_calls: AfterCalls) -> Routes:
    routes = Routes("agents")

    @routes.get("/agents/{number}/presence/after-call", roles=ANYONE)
    async def read_after_call(ask: Ask, number: str) -> AfterCallShape:
        """Read what an agent does after the present call."""
        return AfterCallShape.of(await after_calls.of(number))

    @routes.put("/agents/{number}/presence/after-call", roles=ANYONE, edits=False)
    async def choose_after_call(ask: Ask, number: str, body: AfterCallPut) -> AfterCallShape:
        """Choose a pause or to sign out after the present call and its after-call work; without a call, at once."""
        chosen = await after_calls.choose(number, body.state, body.reason, ask.require(), body.despite_reason)
        return AfterCallShape.of(chosen)

    @routes.delete("/agents/{number}/presence/after-call", roles=ANYONE)
    async def revoke_after_call(ask: Ask, number: str) -> None:
        """Revoke it: the agent stays available."""
        await after_calls.revoke(number, ask.require())

    return routes
