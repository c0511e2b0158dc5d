"""Mounts routes on the application, with the HEAD and PATCH routes that derive from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from aiohttp import web

from callcenter.web.merging import edited_model, patch_route
from callcenter.web.routes import Route, Routes
from callcenter.web.serving import MOUNTED, Mounted, serve


def mount(app: web.Application, prefix: str, *routes: Routes) -> None:
    """Serve routes under `prefix`, such as /api/v1; mounted routes also appear in the OpenAPI description."""
    mounted = app.setdefault(MOUNTED, Mounted())
    for room in routes:
        for route in _with_patches(room.routes):
            resource = app.router.add_resource(prefix + route.path)
            resource.add_route(route.method, serve(route))
            if route.method == "GET":
                # Every GET also supports HEAD (RFC 9110, 9.3.2); aiohttp omits the body.
                resource.add_route("HEAD", serve(route))
            mounted.routes.append((prefix, route))


def _with_patches(routes: Sequence[Route]) -> Iterator[Route]:
    """The routes, each edit with the GET of its path and with a PATCH beside it."""
    reading = {route.path: route for route in routes if route.method == "GET"}
    for route in routes:
        read = reading.get(route.path)
        if not route.edits or read is None or edited_model(route) is None:
            yield route
            continue
        yield replace(route, reads=read)
        yield patch_route(route, read)
