"""Tests SQLite's driver: one trip to its thread for each statement, and the guarantees of a transaction."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from callcenter.storage.database import READERS, Database


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the functions that the connections' threads ran."""
    names: list[str] = []
    execute: Any = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, function: Any, *args: Any, **kw: Any) -> Any:
        names.append(function.__name__)
        return await execute(self, function, *args, **kw)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    return names


@pytest.fixture
def path(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/one.db"


async def opened(path: str) -> Database:
    database = Database.open(path)
    async with database.write() as session:
        await session.execute(text("CREATE TABLE mark (id INTEGER PRIMARY KEY, word TEXT UNIQUE)"))
    async with database.read() as session:
        await session.execute(text("SELECT 1"))
    return database


async def test_a_transaction_makes_a_trip_for_each_statement_and_one_for_its_end(path: str, trips: list[str]) -> None:
    database = await opened(path)
    trips.clear()
    async with database.write() as session:
        await session.execute(text("INSERT INTO mark (word) VALUES ('a')"))
        assert (await session.execute(text("SELECT word FROM mark"))).scalars().all() == ["a"]
    assert trips == ["_work", "_work", "commit"]
    trips.clear()
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM mark")) == 1
    # Nothing waits for the end of a transaction that only read.
    assert trips == ["_work"]
    await database.close()


async def test_a_reader_sees_one_state_from_its_first_statement_to_its_end(path: str) -> None:
    database = await opened(path)
    async with database.read() as reader:
        assert await reader.scalar(text("SELECT count(*) FROM mark")) == 0
        async with database.write() as session:
            await session.execute(text("INSERT INTO mark (word) VALUES ('a')"))
        assert await reader.scalar(text("SELECT count(*) FROM mark")) == 0
    async with database.read() as reader:
        assert await reader.scalar(text("SELECT count(*) FROM mark")) == 1
        with pytest.raises(OperationalError, match="readonly"):
            await reader.execute(text("DELETE FROM mark"))
    await database.close()


async def test_reads_together_see_one_state_in_one_transaction(path: str) -> None:
    database = await opened(path)

    async def count() -> int:
        async with database.read() as session:
            return int(await session.scalar(text("SELECT count(*) FROM mark")) or 0)

    async with database.together():
        assert await count() == 0
        async with database.write() as session:
            await session.execute(text("INSERT INTO mark (word) VALUES ('a')"))
        assert await count() == 0
        async with database.together():
            assert await count() == 0
    assert await count() == 1
    await database.compact()
    await database.close()


async def test_a_reader_that_is_cancelled_during_a_statement_leaves_no_transaction_open(path: str) -> None:
    database = await opened(path)
    long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) FROM n"
    sent = asyncio.Event()

    async def reading() -> None:
        async with database.read() as session:
            sent.set()
            await session.execute(text(long))

    for _ in range(READERS):
        sent.clear()
        task = asyncio.create_task(reading())
        await sent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with database.write() as session:
        await session.execute(text("INSERT INTO mark (word) VALUES ('a')"))
    # Each connection of the pool begins a new transaction, which sees what was written since.
    async with AsyncExitStack() as stack:
        for _ in range(READERS):
            session = await stack.enter_async_context(database.read())
            assert await session.scalar(text("SELECT count(*) FROM mark")) == 1
    await database.compact()
    await database.close()


async def test_a_failed_statement_leaves_nothing_of_its_transaction_and_the_next_begins_afresh(path: str) -> None:
    database = await opened(path)

    async def twice() -> None:
        async with database.write() as session:
            await session.execute(text("INSERT INTO mark (word) VALUES ('a')"))
            await session.execute(text("INSERT INTO mark (word) VALUES ('a')"))

    with pytest.raises(IntegrityError):
        await twice()
    # A transaction without a statement has nothing to end.
    async with database.write():
        pass
    async with database.write() as session:
        result: Any = await session.execute(text("INSERT INTO mark (word) VALUES ('b'), ('c')"))
        assert result.rowcount == 2
        async with session.begin_nested() as inner:
            await session.execute(text("DELETE FROM mark"))
            await inner.rollback()
    async with database.read() as session:
        rows = await session.stream(text("SELECT word FROM mark ORDER BY word"))
        assert [word async for (word,) in rows] == ["b", "c"]
    await database.close()


async def test_a_writer_that_is_cancelled_leaves_the_connection_usable(path: str) -> None:
    database = await opened(path)
    begun = asyncio.Event()

    async def held() -> None:
        async with database.write() as session:
            await session.execute(text("INSERT INTO mark (word) VALUES ('a')"))
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(held())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.write() as session:
        await session.execute(text("INSERT INTO mark (word) VALUES ('a')"))
    await database.close()
