"""Routes of call control: start a call, answer, decline, hang up, hold, mute, press keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from callcenter.calls.control.model import DeclineReason, HangupReason
from callcenter.calls.control.service import CallControl, Wish
from callcenter.calls.control.shapes import CallActShape
from callcenter.facts import CallId, CaseNumber
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes


class StartCall(BaseModel):
    """Your own phone is called first, then the number."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(min_length=1, max_length=40, description="An outside number, or a colleague's phone.")
    line: str | None = Field(None, max_length=40, description="The line whose number the customer sees.")
    reason: str = Field("", max_length=40, pattern=r"^[a-z_]*$", description="A code of the centre's own.")
    case: CaseNumber | None = Field(None, max_length=40, description="The number of the case that the call is about.")


class Decline(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: DeclineReason = Field(strict=False)


class HangUp(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: HangupReason | None = Field(
        None, strict=False, description="Required when it ends a conversation with a customer (R5)."
    )
    agent: str | None = Field(None, max_length=20, description=f"Whose part ends, for leaders: {AGENT_NUMBER}.")


class Keys(BaseModel):
    model_config = ConfigDict(extra="forbid")

    keys: str = Field(pattern=r"^[0-9*#A-D]{1,32}$")


def routes(control: CallControl) -> Routes:
    routes = Routes("call control")

    @routes.post("/calls", roles=ANYONE, status=201)
    async def start_call(ask: Ask, body: StartCall) -> CallActShape:
        """Start a call: your own phone rings, then the number is called. Send an Idempotency-Key."""
        return CallActShape.of(await control.originate(Wish(**body.model_dump()), ask.require()))

    @routes.post("/calls/{id}/answer", roles=ANYONE)
    async def answer_call(ask: Ask, id: CallId) -> CallActShape:
        """Let the phone in your page answer; a desk phone is answered by hand (409 `answered_by_hand`)."""
        return CallActShape.of(await control.answer(id, ask.require()))

    @routes.post("/calls/{id}/decline", roles=ANYONE)
    async def decline_call(ask: Ask, id: CallId, body: Decline) -> CallActShape:
        """Refuse the call that rings your phone, with a reason (R3); it goes on to a colleague."""
        return CallActShape.of(await control.decline(id, body.reason, ask.require()))

    @routes.post("/calls/{id}/hangup", roles=ANYONE)
    async def hang_up_call(ask: Ask, id: CallId, body: HangUp) -> CallActShape:
        """End your part of a call; with a customer only with a reason (R5)."""
        return CallActShape.of(await control.hang_up(id, body.reason, ask.require(), body.agent))

    @routes.post("/calls/{id}/hold", roles=ANYONE)
    async def hold_call(ask: Ask, id: CallId) -> CallActShape:
        """Let the other party hear music."""
        return CallActShape.of(await control.hold(id, ask.require(), held=True))

    @routes.post("/calls/{id}/unhold", roles=ANYONE)
    async def unhold_call(ask: Ask, id: CallId) -> CallActShape:
        """Return the other party from hold."""
        return CallActShape.of(await control.hold(id, ask.require(), held=False))

    @routes.post("/calls/{id}/mute", roles=ANYONE)
    async def mute_call(ask: Ask, id: CallId) -> CallActShape:
        """Keep what you say from the other parties."""
        return CallActShape.of(await control.mute(id, ask.require(), muted=True))

    @routes.post("/calls/{id}/unmute", roles=ANYONE)
    async def unmute_call(ask: Ask, id: CallId) -> CallActShape:
        """Let the other parties hear you again."""
        return CallActShape.of(await control.mute(id, ask.require(), muted=False))

    @routes.post("/calls/{id}/dtmf", roles=ANYONE)
    async def press_keys(ask: Ask, id: CallId, body: Keys) -> CallActShape:
        """Send keys to the other parties, for the menus of others."""
        return CallActShape.of(await control.press(id, body.keys, ask.require()))

    @routes.get("/calls/{id}/acts", roles=LEADERS)
    async def list_call_acts(ask: Ask, id: CallId) -> Page[CallActShape]:
        """List what people did on a call, with their reasons."""
        return Page(items=[CallActShape.of(row) for row in await control.acts.of_call(id)])

    return routes
