"""Measures AMI event -> WebSocket client: p99 with 50 supervisors watching real calls at 20 per second.

The start is Asterisk's own timestamp in the event; the clients run in a separate process on the same clock. The
baseline is a bare reader of the same AMI events in that process, in the same seconds: the cost of Asterisk's own
delivery, before any of our code.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Final

from benchmarks.crowd import DID, crowd
from benchmarks.result import Result, percentiles
from callcenter.centre.pbx_config import secrets_of
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers

AGENTS: Final = 60
CALLS: Final = 200
CLIENTS: Final = 50
TARGET: Final = "p99 under 20 ms at 20 calls/s with 50 clients"
COMMAND: Final = "make bench ONLY=live_push"
LONGEST_LINE: Final = 2**26
"""One line holds all the measurements."""


async def run() -> list[Result]:
    # All clients sign in with one token, which may usually have ten feeds open.
    async with crowd(AGENTS, answers(0.2, 1.0), {"CC_WEB__LIVE_SOCKETS": str(2 * CLIENTS)}) as centre:
        settings = centre.centre.settings
        secret, _ = secrets_of(settings, centre.centre.pbx)
        watchers = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.live_clients",
            centre.centre.origin,
            str(CLIENTS),
            str(settings.pbx.ami_port),
            settings.pbx.events_user,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
        )
        assert watchers.stdin is not None
        assert watchers.stdout is not None
        try:
            watchers.stdin.write(f"{centre.token}\n{secret}\n".encode())
            if await watchers.stdout.readline() != b"ready\n":
                raise RuntimeError("the clients did not begin")
            callers = [Caller(f"13{place:09d}", DID, patience=60, tone=False) for place in range(CALLS)]
            async with calls(centre.centre.network, callers, per_second=20) as ringing:
                await ringing.over(within=60)
            watchers.stdin.close()
            report = json.loads(await watchers.stdout.readline())
            await watchers.wait()
        finally:
            if watchers.returncode is None:
                watchers.kill()
                await watchers.wait()
    return _results(report["clients"], report["ami"])


def _results(clients: list[float], ami: list[float]) -> list[Result]:
    result = percentiles("live_push", clients, ami, TARGET, COMMAND)
    # Each call makes two changes of an agent that every client must receive: ringing, and on a call.
    conditions = CLIENTS * CALLS * 2
    return [
        *result,
        Result("live_push.seen", len(clients), "changes", conditions, len(clients) / conditions, "all", COMMAND),
    ]
