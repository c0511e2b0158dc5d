"""Reads events in batches: Asterisk writes each event by itself, several in a row, and to wake up for each costs more.

After each batch what follows stays in the socket for a moment.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Final, Protocol, cast

CHUNK: Final = 128 * 1024
GATHER_SECONDS: Final = 0.008
"""A screen shows an event within 20 ms."""


class Source(Protocol):
    """Where the bytes of a connection come from; `read` returns nothing at its end."""

    async def read(self) -> bytes: ...

    def close(self) -> None: ...


class Direct:
    """Reads at once: for a connection without events, whose answers are waited for."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def read(self) -> bytes:
        return await self._reader.read(CHUNK)

    def close(self) -> None:
        """The writer's transport ends the connection."""


class Paused(Direct):
    """Reads batches of a TLS connection, whose transport has to decrypt them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader)
        self._transport = cast(asyncio.Transport, writer.transport)
        self._began = False

    async def read(self) -> bytes:
        if self._began:
            self._transport.pause_reading()
            await asyncio.sleep(GATHER_SECONDS)
            self._transport.resume_reading()
        self._began = True
        return await super().read()


class Gathered:
    """Reads batches from the socket itself, which the loop watches only while nothing comes.

    The transport only writes. To pause and resume it for each batch takes two system calls and two turns of the loop.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cast(asyncio.Transport, writer.transport).pause_reading()
        # What the transport has read by now comes first; from here on it reads nothing.
        reader.feed_eof()
        self._first = reader
        self._loop = asyncio.get_running_loop()
        number = writer.get_extra_info("socket").fileno()
        # A connection that has broken by now has no socket any more.
        self._closed = number < 0
        self._socket = socket.socket() if self._closed else socket.socket(fileno=os.dup(number))
        self._socket.setblocking(False)
        self._waits: asyncio.Future[None] | None = None
        self._began = False

    async def read(self) -> bytes:
        if not self._began:
            self._began = True
            if data := await self._first.read():
                return data
        else:
            await asyncio.sleep(GATHER_SECONDS)
        while not self._closed:
            try:
                return self._socket.recv(CHUNK)
            except BlockingIOError:
                await self._readable()
        return b""

    async def _readable(self) -> None:
        self._waits = self._loop.create_future()
        # By number: for a socket that is not watched yet, the selector formats an error with its two addresses.
        self._loop.add_reader(self._socket.fileno(), self._wake)
        try:
            await self._waits
        finally:
            self._waits = None
            if not self._closed:
                self._loop.remove_reader(self._socket.fileno())

    def _wake(self) -> None:
        if self._waits is not None and not self._waits.done():
            self._waits.set_result(None)

    def close(self) -> None:
        """End the reading: `read` returns nothing."""
        if self._socket.fileno() < 0:
            return
        self._closed = True
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        self._wake()


def source(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, events: bool, tls: bool) -> Source:
    """How to read a connection that has just been opened."""
    if not events:
        return Direct(reader)
    return Paused(reader, writer) if tls else Gathered(reader, writer)
