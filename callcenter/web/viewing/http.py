"""Routes of viewing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.web.routes import ANYONE, Ask, Routes
from callcenter.web.viewing.model import Viewer, ViewKind
from callcenter.web.viewing.service import Viewing


class ViewingBody(BaseModel):
    """`key` is the case's number, the customer's or the call's id, or `AGENT:DAY` of a work log."""

    model_config = ConfigDict(extra="forbid")

    kind: ViewKind = Field(strict=False)
    key: str = Field(min_length=1, max_length=180)
    writing: bool = False


class ViewerShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    login: str
    name: str
    agent: str | None
    since: datetime
    writing: bool


class ViewingShape(BaseModel):
    """All who view it now, you included."""

    kind: ViewKind
    key: str
    people: list[ViewerShape]


def routes(viewing: Viewing) -> Routes:
    routes = Routes("me")

    @routes.post("/viewing", roles=ANYONE, max_body=2_000)
    async def view(ask: Ask, body: ViewingBody) -> ViewingShape:
        """State every 20 seconds what your page shows, and learn who else has it open; it ends by itself."""
        viewers = await viewing.see(body.kind, body.key, ask.require(), writing=body.writing)
        return _shape(body.kind, body.key, viewers)

    @routes.delete("/viewing/{kind}/{key}", roles=ANYONE)
    async def stop_viewing(ask: Ask, kind: ViewKind, key: str) -> None:
        """State that your page shows it no longer."""
        await viewing.leave(kind, key, ask.require())

    return routes


def _shape(kind: ViewKind, key: str, viewers: Sequence[Viewer]) -> ViewingShape:
    return ViewingShape(kind=kind, key=key, people=[ViewerShape.model_validate(viewer) for viewer in viewers])
