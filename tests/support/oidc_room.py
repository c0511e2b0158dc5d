"""Builds a centre with a real OpenID Connect provider beside it, and a browser between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientResponse, ClientSession, CookieJar
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from callcenter.settings import WebSettings
from callcenter.settings.oidc import OidcSettings
from callcenter.storage.database import Database
from tests.support.oidc_provider import CLIENT, SECRET, OidcProvider, providing
from tests.support.web_centre import WebCentre, open_web_centre

ORIGIN = "http://desk.test"
START = "/api/v1/session/oidc/start"
CALLBACK = "/api/v1/session/oidc/callback"
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@dataclass
class Sign:
    """The centre and its provider."""

    web: WebCentre
    provider: OidcProvider
    server: TestServer

    async def start(self, client: ClientSession | None = None, **query: str) -> str:
        """Begins in a browser; the address of the callback to which the provider leads back."""
        begun = await self._get(client, START, query)
        assert begun.status == 303, await begun.text()
        return await self.authorize(begun.headers["Location"])

    async def authorize(self, address: str) -> str:
        async with ClientSession() as at_provider, at_provider.get(address, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            back = urlsplit(answer.headers["Location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == ORIGIN + CALLBACK
        return f"{back.path}?{back.query}"

    async def back(self, address: str, client: ClientSession | None = None, **headers: str) -> str:
        """`in`, or the code of the refusal."""
        answer = await self._get(client, address, headers=headers)
        if answer.status == 303:
            assert answer.headers["Location"] == "/login?oidc=done"
            return "in"
        return str((await answer.json())["code"])

    async def through(self) -> str:
        return await self.back(await self.start())

    async def _get(
        self,
        client: ClientSession | None,
        path: str,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> ClientResponse:
        if client is None:
            return await self.web.client.get(path, params=query, headers=headers, allow_redirects=False)
        address = self.web.client.make_url(path) if query is None else self.web.client.make_url(path).with_query(query)
        return await client.get(address, headers=headers, allow_redirects=False)

    async def allow(self, login: str = "lilei") -> None:
        boss = await self.web.web_services.people.by_login("boss")
        assert boss is not None
        await self.web.web_services.oidc.store.allow(self.web.ids[login], boss.person, "")

    async def me(self) -> dict[str, Any]:
        answer = await self.web.client.get("/api/v1/session")
        session: dict[str, Any] = await answer.json()
        return session


@asynccontextmanager
async def sign_in_room(database: Database, keys: Path, origin: str = ORIGIN, **some: Any) -> AsyncIterator[Sign]:
    async with providing(ORIGIN + CALLBACK) as (provider, server):
        oidc = OidcSettings(
            issuer=provider.issuer,
            client_id=CLIENT,
            **{"client_secret": SecretStr(SECRET), "timeout_seconds": 2.0, **some},
        )
        settings = WebSettings(public_origin=origin, oidc=oidc)
        async with open_web_centre(database, keys=keys, settings=settings) as centre:
            provider.clock = centre.time
            yield Sign(centre, provider, server)


@asynccontextmanager
async def another_browser() -> AsyncIterator[ClientSession]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        yield client
