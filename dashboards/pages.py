"""Serves the pages: files as they are, no build step, no caller data ever rendered on the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from aiohttp import web

RolesOf = Callable[[web.Request], Awaitable[Collection[str] | None]]
"""Returns the roles of the signed-in user, None when no one is signed in."""

PAGES: Final[Mapping[str, str]] = MappingProxyType({"/agent": "agent.html", "/wallboard": "wallboard.html"})

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # No inline script and no foreign source: a caller's name that slipped through as HTML would still be inert.
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
            "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        # Cached by the browser but revalidated each time (304): modules of two versions must never meet on one page.
        "Cache-Control": "no-cache",
    }
)

_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".svg": "image/svg+xml",
    }
)


def pages(roles_of: RolesOf | None = None) -> list[web.RouteDef]:
    """The routes of the plain pages: `/`, `/agent`, `/wallboard` and `/static/...`; `/login` is the console's.

    `/` redirects an agent to the desk, any other signed-in user to the floor, and all others to the login;
    without `roles_of` it always redirects to the login.
    """
    root = Path(str(files("dashboards") / "static"))
    # Only files present at the start are served; a path from outside is looked up and never joined.
    known = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.suffix in _TYPES}

    async def home(request: web.Request) -> web.StreamResponse:
        roles = await roles_of(request) if roles_of else None
        place = "/login" if roles is None else "/desk" if "agent" in roles else "/floor"
        raise web.HTTPFound(place, headers={"Cache-Control": "no-store"})

    async def page(request: web.Request) -> web.StreamResponse:
        return _file(known[PAGES[request.path]])

    async def static(request: web.Request) -> web.StreamResponse:
        path = known.get(request.match_info["name"])
        if path is None or path.suffix == ".html":
            raise web.HTTPNotFound(text="there is no such file")
        return _file(path)

    return [
        web.get("/", home),
        *(web.get(path, page) for path in PAGES),
        web.get("/static/{name:.+}", static),
    ]


def _file(path: Path) -> web.FileResponse:
    return web.FileResponse(path, headers={**HEADERS, "Content-Type": _TYPES[path.suffix]})
