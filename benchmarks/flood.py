"""Measures how long /livez and a ring flag wait while one anonymous client floods the service, against a quiet run.

The flood: 1 MB bodies with 80,000 keys at the sign-in, heads and bodies that never end, on forty connections at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import time
import warnings
from collections.abc import AsyncIterator
from statistics import quantiles
from typing import Final

import aiohttp

from benchmarks import ring_flag
from benchmarks.crowd import DID, Crowd, crowd
from benchmarks.result import Result
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import silent

PAUSE: Final = 0.05
"""Between two bodies of one attacker: the attackers share the two cores with the service that is measured."""
EVERY: Final = 0.02
"""The pace at which /livez is asked, so that a slow answer is one sample and not the whole measurement."""
CALLS: Final = 20
CLIENTS: Final = 40
TARGET: Final = "p99 under 100 ms"
COMMAND: Final = "make bench ONLY=flood"
BODY: Final = json.dumps({f"key{number}": number for number in range(80_000)}).encode()
HALF: Final = (
    b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{"
)


async def run() -> list[Result]:
    async with crowd(CALLS + 20, silent(), ring_flag.JAPAN) as centre:
        port = int(centre.centre.origin.rpartition(":")[2])
        quiet, quiet_flags = await _measured(centre)
        async with _flooded(centre.centre.origin, port):
            loud, loud_flags = await _measured(centre)
    return [
        _result("flood.livez.p99", loud, quiet),
        _result("flood.ring_flag.p99", loud_flags, quiet_flags),
    ]


def _result(name: str, loud: list[float], quiet: list[float]) -> Result:
    value, baseline = quantiles(loud, n=100)[98], quantiles(quiet, n=100)[98]
    return Result(name, value, "ms", baseline, value / baseline, TARGET, COMMAND)


async def _measured(centre: Crowd) -> tuple[list[float], list[float]]:
    """Milliseconds of /livez and of ring flags while unanswered calls ring."""
    late: list[float] = []
    took: list[float] = []
    tasks = [
        asyncio.create_task(ring_flag.watch(centre.centre.origin, centre.token, late)),
        asyncio.create_task(_ask(centre.centre.origin, took)),
    ]
    try:
        place = int(time.time()) % 10**6
        callers = [Caller(f"13{place + n:09d}", DID, talks=9, tone=False) for n in range(CALLS)]
        async with calls(centre.centre.network, callers, per_second=5) as ringing:
            await ringing.over(within=90)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return took, late


async def _ask(origin: str, took: list[float]) -> None:
    async with aiohttp.ClientSession() as session:
        while True:
            began = time.perf_counter()
            async with session.get(f"{origin}/livez") as answer:
                await answer.read()
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(EVERY)


@contextlib.asynccontextmanager
async def _flooded(origin: str, port: int) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(_bodies(origin)) for _ in range(CLIENTS // 2)]
    tasks += [asyncio.create_task(_halves(port)) for _ in range(CLIENTS // 2)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _bodies(origin: str) -> None:
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError), warnings.catch_warnings():
                async with session.post(f"{origin}/api/v1/session", data=io.BytesIO(BODY), headers=headers) as answer:
                    await answer.read()
            await asyncio.sleep(PAUSE)


async def _halves(port: int) -> None:
    while True:
        with contextlib.suppress(OSError):
            for sent in (HALF, b"GET /livez HTTP/1.1\r\nHost:"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(sent)
                await reader.read()
                writer.close()
