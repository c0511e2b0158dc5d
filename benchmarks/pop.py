"""Measures the screen pop: Asterisk's ring to pixels in Chromium with 50 desks at 20 calls per second.

The start is Asterisk's own timestamp of the phone's ring; the end is the frame after the one in which the desk shows
the caller's number. Some desks are pages of a real Chromium, the others are live clients that read as much. The
baseline is a bare reader of the same AMI events, in the same seconds. The heap of the pages must stay flat, and over
the ten minutes of `pop_10_minutes` the memory of the service as well: it keeps each call, and what a page needs to
resume, for a minute, so a run of one minute only fills these. Only its thousand rings on pages carry a 99th percentile:
`pop` has a hundred, of which the limit is held against the 90th.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from typing import Final

from benchmarks.cost_per_call import resident
from benchmarks.crowd import DID, Crowd, crowd
from benchmarks.result import Result, percentiles
from callcenter.centre.pbx_config import secrets_of
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers

AGENTS: Final = 60
SEATS: Final = 50
PAGES: Final = 5
RATE: Final = 20
CALLS: Final = {"pop": 1200, "pop_10_minutes": 12_000}
WARM: Final = 0.2
"""The part of the calls after which every cache of the service is full: memory is flat from there on."""
MEMORY_MB: Final = 20.0
LIMIT_MS: Final = 100.0
HEAP_MB: Final = 5.0
TARGET: Final = "p99 under 100 ms from Asterisk's ring to pixels, 50 desks, 20 calls/s"
LONGEST_LINE: Final = 2**26


async def run(name: str) -> list[Result]:
    count = CALLS[name]
    # The clients sign in with one token, which may usually have ten feeds open.
    async with crowd(AGENTS, answers(0.2, 1.0), {"CC_WEB__LIVE_SOCKETS": str(2 * SEATS)}) as centre:
        people = await _people(centre)
        settings = centre.centre.settings
        secret, _ = secrets_of(settings, centre.centre.pbx)
        watchers = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.pop_pages",
            centre.centre.origin,
            str(SEATS - PAGES),
            str(settings.pbx.ami_port),
            settings.pbx.events_user,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
        )
        assert watchers.stdin is not None
        assert watchers.stdout is not None
        try:
            secrets = {"token": centre.token, "ami": secret, "people": people}
            watchers.stdin.write(f"{json.dumps(secrets)}\n".encode())
            if await watchers.stdout.readline() != b"ready\n":
                raise RuntimeError("the clients did not begin")
            callers = [Caller(f"139{place:08d}", DID, patience=60, tone=False) for place in range(count)]
            async with calls(centre.centre.network, callers, per_second=RATE) as ringing:
                await asyncio.sleep(count / RATE * WARM)
                memory = resident(centre.centre.service_pid)
                await ringing.over(within=count / RATE + 60)
            grown = resident(centre.centre.service_pid) - memory
            watchers.stdin.close()
            report = json.loads(await watchers.stdout.readline())
            await watchers.wait()
        finally:
            if watchers.returncode is None:
                watchers.kill()
                await watchers.wait()
    command = f"make bench ONLY={name}"
    # What the service needs of it: the same ring at a live client that draws nothing.
    feed = percentiles(f"{name}.feed", report["feed"], report["ami"], "the service's part", command)
    limit = MEMORY_MB if name == "pop_10_minutes" else None
    flat = Result(f"{name}.memory_growth", grown, "MB", memory, None, "flat in ten minutes", command, limit)
    return [*_results(name, report["pixels"], report["ami"], report["rings"], report["heaps"]), *feed, flat]


async def _people(centre: Crowd) -> dict[str, str]:
    """The passwords of the agents whose desks are pages."""
    numbers = [str(2001 + place) for place in range(PAGES)]
    return {
        f"desk{number}": await centre.centre.account(f"desk{number}", number, "agent", number) for number in numbers
    }


def _results(name: str, pixels: list[float], ami: list[float], rings: int, heaps: list[list[float]]) -> list[Result]:
    command = f"make bench ONLY={name}"
    *lower, highest = percentiles(name, pixels, ami, TARGET, command)
    before, after = heaps
    growth = max(late - early for early, late in zip(before, after, strict=True)) / 2**20
    return [
        *lower,
        replace(highest, limit=LIMIT_MS),
        Result(f"{name}.seen", len(pixels), "rings", rings, len(pixels) / rings, "all", command),
        Result(f"{name}.heap_growth", growth, "MB", max(before) / 2**20, None, "flat", command, HEAP_MB),
    ]
