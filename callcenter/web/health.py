"""Serves health checks: /livez reports that the process answers, /readyz reports each check. No sign-in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web

Check = Callable[[], Awaitable[str | None]]
"""Returns None when all is well, or a few plain words on what is not; may raise."""
LIMIT_SECONDS = 3.0

log = structlog.get_logger("callcenter.web")


def add_health(app: web.Application, checks: Mapping[str, Check]) -> None:
    """Serve /livez, /readyz and, for compatibility, /healthz."""

    async def livez(request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(request: web.Request) -> web.Response:
        faults = await asyncio.gather(*(_ask(name, check) for name, check in checks.items()))
        parts = {
            name: {"status": "ok" if fault is None else "failed", **({} if fault is None else {"detail": fault})}
            for name, fault in zip(checks, faults, strict=True)
        }
        ready = all(fault is None for fault in faults)
        body = {"status": "ok" if ready else "failed", "checks": parts}
        return web.json_response(body, status=200 if ready else 503)

    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/healthz", readyz)


async def _ask(name: str, check: Check) -> str | None:
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            return await check()
    except TimeoutError:
        return f"no answer within {LIMIT_SECONDS:g} s"
    except Exception as error:
        # The endpoint is public, so it shows only the kind of fault; the log has the details.
        log.warning("readiness_check_failed", check=name, exc_info=error)
        return type(error).__name__
