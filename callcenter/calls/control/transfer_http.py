"""Routes of passing a call on: transfer, consultation, conference."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from callcenter.calls.control.shapes import CallActShape
from callcenter.calls.control.transfers import Target, Transfers
from callcenter.facts import CallId
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import ANYONE, Ask, Routes


class TargetBody(BaseModel):
    """Exactly one of the three."""

    model_config = ConfigDict(extra="forbid")

    agent: str | None = Field(None, max_length=20, description=AGENT_NUMBER)
    number: str | None = Field(None, max_length=40)
    queue: str | None = Field(None, max_length=40, description="a queue's code; only for a transfer")

    def target(self) -> Target:
        return Target(self.agent, self.number, self.queue)


def routes(transfers: Transfers) -> Routes:
    routes = Routes("call control")

    @routes.post("/calls/{id}/transfer", roles=ANYONE)
    async def transfer_call(ask: Ask, id: CallId, body: TargetBody) -> CallActShape:
        """Pass the caller on at once; a target that does not answer leads back to you (R3)."""
        return CallActShape.of(await transfers.transfer(id, body.target(), ask.require()))

    @routes.post("/calls/{id}/consult", roles=ANYONE)
    async def consult_colleague(ask: Ask, id: CallId, body: TargetBody) -> CallActShape:
        """Call a colleague or a number while the other party hears music."""
        return CallActShape.of(await transfers.consult(id, body.target(), ask.require()))

    @routes.post("/calls/{id}/consult/complete", roles=ANYONE)
    async def complete_consultation(ask: Ask, id: CallId) -> CallActShape:
        """Join the other party with the colleague, and leave."""
        return CallActShape.of(await transfers.complete(id, ask.require()))

    @routes.post("/calls/{id}/consult/cancel", roles=ANYONE)
    async def cancel_consultation(ask: Ask, id: CallId) -> CallActShape:
        """Leave the colleague and return to the other party."""
        return CallActShape.of(await transfers.cancel(id, ask.require()))

    @routes.post("/calls/{id}/conference", roles=ANYONE)
    async def start_conference(ask: Ask, id: CallId) -> CallActShape:
        """Join all three; needs a consultation."""
        return CallActShape.of(await transfers.confer(id, ask.require()))

    @routes.delete("/calls/{id}/parties/{party}", roles=ANYONE, status=200)
    async def remove_party(ask: Ask, id: CallId, party: str) -> CallActShape:
        """End the part of another party (a `uniqueid` of the call's legs) in a conversation of three."""
        return CallActShape.of(await transfers.remove(id, party, ask.require()))

    return routes
