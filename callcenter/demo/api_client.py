"""A small client of the public HTTP API: the demo and the end-to-end tests have no private access."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self

import aiohttp

from callcenter.errors import CallCentreError, Unavailable

Json = dict[str, Any]


class Refused(CallCentreError):
    """The service refused a request; `status` and the problem's own code are in the facts."""

    code = "refused"


class NotYet(Unavailable):
    """The awaited condition did not occur in time."""

    code = "not_yet"


class ApiClient:
    """One client with a bearer token or a person's session; paths are below /api/v1."""

    def __init__(self, origin: str, token: str = "") -> None:
        self.origin = origin
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # The service is reached by IP address, and aiohttp keeps cookies of IP addresses only when asked to.
        jar = aiohttp.CookieJar(unsafe=True)
        self._session = aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=15), cookie_jar=jar)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def sign_in(self, login: str, password: str) -> None:
        """Begin a person's session instead of a token."""
        session = await self.post("/session", {"login": login, "password": password})
        self._session.headers["X-CSRF-Token"] = str(session["csrf_token"])

    async def get(self, path: str, **query: str) -> Json:
        return await self._ask("GET", path, None, query)

    async def post(self, path: str, body: Json | None = None) -> Json:
        return await self._ask("POST", path, body if body is not None else {}, {})

    async def put(self, path: str, body: Json) -> Json:
        """Replace a resource: read it first and send the edit with its tag."""
        return await self._ask("PUT", path, body, {}, await self._seen(path))

    async def _seen(self, path: str) -> dict[str, str]:
        async with self._session.get(f"{self.origin}/api/v1{path}") as answer:
            return {"If-Match": answer.headers["ETag"]} if answer.status == 200 and "ETag" in answer.headers else {}

    async def delete(self, path: str) -> Json:
        return await self._ask("DELETE", path, None, {})

    async def items(self, path: str, **query: str) -> list[Json]:
        """All pages of a list."""
        collected: list[Json] = []
        page = await self.get(path, **query)
        collected += page["items"]
        while page.get("next"):
            page = await self.get(path, **{**query, "cursor": page["next"]})
            collected += page["items"]
        return collected

    async def alive(self) -> bool:
        """Whether the service answers at all."""
        return await self._status("/livez") == 200

    async def ready(self) -> bool:
        """Whether the service reports that all its parts work."""
        return await self._status("/readyz") == 200

    async def text(self, path: str) -> str:
        """The text of an address outside the API, such as /metrics; empty while the service does not answer."""
        try:
            async with self._session.get(self.origin + path) as answer:
                return await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return ""

    async def data(self, path: str) -> bytes:
        """The body of an answer that is not JSON, such as a recording's sound. Raises Refused."""
        async with self._session.get(f"{self.origin}/api/v1{path}") as answer:
            body = await answer.read()
            if answer.status >= 400:
                raise Refused(f"GET {path}: {answer.status}", status=answer.status)
            return body

    def live(self) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
        """The live feed, as the one who signed in sees it."""
        return self._session.ws_connect(f"{self.origin}/api/v1/live", protocols=("cc.live",))

    async def _status(self, path: str) -> int:
        try:
            async with self._session.get(self.origin + path) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def _ask(
        self, method: str, path: str, body: Json | None, query: dict[str, str], headers: dict[str, str] | None = None
    ) -> Json:
        address = f"{self.origin}/api/v1{path}"
        async with self._session.request(method, address, json=body, params=query, headers=headers) as answer:
            if answer.status == 204:
                return {}
            content: Json = await answer.json(content_type=None)
            if answer.status >= 400:
                detail = f"{method} {path}: {answer.status} {content.get('code')}: {content.get('detail')}"
                raise Refused(detail, status=answer.status, problem=str(content.get("code")))
            return content


async def until(condition: Callable[[], Awaitable[bool]], within: float, what: str, every: float = 0.05) -> None:
    """Wait for a condition; raises NotYet after `within` seconds."""
    deadline = asyncio.get_running_loop().time() + within
    while not await condition():
        if asyncio.get_running_loop().time() > deadline:
            raise NotYet(f"not within {within} s: {what}")
        await asyncio.sleep(every)
