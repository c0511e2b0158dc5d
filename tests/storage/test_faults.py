"""Tests that no fault of a job, a disk or a database ends the work beside it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callcenter.centre.tasks import Lasting, cause_of
from callcenter.clock import now
from callcenter.storage.database import Database, after_commit
from callcenter.storage.health import WriteHealth
from callcenter.storage.intents import Intents, IntentState
from callcenter.storage.jobs import Jobs
from callcenter.storage.metrics import StorageNumbers
from tests.support.databases import PostgresServer, cluster
from tests.support.waiting import until, until_true

ROOM = 3 << 20


@asynccontextmanager
async def running(jobs: Jobs, works: Mapping[str, Any]) -> AsyncIterator[asyncio.Task[Any]]:
    task = asyncio.create_task(jobs.work("w", works))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few MB, really full when it is full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all room that is left, to the last byte."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (65_536, 512, 1):
            with suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    return ballast


async def test_a_full_disk_ends_no_worker_and_what_it_could_not_settle_is_done_again(
    small_disk: Path, sqlite_tables: Path
) -> None:
    shutil.copyfile(sqlite_tables, small_disk / "c.db")
    database = Database.open(f"sqlite+aiosqlite:///{small_disk}/c.db")
    jobs = Jobs(database, now, lease=timedelta(seconds=1))
    writes = WriteHealth(database, now, least_free=0)
    done: list[str] = []

    async def fills_the_disk(_: Mapping[str, Any]) -> None:
        done.append("first")
        if len(done) == 1:
            fill(small_disk)

    async with database.write() as session:
        await jobs.put(session, "mail", {})
    async with running(jobs, {"mail": fills_the_disk}) as worker:
        await until(lambda: not writes.writable)
        assert await writes.trouble() == "the database takes no write (OperationalError)"
        assert not worker.done()
        (small_disk / "ballast").unlink()

        async def settled() -> bool:
            return await jobs.counts() == {("mail", "done"): 1}

        await until_true(settled, 10)
        assert await writes.probe()
        assert await writes.trouble() is None
        assert writes.failures > 0
    await database.close()
    assert len(done) == 2


async def test_a_disk_with_hardly_any_room_is_reported_before_it_is_full(small_disk: Path, sqlite_tables: Path) -> None:
    shutil.copyfile(sqlite_tables, small_disk / "c.db")
    database = Database.open(f"sqlite+aiosqlite:///{small_disk}/c.db")
    trouble = await WriteHealth(database, now).trouble()
    await database.close()
    assert trouble is not None
    assert trouble.startswith("the disk of the database is almost full")


@pytest.mark.parametrize(
    "fault", [MemoryError(), SystemExit(3), OSError(28, "full"), ValueError("x" * 5000), asyncio.CancelledError()]
)
async def test_any_failing_job_is_retried_and_the_next_job_is_done(
    sqlite_database: Database, fault: BaseException
) -> None:
    jobs = Jobs(sqlite_database, now)
    done = asyncio.Event()

    async def fails(_: Mapping[str, Any]) -> None:
        raise fault

    async def works(_: Mapping[str, Any]) -> None:
        done.set()

    async with running(jobs, {"bad": fails, "good": works}) as worker:
        async with sqlite_database.write() as session:
            await jobs.put(session, "bad", {}, max_attempts=1)

        async def given_up() -> bool:
            return ("bad", "dead") in await jobs.counts()

        await until_true(given_up)
        async with sqlite_database.write() as session:
            await jobs.put(session, "good", {})
        async with asyncio.timeout(5):
            await done.wait()
        assert not worker.done()
    (dead,) = await jobs.dead()
    assert dead.error is not None
    assert dead.error.startswith(type(fault).__name__)


async def test_a_postgresql_that_stops_and_starts_ends_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    import tempfile

    home = Path(tempfile.mkdtemp(prefix="ccpg"))
    try:
        with cluster(home) as server:
            await _survives_restart(server, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _survives_restart(server: PostgresServer, home: Path) -> None:
    from callcenter.centre.schema import metadata

    database = Database.open(server.fresh())
    await database.create_all(metadata)
    jobs, writes = Jobs(database, now), WriteHealth(database, now)
    done: list[int] = []

    async def works(payload: Mapping[str, Any]) -> None:
        done.append(payload["number"])

    async with running(jobs, {"mail": works}) as worker:
        async with database.write() as session:
            await jobs.put(session, "mail", {"number": 1})
        await until(lambda: done == [1])
        await asyncio.to_thread(server.run, "pg_ctl", "-D", str(home / "data"), "-w", "-m", "fast", "stop")
        assert not await writes.probe()
        assert not writes.writable
        assert "takes no write" in str(await writes.trouble())
        assert not worker.done()
        await asyncio.to_thread(server.run, "pg_ctl", "-D", str(home / "data"), "-w", "-l", str(home / "log"), "start")
        await until_true(writes.probe, 20)
        assert await writes.trouble() is None
        async with database.write() as session:
            await jobs.put(session, "mail", {"number": 2})
        await until(lambda: done == [1, 2])
    await database.close()


async def test_work_that_fails_begins_again_and_is_counted() -> None:
    lasting = Lasting(first_pause=0, longest_pause=0)
    faults: list[BaseException] = [ValueError("a"), MemoryError(), ExceptionGroup("g", [OSError(28, "full")])]

    async def work() -> None:
        if faults:
            raise faults.pop(0)

    await lasting.run("thing", work)
    assert lasting.restarts == {"thing": 3}


async def test_work_that_awaits_what_another_cancelled_begins_again_but_ends_when_it_is_cancelled_itself() -> None:
    lasting = Lasting(first_pause=0, longest_pause=0)
    began = 0

    async def work() -> None:
        nonlocal began
        began += 1
        if began == 1:
            other = asyncio.create_task(asyncio.Event().wait())
            other.cancel()
            await other
        await asyncio.Event().wait()

    task = asyncio.create_task(lasting.run("thing", work))
    await until(lambda: began == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_cause_names_the_systems_error_and_no_text() -> None:
    assert cause_of(OSError(28, "a secret path")) == "OSError ENOSPC"
    assert cause_of(ExceptionGroup("g", [OSError(28, "x"), ValueError("y")])) == "OSError ENOSPC, ValueError"


async def test_a_hook_that_fails_after_the_commit_undoes_nothing(sqlite_database: Database) -> None:
    jobs, called = Jobs(sqlite_database, now), []

    def breaks() -> None:
        raise ValueError("hook")

    async with sqlite_database.write() as session:
        await jobs.put(session, "mail", {})
        after_commit(session, breaks)
        after_commit(session, lambda: called.append(True))
    assert await jobs.counts() == {("mail", "queued"): 1}
    assert called == [True]


async def test_the_storages_numbers_show_dead_jobs_unknown_commands_and_writes(sqlite_database: Database) -> None:
    jobs, intents = Jobs(sqlite_database, now), Intents(sqlite_database, now)
    async with sqlite_database.write() as session:
        await jobs.put(session, "mail", {}, max_attempts=1)
    job = await jobs.claim("w", frozenset({"mail"}))
    assert job is not None
    await jobs.fail(job, "no")
    await intents.settle(await intents.note("Originate", []), IntentState.UNKNOWN)
    numbers = StorageNumbers(jobs, intents, WriteHealth(sqlite_database, now), {"keep": 2})
    await numbers.look()
    samples = {(s.name, *sorted(s.labels.values())): s.value for metric in numbers.collect() for s in metric.samples}

    assert samples["cc_jobs", "dead", "mail"] == 1
    assert samples["cc_intents", "unknown"] == 1
    assert samples["cc_database_writable",] == 1
    assert samples["cc_work_restarts_total", "keep"] == 2
    assert samples["cc_database_free_bytes",] > 0
