"""Connections that begin a request and do not finish its head are closed; aiohttp itself waits for it forever.

`patient(runner)` is done between the runner's setup and its first site. A head has HEAD_SECONDS from the connection, or
from its first byte on a connection that is kept open. Bodies have their own time where they are read (serving.py).
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

HEAD_SECONDS: Final = 10.0
MOST_OPEN: Final = 2_000
"""Connections at a time; with more of them the newest are closed at once, so that file handles are left for calls."""


class PatientServer(web.Server):
    """Makes the connections' handlers; counts those that are open."""

    def __init__(self, made: web.Server, head_seconds: float, most: int) -> None:
        self.__dict__.update(made.__dict__)
        self.head_seconds = head_seconds
        self.most = most

    def __call__(self) -> RequestHandler:
        return PatientHandler(self, loop=self._loop, **self._kwargs)


class PatientHandler(RequestHandler):
    """aiohttp's handler of one connection with a time for each head."""

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
        """Whether a whole head has come and is being answered, or the connection speaks another protocol by now."""
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
    """Give the runner's connections a time for their heads; after its setup, before its first site."""
    made = runner.server
    assert made is not None, "the runner is not set up"
    runner._server = PatientServer(made, head_seconds, most)


__all__ = ["HEAD_SECONDS", "PatientServer", "patient"]
