"""A wired centre without a PBX, with people of several roles who are signed in: for routes that need all rooms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from callcenter.agents.model import Agent, Phone
from callcenter.centre.build import join
from callcenter.centre.parts import Centre
from callcenter.centre.site import application
from callcenter.facts import AgentNumber
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.web_centre import PASSWORD, Client

PEOPLE = {
    "boss": (Role.ADMINISTRATOR, None),
    "manager": (Role.MANAGER, None),
    "supervisor": (Role.SUPERVISOR, None),
    "lilei": (Role.AGENT, "1001"),
    "hanmei": (Role.AGENT, "1002"),
}


@dataclass
class WholeCentre:
    """`clients` and `proofs` are by login; the login `` is a browser in which no one is signed in."""

    centre: Centre
    clients: dict[str, Client] = field(default_factory=dict)
    proofs: dict[str, dict[str, str]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    async def ask(self, login: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        answer = await self.clients[login].request(
            method, f"/api/v1{path}", json=body, headers={**self.proofs[login], **headers}
        )
        return answer.status, await answer.json() if answer.content_type.endswith("json") else await answer.text()

    async def read(self, login: str, path: str) -> Any:
        status, answer = await self.ask(login, "GET", path)
        assert status == 200, (path, answer)
        return answer

    async def send(self, login: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        status, answer = await self.ask(login, method, path, body, **headers)
        assert status < 300, (path, answer)
        return answer


@asynccontextmanager
async def open_whole_centre(
    database: Database, folder: Path, settings: Settings | None = None, logins: Sequence[str] = tuple(PEOPLE)
) -> AsyncIterator[WholeCentre]:
    """Each of the `logins` costs two password hashes, so name only those that a test needs."""
    centre = join(settings or Settings(data_dir=folder), database, asyncio.Event())
    whole = WholeCentre(centre)
    async with AsyncExitStack() as stack:
        server = TestServer(application(centre))
        for login in logins:
            role, agent = PEOPLE[login]
            if agent is not None:
                await centre.agents.add(Agent(AgentNumber(agent), login, phones=(Phone(agent),)), None)
            account = await centre.web_services.people.add(login, login, PASSWORD, frozenset({role}), agent)
            whole.ids[login] = account.person.id
            client: Client = await stack.enter_async_context(TestClient(server))
            answer = await client.post("/api/v1/session", json={"login": login, "password": PASSWORD})
            whole.clients[login] = client
            whole.proofs[login] = {"X-CSRF-Token": (await answer.json())["csrf_token"]}
        whole.clients[""], whole.proofs[""] = await stack.enter_async_context(TestClient(server)), {}
        yield whole
