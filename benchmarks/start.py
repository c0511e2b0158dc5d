"""Measures the start of `callcenter serve` until ready, an idle centre's memory, and a command's response time.

The baseline is a bare program of the same libraries (aiohttp and SQLAlchemy on SQLite) that answers one address; both
alternate in the same run, because the machine's load changes from minute to minute.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp

from benchmarks.result import Result
from callcenter.demo.api_client import until
from callcenter.demo.centre import SOURCE, Centre, other_ports
from callcenter.settings import Settings

ROUNDS: Final = 3
SETTLES: Final = 3.0
"""Seconds after readiness, and after the last prompt was built, until memory is read."""
PROMPTS: Final = "ivr.prompts.process"
"""The process that builds wide-band prompts after a start: its centre is not idle yet."""
COMMAND: Final = "make bench ONLY=start"
BARE: Final = """
import asyncio, sys
from aiohttp import web
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

async def main():
    engine = create_async_engine("sqlite+aiosqlite:///" + sys.argv[2])

    async def ready(request):
        async with engine.connect() as connection:
            return web.json_response({"value": (await connection.execute(text("select 1"))).scalar()})

    app = web.Application()
    app.router.add_get("/readyz", ready)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(sys.argv[1])).start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes from /proc/PID/smaps_rollup: resident, and with shared pages divided among the sharing processes."""

    rss: int
    pss: int


@dataclass(slots=True)
class Measured:
    ready: list[float] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    pbx: list[Memory] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return statistics.median(self.ready)


async def run() -> list[Result]:
    service, bare = Measured(), Measured()
    commands, interpreters = [], []
    with tempfile.TemporaryDirectory(prefix="cc-start-") as folder:
        for turn in range(ROUNDS):
            await _bare(bare, Path(folder) / f"bare{turn}.db")
            await _serve(service, Path(folder))
            interpreters.append(await _seconds("-c", "import asyncio, typer"))
            commands.append(await _seconds("-m", "callcenter", "--help"))
    typical, empty = statistics.median(commands), statistics.median(interpreters)
    results = [
        _compared("start.serve_ready", service.seconds, "s", bare.seconds, "PBX started, database prepared"),
        _compared("start.help", typical, "s", empty, "beside Python with Typer"),
    ]
    for name in ("rss", "pss"):
        own, other = _mebibytes(service.memory, name), _mebibytes(bare.memory, name)
        results.append(_compared(f"start.service_{name}", own, "MiB", other, "service and call entry, idle"))
        pbx = _mebibytes(service.pbx, name)
        results.append(Result(f"start.asterisk_{name}", pbx, "MiB", None, None, "its embedded Asterisk", COMMAND))
    return results


def _compared(name: str, value: float, unit: str, baseline: float, target: str) -> Result:
    return Result(name, value, unit, baseline, value / baseline, target, COMMAND)


def _mebibytes(samples: list[Memory], name: str) -> float:
    middle: float = statistics.median(getattr(sample, name) for sample in samples)
    return middle / 2**20


async def _serve(measured: Measured, folder: Path) -> None:
    """Start a centre; the first round creates the database, the later ones reuse it."""
    centre = Centre(folder / "centre", Settings().pbx_root, other_ports())
    try:
        began = time.monotonic()
        await centre.start()
        measured.ready.append(time.monotonic() - began)
        pid = centre.pbx.pid()
        assert pid is not None
        await until(partial(_idle, centre.service_pid, pid), 300, "the prompts are built", every=1.0)
        await asyncio.sleep(SETTLES)
        measured.memory.append(memory_of(centre.service_pid, without=pid))
        measured.pbx.append(memory_of(pid))
    finally:
        await centre.stop()


async def _bare(measured: Measured, database: Path) -> None:
    port = other_ports()["CC_WEB__PORT"]
    began = time.monotonic()
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", BARE, str(port), str(database))
    try:
        async with aiohttp.ClientSession() as client:

            async def up() -> bool:
                try:
                    async with client.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        return answer.status == 200
                except aiohttp.ClientConnectionError:
                    return False

            await until(up, 60, "the bare program answers", every=0.1)
        measured.ready.append(time.monotonic() - began)
        measured.memory.append(memory_of(program.pid))
    finally:
        program.terminate()
        await program.wait()


async def _seconds(*arguments: str) -> float:
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=SOURCE,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    return time.monotonic() - began


async def _idle(service: int, pbx: int) -> bool:
    return not any(PROMPTS.encode() in command for command in _commands(service, pbx))


def _commands(service: int, pbx: int) -> list[bytes]:
    return [Path(f"/proc/{process}/cmdline").read_bytes() for process in _family(service, pbx)]


def memory_of(pid: int, without: int | None = None) -> Memory:
    """The memory of a process and all of its descendants, except `without`: Asterisk is the service's child."""
    totals = {"Rss": 0, "Pss": 0}
    for process in _family(pid, without):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in totals:
                totals[name] += int(rest.split()[0]) * 1024
    return Memory(totals["Rss"], totals["Pss"])


def _family(pid: int, without: int | None) -> Iterator[int]:
    if pid == without:
        return
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child), without)
