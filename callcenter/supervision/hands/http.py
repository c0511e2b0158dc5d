"""Routes of raised hands."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.supervision.hands.rows import RaisedHandRow
from callcenter.supervision.hands.service import HandState, RaisedHands
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes


class RaiseHand(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field("", max_length=200, description="What it is about, in a few words.")


class AnswerHand(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field("", max_length=200)


class RaisedHandShape(BaseModel):
    """`call` is the call on which the agent was."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    agent: str
    call: str | None
    text: str
    raised_at: datetime
    state: HandState
    answered_by: str
    answer: str
    ended_at: datetime | None

    @classmethod
    def of(cls, row: RaisedHandRow) -> RaisedHandShape:
        return cls.model_validate(row, strict=False)


def routes(hands: RaisedHands) -> Routes:
    routes = Routes("messages")

    @routes.post("/raised-hands", roles=ANYONE, status=201)
    async def raise_hand(ask: Ask, body: RaiseHand) -> RaisedHandShape:
        """Ask for a supervisor; a hand that is up already stays the same one."""
        return RaisedHandShape.of(await hands.hold_up(body.text, ask.require()))

    @routes.get("/raised-hands", roles=ANYONE)
    async def list_raised_hands(ask: Ask) -> Page[RaisedHandShape]:
        """List the hands that are up, the longest first; for an agent the own one."""
        return Page(items=[RaisedHandShape.of(row) for row in await hands.open(ask.require())])

    @routes.delete("/raised-hands/mine", roles=ANYONE)
    async def lower_hand(ask: Ask) -> None:
        """Take your hand down."""
        await hands.lower(ask.require())

    @routes.post("/raised-hands/{id}/answer", roles=LEADERS)
    async def answer_hand(ask: Ask, id: str, body: AnswerHand) -> RaisedHandShape:
        """Answer a raised hand, with or without words; of two answers the first counts."""
        return RaisedHandShape.of(await hands.answer(id, body.text, ask.require()))

    return routes
