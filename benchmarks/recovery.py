"""Measures recovery from kill -9 of the service to a complete live state, with calls in progress.

The baseline is the bare start of its program.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from typing import Final

from benchmarks.crowd import DID, Crowd, crowd
from benchmarks.result import Result
from callcenter.demo.api_client import until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.centre import SOURCE
from callcenter.demo.phones import answers

CALLS: Final = 50
TARGET: Final = "under 10 s on 2 cores"
COMMAND: Final = "make bench ONLY=recovery"


async def run() -> list[Result]:
    async with crowd(CALLS, answers(0.2), {}) as centre:
        callers = [Caller(f"13{place:09d}", DID, patience=60, talks=60, tone=False) for place in range(CALLS)]
        async with calls(centre.centre.network, callers, per_second=10) as ringing:
            await until(lambda: _all_talk(centre), 60, "all calls are answered", every=0.2)
            began = time.monotonic()
            await centre.centre.kill(signal.SIGKILL)
            await centre.centre.start()
            await until(lambda: _all_talk(centre), 60, "all calls are on the floor again")
            seconds = time.monotonic() - began
            assert ringing.running
        bare = await _bare_start()
    return [Result("recovery.whole_floor", seconds, "s", bare, seconds / bare, TARGET, COMMAND)]


async def _all_talk(centre: Crowd) -> bool:
    """Whether the service itself counts every call as live."""
    metrics = await centre.api.text("/metrics")
    return any(line.startswith("cc_calls_live") and float(line.split()[1]) >= CALLS for line in metrics.splitlines())


async def _bare_start() -> float:
    """Seconds to import the program and exit."""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import callcenter.centre.build", cwd=SOURCE)
    await process.wait()
    return time.monotonic() - began
