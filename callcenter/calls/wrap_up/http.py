"""Routes of the wrap-up."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.calls.wrap_up.model import ExtendReason
from callcenter.calls.wrap_up.service import WrapUps
from callcenter.web.routes import ANYONE, Ask, Routes


class Extend(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seconds: int = Field(ge=10, le=600)
    reason: ExtendReason = Field(strict=False)


class WrapUpShape(BaseModel):
    """The wrap-up ends at this instant; the live `agent` has it as well."""

    agent: str
    until: datetime


def routes(wrap_ups: WrapUps) -> Routes:
    routes = Routes("agents")

    @routes.post("/agents/{number}/presence/wrap-up/extend", roles=ANYONE)
    async def extend_wrap_up(ask: Ask, number: str, body: Extend) -> WrapUpShape:
        """Extend the after-call work, with a reason; 15 minutes at most in all."""
        until = await wrap_ups.extend(number, body.seconds, body.reason, ask.require())
        return WrapUpShape(agent=number, until=until)

    @routes.post("/agents/{number}/presence/wrap-up/finish", roles=ANYONE)
    async def finish_wrap_up(ask: Ask, number: str) -> None:
        """End the after-call work: your own, or as a leader that of any agent."""
        await wrap_ups.finish(number, ask.require())

    return routes
