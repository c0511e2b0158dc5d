"""Measures an import of twenty thousand customers during normal work, on SQLite: in-process and from another process.

Meanwhile presence changes, a job is put, claimed and finished, calls and flags are read, and a timer measures how late
the event loop is. The value is the worst of each; the baseline is the worst of the same in a quiet period.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from benchmarks.result import Result
from callcenter.agents.model import Agent, Phone, PresenceState
from callcenter.calls.rows import CallRow
from callcenter.customers.importing.service import CustomerImport
from callcenter.customers.rows import CustomerRow
from callcenter.facts import AgentNumber
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.storage.migrate import bring_up_to_date
from callcenter.web.people import PeopleService
from callcenter.web.roles import Role
from tests.support.rooms import BOSS, CHIEF, Rooms, person

COMMAND: Final = "python -m benchmarks large_import"
ROWS: Final = 20_000
QUIET_SECONDS: Final = 3.0
Worst = dict[str, float]


def table(rows: int, first: int = 13_810_000_000) -> bytes:
    """A table of customers, each with a name and a number."""
    return ("姓名,电话\n" + "".join(f"客户{n},{first + n}\n" for n in range(rows))).encode()


@asynccontextmanager
async def watched(rooms: Rooms, worst: Worst, now: Callable[[], float] = time.perf_counter) -> AsyncIterator[None]:
    """Normal work until the block ends; the longest wait of each kind by the clock `now`, in seconds by default."""
    jobs, me = Jobs(rooms.database, rooms.clock), person("1001")

    async def presence() -> None:
        paused = (await rooms.presence.presence("1001")).state is PresenceState.PAUSED
        await (rooms.presence.resume("1001", me) if paused else rooms.presence.pause("1001", "break", me))

    async def job() -> None:
        claimed = await jobs.claim("bench", frozenset({"bench"}))
        if claimed is not None:
            assert await jobs.finish(claimed)
            return
        async with rooms.database.write() as session:
            await jobs.put(session, "bench", {})

    async def lists() -> None:
        async with rooms.database.read() as session:
            await session.scalar(select(func.count()).select_from(CallRow))

    async def loop() -> None:
        await asyncio.sleep(0.005)

    over = asyncio.Event()
    tasks = [
        asyncio.create_task(_repeat(name, work, worst, over, now))
        for name, work in {"presence": presence, "job": job, "lists": lists, "loop": loop}.items()
    ]
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*tasks)


async def _repeat(
    name: str, work: Callable[[], Awaitable[None]], worst: Worst, over: asyncio.Event, now: Callable[[], float]
) -> None:
    while not over.is_set():
        began = now()
        await work()
        worst[name] = max(worst.get(name, 0.0), now() - began)
        await asyncio.sleep(0.01)


async def prepared(folder: Path) -> Rooms:
    """A centre's database in `folder`, with an agent on duty and a manager with the right to import."""
    database = Database.open(f"sqlite+aiosqlite:///{folder}/callcenter.db")
    await bring_up_to_date(database)
    rooms = Rooms(database)
    people = PeopleService(database, rooms.clock, rooms.audit)
    await people.add("boss", "主管", "a long password", frozenset({Role.MANAGER}), None)
    await rooms.agents.add(Agent(AgentNumber("1001"), "刘小湘", phones=(Phone("1001"),)), CHIEF)
    await rooms.presence.sign_in("1001", person("1001"))
    return rooms


async def by_command(folder: Path, data: bytes) -> None:
    """Run `callcenter customers import` in another process."""
    file = folder / "big.csv"
    await asyncio.to_thread(file.write_bytes, data)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "callcenter",
        "customers",
        "import",
        str(file),
        "--by",
        "boss",
        env={**os.environ, "CC_DATA_DIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, faults = await child.communicate()
    assert child.returncode == 0, (output, faults)


async def in_process(rooms: Rooms, data: bytes) -> None:
    """Run what `POST /customer-import` runs."""
    await CustomerImport(rooms.database, rooms.clock, rooms.customers, rooms.audit).run(data, BOSS)


async def count(rooms: Rooms) -> int:
    async with rooms.database.read() as session:
        return await session.scalar(select(func.count()).select_from(CustomerRow)) or 0


async def run() -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="cc-import") as name:
        folder = Path(name)
        rooms = await prepared(folder)
        try:
            quiet, here, there = Worst(), Worst(), Worst()
            async with watched(rooms, quiet):
                await asyncio.sleep(QUIET_SECONDS)
            async with watched(rooms, here):
                await in_process(rooms, table(ROWS))
            async with watched(rooms, there):
                await by_command(folder, table(ROWS, 13_910_000_000))
            assert await count(rooms) == 2 * ROWS
        finally:
            await rooms.database.close()
    return [
        Result(
            f"large_import.{where}.{name}",
            1000 * value,
            "ms",
            1000 * quiet[name],
            value / quiet[name],
            "< 1000",
            COMMAND,
        )
        for where, worst in (("here", here), ("command", there))
        for name, value in worst.items()
    ]
