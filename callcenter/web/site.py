"""Builds the web application: middleware for every request, the service's own endpoints, the packages' routes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import structlog
from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry

from callcenter.catalogue import ENGLISH, negotiated, reader, sentence_of
from callcenter.clock import Clock
from callcenter.settings import WebSettings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.audit_http import audit_routes
from callcenter.web.boards.tokens import ScreenTokens
from callcenter.web.client_faults.http import routes as client_fault_routes
from callcenter.web.client_faults.service import ClientFaults
from callcenter.web.docs import add_docs
from callcenter.web.drafts.http import routes as draft_routes
from callcenter.web.drafts.service import Drafts
from callcenter.web.guard import Pause
from callcenter.web.health import Check, add_health
from callcenter.web.idempotency import KeptAnswers
from callcenter.web.live import Feed
from callcenter.web.live_socket import add_live
from callcenter.web.metrics import add_metrics, template
from callcenter.web.mounting import mount
from callcenter.web.oidc.http import oidc_routes
from callcenter.web.oidc.service import OidcService
from callcenter.web.own.http import routes as own_routes
from callcenter.web.own.service import OwnThings
from callcenter.web.passwords import Passwords
from callcenter.web.people import PeopleService
from callcenter.web.people_http import people_routes
from callcenter.web.ports import DeltaKind
from callcenter.web.problems import problem, problem_of
from callcenter.web.ranges import BadText, check_headers
from callcenter.web.routes import PROXIES, Routes
from callcenter.web.second_factor.http import factor_routes
from callcenter.web.second_factor.service import SecondFactors
from callcenter.web.serving import AUTHENTICATE, REMEMBER, Remember
from callcenter.web.sessions import Sessions
from callcenter.web.sessions_http import session_routes
from callcenter.web.tokens import TokenService
from callcenter.web.tokens_http import token_routes

API = "/api/v1"
VERSION = "1"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}
QUIET = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})

log = structlog.get_logger("callcenter.web")


@dataclass(frozen=True)
class WebServices:
    """The services that the web package provides to the others."""

    audit: Audit
    people: PeopleService
    tokens: TokenService
    screens: ScreenTokens
    sessions: Sessions
    factors: SecondFactors
    oidc: OidcService


def open_web_services(
    database: Database,
    clock: Clock,
    settings: WebSettings,
    passwords: Passwords | None = None,
    pause: Pause = asyncio.sleep,
    keys: Path | None = None,
) -> WebServices:
    audit = Audit(database, clock)
    people = PeopleService(database, clock, audit, passwords)
    factors = SecondFactors(database, clock, audit, keys)
    tokens = TokenService(database, clock, audit, timedelta(days=settings.token_days))
    screens = ScreenTokens(database, clock, audit, timedelta(days=settings.token_days))
    sessions = Sessions(database, clock, settings, people, tokens, screens, audit, factors, pause)
    oidc = OidcService(database, clock, settings, audit, sessions, factors, keys)
    return WebServices(audit, people, tokens, screens, sessions, factors, oidc)


def web_app(
    database: Database,
    clock: Clock,
    settings: WebSettings,
    web_services: WebServices,
    feed: Feed,
    *rooms: Routes,
    checks: Mapping[str, Check] | None = None,
    registry: CollectorRegistry | None = None,
    kinds: Sequence[DeltaKind[Any]] = (),
) -> web.Application:
    """Everything that speaks HTTP; `checks` are added to the database's own in /readyz, `kinds` to the description."""

    async def database_answers() -> str | None:
        await database.ping()
        return None

    app = web.Application(middlewares=[_manners])
    app[PROXIES] = settings.trusted_proxies
    app[AUTHENTICATE] = web_services.sessions.authenticate
    remember: Remember = KeptAnswers(database, clock)
    app[REMEMBER] = remember
    own = (
        session_routes(web_services.sessions, settings),
        factor_routes(web_services.factors, web_services.sessions),
        oidc_routes(web_services.oidc, web_services.sessions, settings),
        people_routes(web_services.people),
        token_routes(web_services.tokens),
        audit_routes(web_services.audit),
        draft_routes(Drafts(database, clock)),
        client_fault_routes(ClientFaults(database, clock)),
        own_routes(OwnThings(database, clock, web_services.audit), web_services.sessions),
    )
    add_metrics(app, registry or CollectorRegistry(), feed, settings.metrics_token.get_secret_value())
    add_health(app, {"database": database_answers, **(checks or {})})
    add_docs(app, VERSION, kinds)
    add_live(app, f"{API}/live", feed)
    mount(app, API, *own, *rooms)
    return app


@web.middleware
async def _manners(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Adds a request id to every log line, security headers, and problems where no route of ours answered."""
    name = token_hex(8)
    reader.set(negotiated(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")) or ENGLISH)
    with structlog.contextvars.bound_contextvars(request=name):
        try:
            check_headers(request.headers.items())
            response = await handler(request)
        except BadText as error:
            response = problem(422, error.code, sentence_of(error), error.facts)
        except web.HTTPException as error:
            refusal = problem_of(error) if request.path.startswith((API, "/docs")) else None
            if refusal is None:
                error.headers.update({"X-Request-ID": name, **SECURITY_HEADERS})
                raise
            response = refusal
        if not response.prepared:
            response.headers["X-Request-ID"] = name
            for header, value in SECURITY_HEADERS.items():
                response.headers.setdefault(header, value)
        if request.path not in QUIET:
            log.info("request", method=request.method, route=template(request), status=response.status)
        return response
