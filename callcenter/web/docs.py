"""Serves /openapi.json and /docs: the description, and Swagger UI (vendored, so it works without a network)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from callcenter.web.openapi import document
from callcenter.web.ports import DeltaKind

SWAGGER = Path(__file__).parent / "vendor" / "swagger-ui"


def add_docs(app: web.Application, version: str, kinds: Sequence[DeltaKind[Any]] = ()) -> None:
    """Serve the description of the mounted routes; it is built once, at the first request."""
    rendered: list[str] = []

    async def openapi(request: web.Request) -> web.Response:
        if not rendered:
            rendered.append(json.dumps(document(request.app, version, kinds), ensure_ascii=False))
        return web.Response(text=rendered[0], content_type="application/json")

    async def page(request: web.Request) -> web.FileResponse:
        return web.FileResponse(SWAGGER / "index.html")

    app.router.add_get("/openapi.json", openapi)
    app.router.add_get("/docs", page)
    app.router.add_static("/docs/", SWAGGER)
