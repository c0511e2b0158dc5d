"""Swaps of shifts over HTTP (D3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.history import RequestHistory
from callcenter.roster.rows import RosterStepRow, SwapRow
from callcenter.roster.shapes import EffectShape, RequestDecisionBody, RequestShapes, RosterStepShape, position_of
from callcenter.roster.swaps.model import SwapEvent, SwapState
from callcenter.roster.swaps.service import Swaps
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Routes


class SwapBody(BaseModel):
    """`colleague` takes `shift`; with `return_shift` its agent takes that shift of the colleague's."""

    model_config = ConfigDict(extra="forbid")

    shift: int
    colleague: str = Field(max_length=20, description=AGENT_NUMBER)
    return_shift: int | None = None
    reason: str = Field("", max_length=1000)


class SwapShape(BaseModel):
    """Both shifts are shown as they were when the swap was asked for."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    agent: str
    colleague: str
    shift: int
    line: str
    starts_at: datetime
    ends_at: datetime
    return_shift: int | None
    return_line: str | None
    return_starts_at: datetime | None
    return_ends_at: datetime | None
    reason: str
    state: SwapState
    asked_at: datetime
    steps: list[RosterStepShape] = []

    @classmethod
    def of(cls, row: SwapRow, steps: Sequence[RosterStepRow] = ()) -> SwapShape:
        shape = cls.model_validate(row)
        return shape.model_copy(update={"steps": [RosterStepShape.of(step) for step in steps]})


class SwapQuery(PageQuery):
    agent: str | None = Field(None, max_length=20)
    state: SwapState | None = None


def routes(swaps: Swaps, history: RequestHistory) -> Routes:
    routes = Routes("roster")
    shapes = RequestShapes(history, "swap", SwapShape.of)

    @routes.get("/swaps", roles=ANYONE)
    async def list_swaps(ask: Ask, query: SwapQuery) -> Page[SwapShape]:
        """List swaps, newest first; agents see those that they are part of."""
        after, by = position_of(query.cursor), ask.require()
        rows = await swaps.swaps(by, query.limit + 1, after, agent=query.agent, state=query.state)
        return await shapes.page(rows, query.limit)

    @routes.post("/swaps", roles=ANYONE, status=201)
    async def ask_for_swap(ask: Ask, body: SwapBody) -> SwapShape:
        """Ask a colleague to take one of your shifts; the colleague agrees, then a supervisor approves."""
        by = ask.require()
        return await shapes.show(await swaps.ask(body.shift, body.colleague, body.return_shift, body.reason, by))

    @routes.get("/swaps/{id}", roles=ANYONE)
    async def read_swap(ask: Ask, id: str) -> SwapShape:
        """Read a swap with its history."""
        return await shapes.show(await swaps.swap(id, ask.require()))

    @routes.get("/swaps/{id}/effect", roles=ANYONE)
    async def read_swap_effect(ask: Ask, id: str) -> EffectShape:
        """Read what approving it would do to the coverage (D2) and to the two agents' hours."""
        return EffectShape.of(await swaps.effect(id, ask.require()))

    @routes.post("/swaps/{id}/agree", roles=ANYONE)
    async def agree_to_swap(ask: Ask, id: str, body: RequestDecisionBody) -> SwapShape:
        """Agree, as the colleague who was asked."""
        return await shapes.show(await swaps.decide(id, SwapEvent.AGREE, ask.require(), body.reason))

    @routes.post("/swaps/{id}/decline", roles=ANYONE)
    async def decline_swap(ask: Ask, id: str, body: RequestDecisionBody) -> SwapShape:
        """Decline, as the colleague who was asked; possible until it is approved."""
        return await shapes.show(await swaps.decide(id, SwapEvent.DECLINE, ask.require(), body.reason))

    @routes.post("/swaps/{id}/withdraw", roles=ANYONE)
    async def withdraw_swap(ask: Ask, id: str, body: RequestDecisionBody) -> SwapShape:
        """Withdraw your own swap; possible until it is approved."""
        return await shapes.show(await swaps.decide(id, SwapEvent.WITHDRAW, ask.require(), body.reason))

    @routes.post("/swaps/{id}/approve", roles=LEADERS)
    async def approve_swap(ask: Ask, id: str, body: RequestDecisionBody) -> SwapShape:
        """Approve it: the shifts change hands at once, and routing follows."""
        by, despite = ask.require(), body.despite_shortage
        return await shapes.show(await swaps.decide(id, SwapEvent.APPROVE, by, body.reason, despite_shortage=despite))

    @routes.post("/swaps/{id}/refuse", roles=LEADERS)
    async def refuse_swap(ask: Ask, id: str, body: RequestDecisionBody) -> SwapShape:
        """Refuse it with a reason."""
        return await shapes.show(await swaps.decide(id, SwapEvent.REFUSE, ask.require(), body.reason))

    return routes
