"""Measures what a call costs: CPU time and memory of the service, against Asterisk's own for the same calls."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from aiohttp import ClientSession, ClientWebSocketResponse

from benchmarks.crowd import DID, Crowd, crowd
from benchmarks.result import Result
from callcenter.demo.api_client import until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers

CALLS: Final = 200
AGENTS: Final = 60
LIMIT: Final = "below Asterisk's own"
TARGET: Final = "shown, not bounded"
COMMAND: Final = "make bench ONLY=cost_per_call"


async def run() -> list[Result]:
    async with crowd(AGENTS, answers(0.2, 1.0), {}) as centre:
        alone = await _measured(centre, first=0)
        # A leader's page sees every kind of delta, so the pop of each caller is read and published.
        async with ClientSession(headers={"Authorization": f"Bearer {centre.token}"}) as session:
            async with session.ws_connect(f"{centre.centre.origin}/api/v1/live") as page:
                reading = asyncio.create_task(_read(page))
                watched = await _measured(centre, first=CALLS)
                reading.cancel()
        pbx = centre.centre.pbx.pid()
        assert pbx is not None
        memory = resident(centre.centre.service_pid), resident(pbx)
    return [
        *(
            Result(f"cost_per_call.{name}", ours, "ms/call", theirs, ours / theirs, LIMIT, COMMAND, limit=theirs)
            for name, (ours, theirs) in (("cpu", alone), ("cpu_with_a_page", watched))
        ),
        Result("cost_per_call.memory", memory[0], "MB", memory[1], memory[0] / memory[1], TARGET, COMMAND),
    ]


async def _measured(centre: Crowd, first: int) -> tuple[float, float]:
    """Milliseconds of processor time for each call: the service's, and Asterisk's."""
    pbx = centre.centre.pbx.pid()
    assert pbx is not None
    service = centre.centre.service_pid
    # What the service does because it has just started, or for the round before, does not belong to these calls.
    await quiet(service)
    before = cpu_seconds(service), cpu_seconds(pbx)
    numbers = [f"13{first + place:09d}" for place in range(CALLS)]
    callers = [Caller(number, DID, patience=60, tone=False) for number in numbers]
    async with calls(centre.centre.network, callers, per_second=20) as ringing:
        await ringing.over(within=60)
    # What the service still does for these calls belongs to them.
    await quiet(service)
    ours, theirs = cpu_seconds(service) - before[0], cpu_seconds(pbx) - before[1]
    return ours * 1000 / CALLS, theirs * 1000 / CALLS


async def _read(page: ClientWebSocketResponse) -> None:
    async for _ in page:
        pass


QUIET_SECONDS = 0.5


async def quiet(service: int) -> None:
    """Wait until the service has finished with the round: it uses less than a tenth of a processor."""
    before = cpu_seconds(service)

    async def idle() -> bool:
        nonlocal before
        # The kernel counts processor time in ticks of 10 ms: in half a second a tenth of a processor is five.
        await asyncio.sleep(QUIET_SECONDS)
        used, before = cpu_seconds(service) - before, cpu_seconds(service)
        return used < QUIET_SECONDS / 10

    await until(idle, 60, "the service has finished with the round", every=0.0)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Resident memory in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
