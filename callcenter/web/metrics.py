"""Exposes Prometheus metrics: our own registry, the service's requests, and /metrics.

Labels are route templates, methods and statuses; never a number, a name or a requested address.
"""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from callcenter.web.live import Feed

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
UNKNOWN = "(unknown)"
AREA_PARTS = 4
API_PREFIX = "/api/v1"
BUCKETS = (0.1, 1.0)
"""Seconds. Each bucket is a series for every route: /metrics stays under 100 kB (tests/centre/test_metrics_size.py)."""
PROXIED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SignInAlarms(Collector):
    """How often passwords, signatures and second factors were guessed; never whose."""

    def __init__(self, alarms: Mapping[tuple[str, str], int]) -> None:
        self._alarms = alarms

    def collect(self) -> Iterator[Metric]:
        counted = CounterMetricFamily("cc_sign_in_alarms", "Alarms of guessing, by what", labels=["alarm", "by"])
        for (alarm, by), count in sorted(self._alarms.items()):
            counted.add_metric([alarm, by], count)
        yield counted


def add_metrics(app: web.Application, registry: CollectorRegistry, feed: Feed | None = None, token: str = "") -> None:
    """Count and time every request, and serve the registry at /metrics, on loopback or to holders of `token`."""
    # A second series for each metric, with the time of its first sample: a third of the bytes, and unused here.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    requests = Counter("cc_http_requests", "Requests answered", ["method", "route", "status"], registry=registry)
    seconds = Histogram("cc_http_request_seconds", "Time to the answer", ["route"], buckets=BUCKETS, registry=registry)
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
            method = request.method if request.method in hdrs.METH_ALL else "OTHER"
            # A client that is not signed in may ask any address: its refusal does not describe the route.
            route = API_PREFIX if status == web.HTTPUnauthorized.status_code else area(request)
            requests.labels(method, route, str(status)).inc()
            if status != 101:
                seconds.labels(route).observe(time.perf_counter() - began)

    async def metrics(request: web.Request) -> web.Response:
        if not _may_read(request, token):
            raise web.HTTPForbidden(reason="metrics are available only to this machine or with web.metrics_token")
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE})

    app.middlewares.append(measure)
    app.router.add_get("/metrics", metrics)


def area(request: web.Request) -> str:
    """The first parts of the route's template, such as /agents for /api/v1/agents/{number}.

    A series for each of 500 routes is too many, and the prefix of the API in each of 1,000 lines is 7 kB.
    """
    return "/".join(template(request).split("/")[:AREA_PARTS]).removeprefix(API_PREFIX) or API_PREFIX


def _may_read(request: web.Request, token: str) -> bool:
    """By token where one is set; otherwise only from loopback and not through a proxy, which may forward any client."""
    sent = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")[2].strip()
    if token and hmac.compare_digest(sent.encode("utf-8", "replace"), token.encode()):
        return True
    if any(name in request.headers for name in PROXIED):
        return False
    try:
        return not token and ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


def template(request: web.Request) -> str:
    """The route's template, such as /api/v1/agents/{number}; one constant for all unknown addresses."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else UNKNOWN
