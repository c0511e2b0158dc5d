"""Measures how late a ring flag reaches a client after its instant (R1), at 20 unanswered calls per second.

The baseline is how late a bare timer of the same event loop fires in the same minutes.
"""

from __future__ import annotations

import asyncio
import json
import time
from datetime import datetime
from typing import Final

import aiohttp

from benchmarks.crowd import DID, crowd
from benchmarks.result import Result, percentiles
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import silent

CALLS: Final = 100
TARGET: Final = "p99 under 50 ms"
COMMAND: Final = "make bench ONLY=ring_flag"
JAPAN: Final = {"CC_POLICY__CADENCE_COUNTRY": "jp"}
"""Its third tone ends after 7 s: the shorter cadence only shortens the wait."""


async def run() -> list[Result]:
    async with crowd(CALLS + 20, silent(), JAPAN) as centre:
        late: list[float] = []
        timers: list[float] = []
        watching = asyncio.create_task(watch(centre.centre.origin, centre.token, late), name="watch")
        ticking = asyncio.create_task(_tick(timers), name="tick")
        try:
            callers = [Caller(f"13{place:09d}", DID, talks=9, tone=False) for place in range(CALLS)]
            async with calls(centre.centre.network, callers, per_second=20) as ringing:
                await ringing.over(within=60)
        finally:
            for task in (watching, ticking):
                task.cancel()
            await asyncio.gather(watching, ticking, return_exceptions=True)
    result = percentiles("ring_flag", late, timers, TARGET, COMMAND)
    return [*result, Result("ring_flag.flags", len(late), "flags", CALLS, len(late) / CALLS, "all", COMMAND)]


async def watch(origin: str, token: str, late: list[float]) -> None:
    """Milliseconds from a flag's instant to its arrival here."""
    headers = {"Authorization": f"Bearer {token}"}
    seen: set[str] = set()
    async with aiohttp.ClientSession(headers=headers) as session, session.ws_connect(f"{origin}/api/v1/live") as live:
        async for message in live:
            message_data = json.loads(message.data)
            # A flag is sent again when the phone's side joins the caller's; only its first arrival is measured.
            if message_data.get("kind") == "flag" and message_data["data"]["id"] not in seen:
                seen.add(message_data["data"]["id"])
                late.append(
                    (time.time() - datetime.fromisoformat(message_data["data"]["raised_at"]).timestamp()) * 1000
                )


async def _tick(timers: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + 0.1
        await asyncio.sleep(0.1)
        timers.append((loop.time() - due) * 1000)
