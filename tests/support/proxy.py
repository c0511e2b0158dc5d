"""Runs a TCP proxy between the service and Asterisk's AMI that can freeze, or leave connections half-open."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Proxy:
    """Forwards bytes both ways while it is open; `port` is where clients connect."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self.connections = 0
        self._target = target_port
        self._flows = asyncio.Event()
        self._flows.set()
        self._dead = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def freeze(self) -> None:
        """Hold back all data on all connections, new ones too; nothing is lost, and TCP itself keeps acknowledging."""
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    def leave_half_open(self) -> None:
        """Send nothing on the existing connections, ever again; new ones work."""
        self._dead = self.connections

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            await asyncio.gather(self._pump(number, reader, back), self._pump(number, there, writer))
        finally:
            for side in (writer, back):
                side.close()

    async def _pump(self, number: int, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                await self._flows.wait()
                if number > self._dead:
                    sink.write(data)
                    await sink.drain()
        sink.close()

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self.serve(reader, writer), name="proxy")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def proxy(target_port: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(target_port)
    server = await asyncio.start_server(proxy.take, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
        await server.wait_closed()
