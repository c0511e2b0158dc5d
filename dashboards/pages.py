"""Redirects to the pages of the console: the start page by role, and the addresses that its pages had before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final

from aiohttp import web

RolesOf = Callable[[web.Request], Awaitable[Collection[str] | None]]
"""Returns the roles of the signed-in user, None when no one is signed in."""

MOVED: Final[Mapping[str, str]] = MappingProxyType({"/agent": "/desk", "/wallboard": "/wall"})
"""Bookmarks of desks and screens; a browser keeps what follows `#` (a screen's token) over a redirect (RFC 9110)."""

HOMES: Final = (
    ("agent", "/desk"),
    ("supervisor", "/floor"),
    ("manager", "/floor"),
    ("leader", "/floor"),
    ("administrator", "/floor"),
    ("assistant", "/roster"),
)
"""The first role that a person has decides where they start; the console decides the same (src/router.ts)."""


def _home(roles: Collection[str]) -> str:
    return next((place for role, place in HOMES if role in roles), "/floor")


def pages(roles_of: RolesOf | None = None) -> list[web.RouteDef]:
    """The routes `/`, `/agent` and `/wallboard`; the pages themselves are the console's.

    `/` redirects a signed-in user by HOMES and all others to the login; without `roles_of` it always redirects there.
    """

    async def home(request: web.Request) -> web.StreamResponse:
        roles = await roles_of(request) if roles_of else None
        place = "/login" if roles is None else _home(roles)
        raise web.HTTPFound(place, headers={"Cache-Control": "no-store"})

    async def moved(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(MOVED[request.path], headers={"Cache-Control": "no-cache"})

    return [web.get("/", home), *(web.get(path, moved) for path in MOVED)]
