"""Talks to the provider over HTTP: discovery, keys, token endpoint; time, size and number of requests are limited."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, ClientTimeout, encode_basic_auth, hdrs

from callcenter.clock import Clock
from callcenter.errors import CallCentreError
from callcenter.settings.oidc import OidcSettings, is_safe_address
from callcenter.web.oidc.errors import OidcBadAnswer, OidcCodeRefused, OidcUnreachable
from callcenter.web.oidc.model import KeyEntry, UnknownKey, claims_of, keys_of, known_error

LARGEST: Final = 256 * 1024
KEPT: Final = timedelta(hours=1)
REFETCH: Final = timedelta(seconds=60)
"""An unknown key triggers a reload of the keys, at most this often: forged tokens must not cause requests."""
PAUSE: Final = timedelta(seconds=5)
"""After a failure, requests within this time fail at once instead of waiting for the same failure."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Endpoints:
    authorization: str
    token: str
    keys: str


@dataclass(frozen=True, slots=True)
class Tokens:
    id_token: str = field(repr=False)
    access_token: str | None = field(repr=False)


class Cached(Generic[Value]):
    """A value that is fetched by one request at a time, cached for a while, and not retried right after a failure."""

    def __init__(self, clock: Clock, read: Callable[[], Awaitable[Value]]) -> None:
        self._clock = clock
        self._read = read
        self._turn = asyncio.Lock()
        self._kept: tuple[datetime, Value] | None = None
        self._failed: tuple[datetime, CallCentreError] | None = None

    async def get(self, oldest: timedelta = KEPT) -> Value:
        async with self._turn:
            now = self._clock()
            if self._kept is not None and now - self._kept[0] < oldest:
                return self._kept[1]
            if self._failed is not None and now - self._failed[0] < PAUSE:
                failure = self._failed[1]
                raise type(failure)(failure.detail, **failure.facts)
            try:
                value = await self._read()
            except CallCentreError as error:
                self._failed = (self._clock(), error)
                raise
            self._kept, self._failed = (self._clock(), value), None
            return value


class Provider:
    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        self._settings = settings
        self._endpoints = Cached(clock, self._discover)
        self._keys = Cached(clock, self._read_keys)

    async def endpoints(self) -> Endpoints:
        """Raises OidcUnreachable, OidcBadAnswer."""
        return await self._endpoints.get()

    async def claims(self, id_token: str) -> tuple[str, dict[str, Any]]:
        """Raises OidcBadToken, OidcBadAnswer where no key is known, OidcUnreachable."""
        for oldest in (KEPT, REFETCH):
            try:
                return claims_of(id_token, await self._keys.get(oldest))
            except UnknownKey:
                continue
        raise OidcBadAnswer("the provider publishes no key for this ID token")

    async def redeem(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Raises OidcCodeRefused, OidcBadAnswer, OidcUnreachable."""
        settings, endpoints = self._settings, await self.endpoints()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers: dict[str, str] = {}
        secret = settings.client_secret.get_secret_value()
        if settings.client_auth == "client_secret_basic":
            # Both are form-encoded first (RFC 6749, 2.3.1).
            login, password = quote(settings.client_id, safe=""), quote(secret, safe="")
            headers[hdrs.AUTHORIZATION] = encode_basic_auth(login, password)
        else:
            form["client_id"] = settings.client_id
        if settings.client_auth == "client_secret_post":
            form["client_secret"] = secret
        status, document = await self._ask(endpoints.token, form, headers)
        if status != 200:
            raise OidcCodeRefused("the provider refuses the code", error=known_error(document.get("error")))
        id_token, access_token = document.get("id_token"), document.get("access_token")
        if not isinstance(id_token, str):
            raise OidcBadAnswer("the provider's answer holds no ID token")
        return Tokens(id_token, access_token if isinstance(access_token, str) else None)

    async def _discover(self) -> Endpoints:
        issuer = self._settings.issuer
        status, document = await self._ask(issuer.rstrip("/") + "/.well-known/openid-configuration")
        if status != 200 or document.get("issuer") != issuer:
            raise OidcBadAnswer("the discovery document is not that of the issuer")
        plain_too = issuer.startswith("http:")
        addresses: list[str] = []
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            address = document.get(name)
            if not isinstance(address, str) or not is_safe_address(address, plain_too=plain_too):
                raise OidcBadAnswer("the discovery document names an address that is not https")
            addresses.append(address)
        return Endpoints(*addresses)

    async def _read_keys(self) -> Sequence[KeyEntry]:
        status, document = await self._ask((await self.endpoints()).keys)
        try:
            if status == 200:
                return keys_of(document)
        except ValueError:
            pass
        raise OidcBadAnswer("the provider's keys cannot be read")

    async def _ask(
        self, address: str, form: Mapping[str, str] | None = None, more: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        timeout = ClientTimeout(total=self._settings.timeout_seconds)
        # Not compressed: the size limit counts received bytes.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **(more or {})}
        method = "GET" if form is None else "POST"
        try:
            async with (
                ClientSession(timeout=timeout, headers=headers, auto_decompress=False) as client,
                client.request(method, address, data=form, allow_redirects=False) as answer,
            ):
                if answer.status >= 500:
                    raise OidcUnreachable("the provider answers with an error", status=answer.status)
                data = bytearray()
                async for chunk in answer.content.iter_chunked(16 * 1024):
                    data += chunk
                    if len(data) > LARGEST:
                        raise OidcBadAnswer("the provider's answer is too large")
                return answer.status, _document(bytes(data), answer.status)
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise OidcUnreachable("the provider cannot be reached", error=type(error).__name__) from None


def _document(data: bytes, status: int) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    if status != 200:
        return {}
    raise OidcBadAnswer("the provider's answer is not a JSON object")
