"""An agent's own session over HTTP, with a password and a cookie, as the agent's page has it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import aiohttp

from callcenter.demo.api_client import Json, Refused


class Console:
    def __init__(self, origin: str, login: str, password: str) -> None:
        self._origin = origin
        self._words = {"login": login, "password": password}
        jar = aiohttp.CookieJar(unsafe=True)
        self._session = aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=15))
        self._proof: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        answered = await self.post("/session", self._words)
        self._proof = {"X-CSRF-Token": answered["csrf_token"]}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, path: str) -> Json:
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: Json | None = None) -> Json:
        return await self._ask("POST", path, body)

    async def put(self, path: str, body: Json) -> Json:
        return await self._ask("PUT", path, body)

    async def _ask(self, method: str, path: str, body: Json | None) -> Json:
        address = f"{self._origin}/api/v1{path}"
        async with self._session.request(method, address, json=body, headers=self._proof) as answer:
            answered: Json = await answer.json(content_type=None)
            if answer.status >= 400:
                raise Refused(f"{method} {path}: {answer.status} {answered}", status=answer.status)
            return answered
