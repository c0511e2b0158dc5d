"""Whose request it is, and whether a foreign page made the browser send it (RFC 6265bis, Fetch Metadata).

A cookie alone does not prove who wrote a request, so a change needs the CSRF token, or an Origin header that names us;
a foreign Origin is refused in any case.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from callcenter.settings import WebSettings
from callcenter.web.errors import ForgedRequest, WrongOrigin

COOKIE = "cc_session"
HOST_COOKIE = f"__Host-{COOKIE}"
"""The same over TLS: a browser accepts it only from this very host, for all of its paths (RFC 6265bis, 4.1.3.2)."""
CSRF_HEADER = "X-CSRF-Token"
BEARER_PROTOCOL = "cc.bearer."
"""A browser cannot set headers on a WebSocket; it offers the subprotocols `cc.live, cc.bearer.TOKEN` instead."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def csrf_of(token: str) -> str:
    """Derived from the session's token, which no script can read; nothing more to store."""
    return hashlib.sha256(b"csrf:" + token.encode()).hexdigest()[:40]


class RequestGuard:
    """Reads the session's token of a request, and refuses requests that a foreign page may have made a browser send."""

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings

    def token_of(self, request: web.Request) -> str | None:
        """The session's token; over TLS only from the cookie that no other host and no plain connection can set."""
        return request.cookies.get(HOST_COOKIE if self._settings.over_tls else COOKIE)

    def check_sign_in(self, request: web.Request) -> None:
        """Raises WrongOrigin if a foreign page makes a browser sign in (login CSRF: as another person, to spy)."""
        origin = request.headers.get(hdrs.ORIGIN)
        foreign = request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
        if foreign or (origin is not None and not self.is_ours(request, origin)):
            raise WrongOrigin("this page may not sign in here")

    def check_change(self, request: web.Request, token: str) -> None:
        """Raises ForgedRequest or WrongOrigin for a change, or a WebSocket, that the session's page did not ask for."""
        upgrade = request.headers.get(hdrs.UPGRADE, "").casefold() == "websocket"
        if request.method in SAFE and not upgrade:
            return
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and not self.is_ours(request, origin):
            raise WrongOrigin("this page may not ask here")
        proof = request.headers.get(CSRF_HEADER, "")
        if origin is None and not hmac.compare_digest(proof.encode(), csrf_of(token).encode()):
            raise ForgedRequest("send the X-CSRF-Token of the session")

    def is_ours(self, request: web.Request, origin: str) -> bool:
        if self._settings.public_origin:
            return origin == self._settings.public_origin.rstrip("/")
        # Without a proxy, the requested host is the host that the page came from.
        try:
            return bool(origin) and urlsplit(origin).netloc == request.host
        except ValueError:
            # `http://[` is not a valid address, so it is not ours.
            return False


def bearer_of(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.casefold() == "bearer" and token:
        return token.strip()
    for offered in request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "").split(","):
        if offered.strip().startswith(BEARER_PROTOCOL):
            return offered.strip().removeprefix(BEARER_PROTOCOL)
    return None
