"""Routes of supervising a call: listen, whisper, barge, take, and the end of it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from callcenter.facts import CallId
from callcenter.supervision.monitoring.model import Mode
from callcenter.supervision.monitoring.service import Monitoring
from callcenter.supervision.monitoring.shapes import SupervisionShape
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes


class Supervised(BaseModel):
    """Whose conversation it is, where several agents talk on the call."""

    model_config = ConfigDict(extra="forbid")

    agent: str | None = Field(None, max_length=20, description=AGENT_NUMBER)


def routes(monitoring: Monitoring) -> Routes:
    routes = Routes("call control")

    async def begin(mode: Mode, ask: Ask, call: CallId, body: Supervised) -> SupervisionShape:
        return SupervisionShape.of(await monitoring.begin(mode, call, ask.require(), body.agent))

    async def end(ask: Ask, call: CallId) -> SupervisionShape:
        return SupervisionShape.of(await monitoring.end(call, ask.require()))

    @routes.post("/calls/{id}/listen", roles=LEADERS)
    async def listen_to_call(ask: Ask, id: CallId, body: Supervised) -> SupervisionShape:
        """Hear a call on your own phone; your microphone stays shut."""
        return await begin(Mode.LISTEN, ask, id, body)

    @routes.post("/calls/{id}/whisper", roles=LEADERS)
    async def whisper_to_agent(ask: Ask, id: CallId, body: Supervised) -> SupervisionShape:
        """Hear a call and speak to the agent only."""
        return await begin(Mode.WHISPER, ask, id, body)

    @routes.post("/calls/{id}/barge", roles=LEADERS)
    async def barge_into_call(ask: Ask, id: CallId, body: Supervised) -> SupervisionShape:
        """Join a call; everyone hears you, and the recording has you."""
        return await begin(Mode.BARGE, ask, id, body)

    @routes.post("/calls/{id}/take", roles=LEADERS)
    async def take_call(ask: Ask, id: CallId, body: Supervised) -> SupervisionShape:
        """Take a call over: you join, then the agent is released."""
        return await begin(Mode.TAKE, ask, id, body)

    @routes.delete("/calls/{id}/listen", roles=LEADERS, status=200)
    async def stop_listening(ask: Ask, id: CallId) -> SupervisionShape:
        """End your part of this call, whatever its mode."""
        return await end(ask, id)

    @routes.delete("/calls/{id}/whisper", roles=LEADERS, status=200)
    async def stop_whispering(ask: Ask, id: CallId) -> SupervisionShape:
        """End your part of this call, whatever its mode."""
        return await end(ask, id)

    @routes.delete("/calls/{id}/barge", roles=LEADERS, status=200)
    async def stop_barging(ask: Ask, id: CallId) -> SupervisionShape:
        """End your part of this call, whatever its mode."""
        return await end(ask, id)

    @routes.get("/supervisions", roles=ANYONE)
    async def list_supervisions(ask: Ask) -> Page[SupervisionShape]:
        """List who listens to calls or takes part in them: for leaders all, for agents what they are notified of."""
        return Page(items=[SupervisionShape.of(each) for each in await monitoring.running(ask.require())])

    return routes
