"""Measures what a call costs: CPU time and memory of the service, against Asterisk's own for the same calls."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from benchmarks.crowd import DID, crowd
from benchmarks.result import Result
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers

CALLS: Final = 200
AGENTS: Final = 60
TARGET: Final = "shown, not bounded"
COMMAND: Final = "make bench ONLY=cost_per_call"


async def run() -> list[Result]:
    async with crowd(AGENTS, answers(0.2, 1.0), {}) as centre:
        pbx = centre.centre.pbx.pid()
        assert pbx is not None
        service = centre.centre.service_pid
        before = cpu_seconds(service), cpu_seconds(pbx)
        callers = [Caller(f"13{place:09d}", DID, patience=60, tone=False) for place in range(CALLS)]
        async with calls(centre.centre.network, callers, per_second=20) as ringing:
            await ringing.over(within=60)
        ours = (cpu_seconds(service) - before[0]) * 1000 / CALLS
        theirs = (cpu_seconds(pbx) - before[1]) * 1000 / CALLS
        memory = resident(service), resident(pbx)
    return [
        Result("cost_per_call.cpu", ours, "ms/call", theirs, ours / theirs, TARGET, COMMAND),
        Result("cost_per_call.memory", memory[0], "MB", memory[1], memory[0] / memory[1], TARGET, COMMAND),
    ]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Resident memory in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
