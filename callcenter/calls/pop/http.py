"""Routes of the screen pop."""

from __future__ import annotations

from callcenter.calls.pop.deltas import PopDelta
from callcenter.calls.pop.service import Pops
from callcenter.facts import CallId
from callcenter.web.routes import ANYONE, Ask, Routes


def routes(pops: Pops) -> Routes:
    routes = Routes("calls")

    @routes.get("/calls/{id}/pop", roles=ANYONE)
    async def read_pop(ask: Ask, id: CallId) -> PopDelta:
        """Read what is known of the caller: for the agents whose phones ring or who are on the call, and for leaders.

        The live feed sends the same to the agent whose phone rings (`pop`).
        """
        return await pops.pop(id, ask.require())

    return routes
