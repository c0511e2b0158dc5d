"""Runs the web package for tests: people of every role, a client, a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from callcenter.settings import WebSettings
from callcenter.storage.database import Database
from callcenter.web.live import Feed
from callcenter.web.roles import Role
from callcenter.web.routes import Routes
from callcenter.web.site import WebServices, open_web_services, web_app

Client = TestClient[web.Request, web.Application]
PASSWORD = "correct horse"


@dataclass
class Time:
    now: datetime = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    waited: list[float] = field(default_factory=list)
    """The waits that were requested; they end at once."""

    def __call__(self) -> datetime:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.waited.append(seconds)

    def pass_by(self, **some: float) -> None:
        self.now += timedelta(**some)


@dataclass
class WebCentre:
    """The centre under test; `client` is a browser in which no one has signed in yet."""

    database: Database
    time: Time
    web_services: WebServices
    feed: Feed
    client: Client
    csrf: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    async def sign_in(self, login: str, password: str = PASSWORD) -> Any:
        response = await self.client.post("/api/v1/session", json={"login": login, "password": password})
        if response.status == 200:
            self.csrf = (await response.json())["csrf_token"]
        return response

    @property
    def proof(self) -> dict[str, str]:
        return {"X-CSRF-Token": self.csrf}

    async def token(self, *roles: Role, name: str = "program") -> dict[str, str]:
        """The header of a fresh bearer token with these roles."""
        boss = await self.web_services.people.by_login("boss")
        assert boss is not None
        _, text = await self.web_services.tokens.add(name, frozenset(roles), None, boss.person)
        return {"Authorization": f"Bearer {text}"}


async def seen(client: Client, address: str, **headers: str) -> dict[str, str]:
    """The If-Match of an edit: the ETag of the stored version; none when nothing is stored."""
    answer = await client.get(address, headers=headers)
    return {"If-Match": answer.headers["ETag"]} if answer.status == 200 else {}


@asynccontextmanager
async def open_web_centre(
    database: Database,
    *rooms: Routes,
    keys: Path | None = None,
    settings: WebSettings | None = None,
    queue: int = 500,
    history: int = 5000,
    each: int = 2000,
) -> AsyncIterator[WebCentre]:
    time = Time()
    chosen = settings or WebSettings()
    web_services = open_web_services(database, time, chosen, pause=time.pause, keys=keys)
    feed = Feed(time, queue=queue, history=history, each=each)
    ids = {}
    for login, role, agent in (
        ("boss", Role.ADMINISTRATOR, None),
        ("manager", Role.MANAGER, None),
        ("supervisor", Role.SUPERVISOR, None),
        ("lilei", Role.AGENT, "1001"),
        ("hanmei", Role.AGENT, "1002"),
    ):
        account = await web_services.people.add(login, f"{login} 梅", PASSWORD, frozenset({role}), agent)
        ids[login] = account.person.id
    app = web_app(database, time, chosen, web_services, feed, *rooms)
    async with TestClient(TestServer(app)) as client:
        yield WebCentre(database, time, web_services, feed, client, ids=ids)
