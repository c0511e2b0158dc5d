"""Runs a small OpenID Connect provider: discovery, authorisation with PKCE, tokens, and rotatable keys.

It checks what a real provider checks. `claims`, `header` and `sign` change what it signs, `faults` how it answers.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import unquote, urlencode

from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import ECKey, KeyParameters, RSAKey

CLIENT = "callcentre"
SECRET = "a secret/with + signs"
RIGHT_CLIENTS: Mapping[str, tuple[str, str | None, str | None, str | None]] = {
    "client_secret_basic": ("Basic", f"{CLIENT}:{SECRET}", None, None),
    "client_secret_post": ("", None, CLIENT, SECRET),
    "none": ("", None, CLIENT, None),
}
"""What each client authentication method sends (RFC 6749, 2.3.1; OpenID Connect Core, 9)."""

Key = RSAKey | ECKey


def new_key(kind: str = "RSA") -> Key:
    parameters: KeyParameters = {"kid": secrets.token_hex(4), "use": "sig"}
    return RSAKey.generate_key(2048, parameters) if kind == "RSA" else ECKey.generate_key("P-256", parameters)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class OidcProvider:
    redirect_uri: str
    issuer: str = ""
    clock: Callable[[], datetime] = _now
    key: Key = field(default_factory=new_key)
    published: list[Key] = field(default_factory=list)
    """The keys that the JWK Set holds; empty: the key in use."""
    user: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1", "preferred_username": "lilei"})
    """The user who is signed in at the provider."""
    claims: dict[str, Any] = field(default_factory=dict)
    """Claims that replace the correct ones; None omits one."""
    sign: Callable[[dict[str, Any]], str] | None = None
    faults: dict[str, str] = field(default_factory=dict)
    """By endpoint: `error`, `slow`, `huge`, `html`, `redirect`, `other_issuer` or `plain_http`."""
    asked: list[str] = field(default_factory=list)
    client_auth: str = "client_secret_basic"
    asks: bool = False
    """Whether the provider shows a page of its own before it redirects back."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def id_token(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        right = {
            **self.user,
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        claims = {name: value for name, value in {**right, **self.claims}.items() if value is not None}
        if self.sign is not None:
            return self.sign(claims)
        algorithm = "RS256" if isinstance(self.key, RSAKey) else "ES256"
        return jwt.encode({"alg": algorithm, "kid": self.key.kid}, claims, self.key, [algorithm])

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._part("discovery", self._discover))
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._part("token", self._token))
        app.router.add_get("/keys", self._part("keys", self._keys))
        return app

    def _part(
        self, name: str, right: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            self.asked.append(name)
            fault = self.faults.get(name)
            if fault == "error":
                return web.Response(status=500)
            if fault == "slow":
                await asyncio.Event().wait()
            if fault == "huge":
                return web.json_response({"x": "x" * 1_000_000})
            if fault == "html":
                return web.Response(text="<html>", content_type="text/html")
            if fault == "redirect":
                return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})
            return await right(request)

        return answer

    async def _discover(self, request: web.Request) -> web.Response:
        fault = self.faults.get("discovery")
        return web.json_response(
            {
                "issuer": "https://other.example" if fault == "other_issuer" else self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": "http://example.com/token" if fault == "plain_http" else f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        )

    async def _authorize(self, request: web.Request) -> web.Response:
        """As for a user who is already signed in at the provider."""
        query = request.query
        right = {
            "client_id": CLIENT,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        if any(query.get(name) != value for name, value in right.items()) or "openid" not in query["scope"].split():
            return web.Response(status=400, text="this is not what the client is registered with")
        if self.asks and "approved" not in query:
            page = f'<a id="go" href="{escape(str(request.rel_url))}&amp;approved=1">go</a>'
            return web.Response(text=page, content_type="text/html")
        code = secrets.token_urlsafe(16)
        self.codes[code] = {"nonce": query["nonce"], "challenge": query["code_challenge"]}
        answer = urlencode({"code": code, "state": query["state"], "iss": self.issuer, "session_state": "x"})
        return web.Response(status=302, headers={"Location": f"{self.redirect_uri}?{answer}"})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if self._client(request, form) != RIGHT_CLIENTS[self.client_auth]:
            return web.json_response({"error": "invalid_client"}, status=401)
        grant = self.codes.pop(str(form.get("code")), None)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        fits = grant is not None and grant["challenge"] == challenge and form.get("redirect_uri") == self.redirect_uri
        if grant is None or not fits or form.get("grant_type") != "authorization_code":
            return web.json_response({"error": "invalid_grant"}, status=400)
        tokens = {"id_token": self.id_token(grant["nonce"]), "access_token": "access", "token_type": "Bearer"}
        return web.json_response(tokens)

    def _client(
        self, request: web.Request, form: Mapping[str, object]
    ) -> tuple[str, str | None, str | None, str | None]:
        """How the client authenticates: the scheme, the password in the header, its id and secret in the form."""
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        login, _, password = base64.b64decode(credentials).decode().partition(":")
        in_form = [None if form.get(name) is None else str(form[name]) for name in ("client_id", "client_secret")]
        return scheme, f"{unquote(login)}:{unquote(password)}" if scheme else None, in_form[0], in_form[1]

    async def _keys(self, request: web.Request) -> web.Response:
        keys = self.published or [self.key]
        # A provider publishes more than we use.
        others = [{"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}, {"kty": "new", "kid": "x"}, "nonsense"]
        return web.json_response({"keys": [*others, *(key.as_dict(private=False) for key in keys)]})


@asynccontextmanager
async def providing(redirect_uri: str) -> AsyncIterator[tuple[OidcProvider, TestServer]]:
    """Run the provider on a local port, with its server so that a test may stop it."""
    provider = OidcProvider(redirect_uri)
    server = TestServer(provider.app())
    async with server:
        provider.issuer = str(server.make_url("")).rstrip("/")
        yield provider, server
