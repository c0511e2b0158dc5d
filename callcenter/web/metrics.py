"""Prometheus: a registry of our own, the house's own requests, and /metrics.

Labels are route templates, methods and statuses; never a number, a name or an address as it was asked.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from callcenter.web.live import Feed

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
UNKNOWN = "(unknown)"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_metrics(app: web.Application, registry: CollectorRegistry, feed: Feed | None = None) -> None:
    """Count and time every request, and serve the registry at /metrics."""
    requests = Counter("cc_http_requests", "Requests answered", ["method", "route", "status"], registry=registry)
    seconds = Histogram("cc_http_request_seconds", "Time to the answer", ["method", "route"], registry=registry)
    if feed is not None:
        Gauge("cc_ws_clients", "Live clients", registry=registry).set_function(lambda: feed.clients)
        Gauge("cc_feed_seq", "Number of the newest delta", registry=registry).set_function(lambda: feed.seq)

    @web.middleware
    async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        status = 500
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            route = template(request)
            method = request.method if request.method in hdrs.METH_ALL else "OTHER"
            requests.labels(method, route, str(status)).inc()
            if status != 101:
                seconds.labels(method, route).observe(time.perf_counter() - began)

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE})

    app.middlewares.append(measure)
    app.router.add_get("/metrics", metrics)


def template(request: web.Request) -> str:
    """The route's template, such as /api/v1/agents/{number}; one word for all addresses that do not exist."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else UNKNOWN
