"""Tests reading batches of events from a socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcenter.asterisk.ami_reading import CHUNK, Source, source


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Source, asyncio.StreamWriter]]:
    """A source whose peer has sent a greeting and, in the same piece, the first event."""
    peers: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/9\r\nfirst")
        await peers.put(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname(), limit=CHUNK)
    peer = await peers.get()
    assert (await reader.readline()).startswith(b"Asterisk")
    reading = source(reader, writer, events=True, tls=False)
    try:
        yield reading, peer
    finally:
        reading.close()
        for end in (writer, peer):
            end.close()
            with contextlib.suppress(OSError):
                await end.wait_closed()
        server.close()
        await server.wait_closed()


async def all_of(reading: Source, length: int) -> bytes:
    data = b""
    async with asyncio.timeout(5):
        while len(data) < length:
            piece = await reading.read()
            assert piece
            data += piece
    return data


async def test_nothing_is_lost_between_the_greeting_and_the_batches() -> None:
    async with connected() as (reading, peer):
        peer.write(b"second")
        assert await all_of(reading, 11) == b"firstsecond"


async def test_a_reader_that_waits_gets_what_comes_later_in_order() -> None:
    async with connected() as (reading, peer):
        await all_of(reading, 5)
        waiting = asyncio.create_task(all_of(reading, 3_000_000))
        await asyncio.sleep(0)
        sent = b"".join(b"%07d" % number for number in range(3_000_000 // 7 + 1))[:3_000_000]
        for start in range(0, len(sent), 100_000):
            peer.write(sent[start : start + 100_000])
            await peer.drain()
        assert await waiting == sent


async def test_a_peer_that_closes_and_a_close_of_our_own_end_the_reading() -> None:
    async with connected() as (reading, peer):
        await all_of(reading, 5)
        peer.close()
        async with asyncio.timeout(5):
            assert await reading.read() == b""
    async with connected() as (reading, _):
        await all_of(reading, 5)
        waiting = asyncio.create_task(reading.read())
        # Once while it waits for the batch, once while it waits for the socket: it ends by the close alone.
        await asyncio.sleep(0)
        reading.close()
        async with asyncio.timeout(5):
            assert await waiting == b""
            assert await reading.read() == b""
