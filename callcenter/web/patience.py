"""Closes connections that do not finish a request's head; aiohttp itself waits for it forever.

Call `patient(runner)` between the runner's setup and its first site. A head has HEAD_SECONDS from the connection, or
from its first byte on a keep-alive connection. Bodies have their own time limit where they are read (serving.py).
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

HEAD_SECONDS: Final = 10.0
MOST_OPEN: Final = 2_000
"""Concurrent connections; above that new ones are closed at once, so that file handles are left for calls."""


class PatientServer(web.Server):
    """Creates the connections' handlers and counts the open connections."""

    def __init__(self, server: web.Server, head_seconds: float, most: int) -> None:
        self.__dict__.update(server.__dict__)
        self.head_seconds = head_seconds
        self.most = most

    def __call__(self) -> RequestHandler:
        return PatientHandler(self, loop=self._loop, **self._kwargs)


class PatientHandler(RequestHandler):
    """aiohttp's handler of one connection with a time limit for each head."""

    __slots__ = ("_head_timer", "_patient")

    def __init__(self, manager: PatientServer, **options: Any) -> None:
        super().__init__(manager, **options)
        self._patient = manager
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if len(self._patient.connections) > self._patient.most:
            transport.close()
            return
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._begun():
            self._stop()
        elif self._head_timer is None:
            self._expect_head()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _begun(self) -> bool:
        """Whether a whole head has arrived and is being answered, or the connection was upgraded."""
        return bool(self._current_request is not None or self._messages or self._upgraded)

    def _expect_head(self) -> None:
        loop = asyncio.get_running_loop()
        self._head_timer = loop.call_later(self._patient.head_seconds, self._give_up)

    def _give_up(self) -> None:
        self._head_timer = None
        if not self._begun() and self.transport is not None:
            self.transport.abort()

    def _stop(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def patient(runner: web.AppRunner, head_seconds: float = HEAD_SECONDS, most: int = MOST_OPEN) -> None:
    """Limit the time for the heads of the runner's connections; after its setup, before its first site."""
    server = runner.server
    assert server is not None, "the runner is not set up"
    runner._server = PatientServer(server, head_seconds, most)


__all__ = ["HEAD_SECONDS", "PatientServer", "patient"]
