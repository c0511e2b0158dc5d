"""An agent's own session over HTTP, with a password and a cookie, as the agent's page has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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

    async def delete(self, path: str) -> Json:
        return await self._ask("DELETE", path, None)

    @asynccontextmanager
    async def socket(self, path: str, protocol: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A WebSocket of this session's page."""
        address = f"{self._origin}{path}"
        async with self._session.ws_connect(address, origin=self._origin, protocols=(protocol,)) as socket:
            yield socket

    @asynccontextmanager
    async def live(self) -> AsyncIterator[list[Json]]:
        """The messages of the live feed, as they come, from after the snapshot on."""
        messages: list[Json] = []

        async def keep(socket: aiohttp.ClientWebSocketResponse) -> None:
            async for message in socket:
                messages.append(message.json())  # noqa: PERF401 - readers see each as it comes.

        async with self._session.ws_connect(f"{self._origin}/api/v1/live", origin=self._origin) as socket:
            await socket.receive_json()
            await socket.receive_json()
            reading = asyncio.create_task(keep(socket))
            try:
                yield messages
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _ask(self, method: str, path: str, body: Json | None) -> Json:
        address = f"{self._origin}/api/v1{path}"
        async with self._session.request(method, address, json=body, headers=self._proof) as answer:
            answered: Json = await answer.json(content_type=None)
            if answer.status >= 400:
                raise Refused(f"{method} {path}: {answer.status} {answered}", status=answer.status)
            return answered
