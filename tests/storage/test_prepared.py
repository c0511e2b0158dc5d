"""Tests reads that are compiled once, on both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, func, or_, select, text
from sqlalchemy.exc import DBAPIError

from callcenter.storage.database import Database
from callcenter.storage.prepared import Prepared
from callcenter.storage.rows import JobRow

STATES = ("queued", "running")
OPEN = Prepared(
    select(func.count(), func.max(JobRow.kind)).where(
        JobRow.state.in_(STATES), or_(JobRow.kind == bindparam("kind"), JobRow.kind == bindparam("other"))
    ),
    frozenset({"kind", "other"}),
)


def job(number: int, kind: str, state: str) -> JobRow:
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    return JobRow(id=f"{number}", kind=kind, payload={}, state=state, run_at=at, max_attempts=1, created_at=at)


async def test_each_execution_gives_its_parameters_and_the_constants_stay(database: Database) -> None:
    async with database.write() as session:
        session.add_all([job(1, "a", "queued"), job(2, "a", "running"), job(3, "a", "done"), job(4, "b", "queued")])
    for kind, other, count in (
        ("a", "c", 2),
        ("b", "c", 1),
        ("a", "b", 3),
        ("c", "'; drop table job", 0),
        ("a", "c", 2),
    ):
        ((counted, newest),) = await database.rows(OPEN, {"kind": kind, "other": other})
        assert counted == count
        assert newest == (max(k for k in (kind, other) if k in "ab") if count else None)


async def test_what_was_committed_before_is_seen_by_many_readers_at_once(database: Database) -> None:
    async def counted() -> int:
        ((count, _),) = await database.rows(OPEN, {"kind": "a", "other": "b"})
        return int(count)

    for number in range(3):
        async with database.write() as session:
            session.add(job(number, "a", "queued"))
        assert await asyncio.gather(*(counted() for _ in range(20))) == [number + 1] * 20


async def test_a_fault_is_raised_as_by_a_session_and_shows_no_parameters(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("ALTER TABLE job RENAME TO job_elsewhere"))
    with pytest.raises(DBAPIError) as raised:
        await database.rows(OPEN, {"kind": "秘密", "other": "b"})
    assert "秘密" not in str(raised.value)


async def test_a_cancelled_read_leaves_the_connection_usable(database: Database) -> None:
    for _ in range(20):
        reading = asyncio.create_task(database.rows(OPEN, {"kind": "a", "other": "b"}))
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    assert await database.rows(OPEN, {"kind": "a", "other": "b"}) in ([(0, None)], ((0, None),))
