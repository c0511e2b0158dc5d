"""Signing in by OpenID Connect over HTTP: the way to the provider and back, and who may take it."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Self
from urllib.parse import urlencode

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.catalogue import negotiated
from callcenter.errors import CallCentreError
from callcenter.settings import WebSettings
from callcenter.web.flood import Flood
from callcenter.web.oidc.flow import LASTS
from callcenter.web.oidc.model import next_page
from callcenter.web.oidc.service import Answer, OidcService
from callcenter.web.oidc.store import Link
from callcenter.web.routes import ADMINISTRATORS, PUBLIC, Ask, Routes
from callcenter.web.sessions import Browser, Sessions
from callcenter.web.sessions_http import device_cookie, session_cookie

COOKIE: Final = "cc_oidc"
LOGIN_PAGE: Final = "/login"


class OidcShape(BaseModel):
    enabled: bool


class StartQuery(BaseModel):
    """`next` is one of our pages, such as /desk or /floor; anything else is ignored."""

    next: str = Field("", max_length=200)


class CallbackQuery(BaseModel):
    """The parameters of the provider's redirect (RFC 6749, 4.1.2; `iss`: RFC 9207); others are ignored."""

    model_config = ConfigDict(extra="ignore")

    state: str = Field("", max_length=500)
    code: str = Field("", max_length=4000)
    error: str = Field("", max_length=200)
    iss: str = Field("", max_length=500)


class LinkShape(BaseModel):
    """`linked_at` is null while the permission waits for the first sign-in, until `allowed_until`."""

    allowed_until: datetime | None
    linked_at: datetime | None

    @classmethod
    def of(cls, link: Link) -> Self:
        return cls(allowed_until=link.allowed_until, linked_at=link.linked_at)


def oidc_routes(service: OidcService, sessions: Sessions, settings: WebSettings) -> Routes:
    routes, flood = Routes("session"), Flood()
    name = f"__Host-{COOKIE}" if settings.over_tls else COOKIE

    def carried_cookie(sealed: str, seconds: int) -> str:
        # Lax: it has to come along when the provider leads the browser back from another site.
        secure = "; Secure" if settings.over_tls else ""
        return f"{name}={sealed}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"

    @routes.get("/session/oidc", roles=PUBLIC)
    async def read_oidc(ask: Ask) -> OidcShape:
        """Read whether people may sign in through the company's identity provider (OpenID Connect)."""
        return OidcShape(enabled=service.settings.enabled)

    @routes.get("/session/oidc/start", roles=PUBLIC, status=303)
    async def start_oidc(ask: Ask, query: StartQuery) -> web.StreamResponse:
        """Redirect the browser to the identity provider (303)."""
        try:
            flood.check(ask.address)
            sessions.requests.check_sign_in(ask.request)
            address, sealed = await service.begin(query.next)
        except CallCentreError as error:
            return _refused(ask, error, next_page(query.next))
        ask.cookies.append(carried_cookie(sealed, int(LASTS.total_seconds())))
        return _redirect(address)

    @routes.get("/session/oidc/callback", roles=PUBLIC, status=303)
    async def finish_oidc(ask: Ask, query: CallbackQuery) -> web.StreamResponse:
        """Complete the sign-in after the provider's redirect; redirects to the login page (303), which continues.

        After a refusal, browsers are redirected to the login page with its code; other clients get the problem.
        """
        headers = ask.request.headers
        language = negotiated(headers.get("Accept-Language", ""))
        browser = Browser(ask.address, headers.get("User-Agent", ""), language)
        answer = Answer(query.state, query.code, query.error, query.iss)
        try:
            flood.check(ask.address)
            signed, page = await service.finish(ask.request.cookies.get(name, ""), answer, browser)
        except CallCentreError as error:
            return _refused(ask, error)
        ask.cookies.append(session_cookie(settings, signed.token, int(settings.session_hours * 3600)))
        ask.cookies.append(device_cookie(settings, signed.device))
        ask.cookies.append(carried_cookie("", 0))
        # Not to the page itself: a browser that comes from another site does not send a SameSite=Strict cookie there.
        return _redirect(_login_page("done", page))

    @routes.get("/people/{person_id}/oidc", roles=ADMINISTRATORS)
    async def read_oidc_link(ask: Ask, person_id: str) -> LinkShape:
        """Read whether a person may sign in through the identity provider and has done so."""
        return LinkShape.of(await service.store.link(person_id))

    @routes.put("/people/{person_id}/oidc", roles=ADMINISTRATORS, edits=False)
    async def allow_oidc_link(ask: Ask, person_id: str) -> LinkShape:
        """Allow a person to sign in through the provider: the first sign-in links the account; an earlier link ends."""
        service.require()
        return LinkShape.of(await service.store.allow(person_id, ask.require(), ask.address))

    @routes.delete("/people/{person_id}/oidc", roles=ADMINISTRATORS)
    async def remove_oidc_link(ask: Ask, person_id: str) -> None:
        """Remove the link to the provider's account and end the person's sessions."""
        await service.store.remove(person_id, ask.require(), ask.address)

    return routes


def _refused(ask: Ask, error: CallCentreError, page: str = "") -> web.StreamResponse:
    if "text/html" not in ask.request.headers.get("Accept", ""):
        raise error
    return _redirect(_login_page(error.code, page))


def _login_page(outcome: str, page: str) -> str:
    return f"{LOGIN_PAGE}?{urlencode({'oidc': outcome, **({'next': page} if page else {})})}"


def _redirect(address: str) -> web.StreamResponse:
    return web.Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
