"""Publish -> WebSocket client, p99, 50 clients at 20 calls/s, against a bare aiohttp broadcast in the same run.

The clients run in a process of their own. The bare server writes one ready-made text to every socket, without
numbering, audiences, bounded queues or resume: what aiohttp itself costs.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import quantiles

from aiohttp import web

from benchmarks.result import Result
from callcenter.clock import now
from callcenter.web.live import Feed
from callcenter.web.live_socket import add_live
from callcenter.web.roles import Person, Role
from callcenter.web.serving import AUTHENTICATE, Authenticate

CLIENTS = 50
CALLS_PER_SECOND = 20
DELTAS_PER_CALL = 6
SECONDS = 10
TARGET = "p99 under 20 ms at 20 calls/s with 50 clients"
COMMAND = "make bench ONLY=live_push"
LONGEST_START = 30
Publish = Callable[[dict[str, object]], Awaitable[None]]


def delta(number: int) -> dict[str, object]:
    """A call as the floor publishes it, with the instant of publishing."""
    offers = [
        {"agent": f"10{number % 90:02d}", "phone": "1001", "offered_at": "2026-11-23T08:00:00.000000Z", "rings": 1}
    ]
    return {
        "id": f"pbx1-{1795448173 + number // DELTAS_PER_CALL}.1",
        "direction": "inbound",
        "line": "sales",
        "queue": "sales",
        "caller_number": "13800138000",
        "caller_name": "王先生",
        "called_number": "4001",
        "customer": None,
        "arrived_at": "2026-11-23T08:00:00.000000Z",
        "ended_at": "2026-11-23T08:05:00Z" if number % DELTAS_PER_CALL == DELTAS_PER_CALL - 1 else None,
        "agent": None,
        "offers": offers,
        "sent": time.monotonic(),
    }


async def run() -> list[Result]:
    """Measure both, the bare one first."""
    sockets: set[web.WebSocketResponse] = set()
    feed = Feed(now)
    runner, port = await _serve(feed, sockets)

    async def bare(data: dict[str, object]) -> None:
        text = json.dumps({"type": "delta", "data": data}, ensure_ascii=False)
        for socket in sockets:
            await socket.send_str(text)

    async def ours(data: dict[str, object]) -> None:
        feed.publish("call", data)

    try:
        baseline = await _measure(f"http://127.0.0.1:{port}/bare", bare)
        value = await _measure(f"http://127.0.0.1:{port}/api/v1/live", ours)
    finally:
        await runner.cleanup()
    return [Result("live_push", value, "ms p99", baseline, round(value / baseline, 2), TARGET, COMMAND)]


async def _serve(feed: Feed, sockets: set[web.WebSocketResponse]) -> tuple[web.AppRunner, int]:
    async def supervisor(request: web.Request) -> Person | None:
        return Person("1", "bench", "bench", frozenset({Role.SUPERVISOR}))

    async def bare(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        sockets.add(socket)
        async for _ in socket:
            pass
        sockets.discard(socket)
        return socket

    app = web.Application()
    authenticate: Authenticate = supervisor
    app[AUTHENTICATE] = authenticate
    add_live(app, "/api/v1/live", feed)
    app.router.add_get("/bare", bare)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, int(runner.addresses[0][1])


async def _measure(url: str, publish: Publish) -> float:
    """The 99th percentile in milliseconds over all messages and clients."""
    wanted = SECONDS * CALLS_PER_SECOND * DELTAS_PER_CALL
    arguments = ("-m", "benchmarks.live_clients", url, str(CLIENTS), str(wanted))
    # One line holds all the measurements, so the reader's usual limit of 64 kB is far too small.
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, limit=64 * 1024 * 1024
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(LONGEST_START):
            await process.stdout.readline()
        pause = 1 / (CALLS_PER_SECOND * DELTAS_PER_CALL)
        began = time.monotonic()
        for number in range(wanted):
            await asyncio.sleep(max(0.0, began + number * pause - time.monotonic()))
            await publish(delta(number))
        async with asyncio.timeout(LONGEST_START):
            late: list[float] = json.loads(await process.stdout.readline())
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert len(late) == CLIENTS * wanted
    return round(quantiles(late, n=100)[98] * 1000, 2)


if __name__ == "__main__":
    for result in asyncio.run(run()):
        sys.stdout.write(f"{result}\n")
