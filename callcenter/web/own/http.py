"""Routes of one's own settings and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from callcenter.catalogue import Language
from callcenter.web.own.service import OwnThings, must_be_person
from callcenter.web.routes import ANYONE, Ask, Page, Routes, etag_of
from callcenter.web.sessions import Sessions
from callcenter.web.tokens import hash_token


class SettingsShape(BaseModel):
    """The settings of your pages, on every machine; devices (microphone, headset) belong to a machine and are not here.

    `keys` maps an action to a key, `favourites` are agents' numbers and `queue:CODE`, `pages` is what
    the pages remember.
    """

    model_config = ConfigDict(extra="forbid")

    language: Language | None = None
    theme: Literal["system", "light", "dark"] = "system"
    density: Literal["comfortable", "compact"] = "comfortable"
    text_scale: int = Field(100, ge=80, le=200)
    ring_volume: int = Field(80, ge=0, le=100)
    notifications: bool = True
    keys: dict[str, str] = Field(default_factory=dict, max_length=100)
    favourites: list[str] = Field(default_factory=list, max_length=100)
    pages: dict[str, Any] = Field(default_factory=dict, max_length=50)


class OwnSessionShape(BaseModel):
    """A browser in which you are signed in."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    created_at: datetime
    seen_at: datetime | None
    expires_at: datetime
    address: str
    browser: str
    current: bool


def routes(own: OwnThings, sessions: Sessions) -> Routes:
    routes = Routes("me")

    @routes.get("/me/settings", roles=ANYONE)
    async def read_own_settings(ask: Ask) -> SettingsShape:
        """Read the settings of your pages."""
        settings = SettingsShape.model_validate(await own.settings(must_be_person(ask.require())), strict=False)
        ask.headers["ETag"] = etag_of(settings)
        return settings

    @routes.put("/me/settings", roles=ANYONE, max_body=32_000)
    async def change_own_settings(ask: Ask, body: SettingsShape) -> SettingsShape:
        """Replace the settings of your pages."""

        def check(current: dict[str, Any]) -> None:
            ask.must_match(SettingsShape.model_validate(current, strict=False))

        await own.change(body.model_dump(mode="json"), must_be_person(ask.require()), check)
        ask.headers["ETag"] = etag_of(body)
        return body

    @routes.get("/me/sessions", roles=ANYONE)
    async def list_own_sessions(ask: Ask) -> Page[OwnSessionShape]:
        """List the browsers in which you are signed in."""
        token = sessions.requests.token_of(ask.request)
        listed = await own.sessions(must_be_person(ask.require()), hash_token(token) if token else "")
        return Page(items=[OwnSessionShape.model_validate(session) for session in listed])

    @routes.delete("/me/sessions/{id}", roles=ANYONE)
    async def end_own_session(ask: Ask, id: str) -> None:
        """Sign one of your browsers out; its live feed ends at the next heartbeat."""
        await own.end_session(id, must_be_person(ask.require()), ask.address)

    return routes
