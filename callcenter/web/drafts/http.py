"""Routes of drafts; each person sees their own only."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from callcenter.web.drafts.service import Draft, Drafts
from callcenter.web.own.service import must_be_person
from callcenter.web.routes import ANYONE, Ask, Page, Routes, etag_of


class DraftShape(BaseModel):
    """`value` is the page's own; `at` is when it was last written."""

    BESIDE: ClassVar[tuple[str, ...]] = ("at",)
    model_config = ConfigDict(from_attributes=True)

    kind: str
    key: str
    value: dict[str, Any]
    at: datetime

    @classmethod
    def of(cls, draft: Draft) -> DraftShape:
        return cls.model_validate(draft)


class DraftBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    value: dict[str, Any]


class DraftQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: str | None = Field(None, max_length=40)


def routes(drafts: Drafts) -> Routes:
    routes = Routes("me")

    @routes.get("/drafts", roles=ANYONE)
    async def list_drafts(ask: Ask, query: DraftQuery) -> Page[DraftShape]:
        """List your drafts, the newest first."""
        mine = await drafts.drafts(query.kind, must_be_person(ask.require()))
        return Page(items=[DraftShape.of(draft) for draft in mine])

    @routes.get("/drafts/{kind}/{key}", roles=ANYONE)
    async def read_draft(ask: Ask, kind: str, key: str) -> DraftShape:
        """Read a draft of yours."""
        draft = DraftShape.of(await drafts.draft(kind, key, must_be_person(ask.require())))
        ask.headers["ETag"] = etag_of(draft)
        return draft

    @routes.put("/drafts/{kind}/{key}", roles=ANYONE, max_body=200_000)
    async def write_draft(ask: Ask, kind: str, key: str, body: DraftBody) -> DraftShape:
        """Keep what you have typed, for 30 days; If-Match tells two windows apart (412)."""

        def check(current: Draft) -> None:
            ask.must_match(DraftShape.of(current))

        draft = DraftShape.of(await drafts.write(kind, key, body.value, must_be_person(ask.require()), check))
        ask.headers["ETag"] = etag_of(draft)
        return draft

    @routes.delete("/drafts/{kind}/{key}", roles=ANYONE)
    async def discard_draft(ask: Ask, kind: str, key: str) -> None:
        """Discard a draft of yours, such as after it was sent."""
        await drafts.discard(kind, key, must_be_person(ask.require()))

    return routes
