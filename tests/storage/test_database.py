"""Tests what a database guarantees: no lost update, no half transaction, instants in UTC; the same on both kinds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
import pytest_asyncio
from sqlalchemy import MetaData, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from callcenter.storage.base import NAMES, Base, Versioned
from callcenter.storage.database import BadDatabaseUrl, Database, after_commit


class Scratch(DeclarativeBase):
    """A root of its own, so that these tables are not in the migrations' picture."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = Base.type_annotation_map


class Tally(Scratch):
    __tablename__ = "test_tally"
    id: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]
    at: Mapped[datetime | None]


class Edited(Versioned, Scratch):
    __tablename__ = "test_edited"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


@pytest_asyncio.fixture
async def database(database: Database) -> Database:
    await database.create_all(Scratch.metadata)
    return database


async def test_three_hundred_increments_from_six_tasks_are_all_kept(database: Database) -> None:
    async with database.write() as session:
        session.add(Tally(id=1, n=0))

    async def fifty() -> None:
        for _ in range(50):
            async with database.write() as session:
                row = await session.get(Tally, 1, with_for_update=True)
                assert row is not None
                row.n += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(6):
            group.create_task(fifty())
    async with database.read() as session:
        assert await session.scalar(select(Tally.n)) == 300


async def test_an_error_in_the_block_leaves_nothing_behind_and_calls_no_hook(database: Database) -> None:
    called: list[str] = []

    async def fail() -> None:
        async with database.write() as session:
            session.add(Tally(id=1, n=1))
            after_commit(session, lambda: called.append("hook"))
            await session.flush()
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        await fail()
    async with database.read() as session:
        assert (await session.scalars(select(Tally))).all() == []
    assert called == []


async def test_hooks_run_in_order_once_the_transaction_is_seen_by_others(database: Database) -> None:
    called: list[str] = []
    async with database.write() as session:
        session.add(Tally(id=1, n=1))
        after_commit(session, lambda: called.append("first"))
        after_commit(session, lambda: called.append("second"))
        assert called == []
    assert called == ["first", "second"]


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError):
        async with database.read() as session:
            await session.execute(text("INSERT INTO test_tally (id, n) VALUES (1, 1)"))


async def test_readers_are_not_held_up_by_a_writer(database: Database) -> None:
    async with database.write() as session:
        session.add(Tally(id=1, n=1))
        await session.flush()
        async with asyncio.timeout(2), database.read() as reader:
            assert (await reader.scalars(select(Tally))).all() == []


async def test_an_instant_comes_back_aware_and_in_utc(database: Database) -> None:
    shanghai = timezone(timedelta(hours=8))
    async with database.write() as session:
        session.add(Tally(id=1, n=1, at=datetime(2026, 11, 23, 8, 30, 0, 123456, tzinfo=shanghai)))
    async with database.read() as session:
        row = await session.scalar(select(Tally.at).where(Tally.at < datetime(2026, 11, 23, 0, 31, tzinfo=UTC)))
    assert row == datetime(2026, 11, 23, 0, 30, 0, 123456, tzinfo=UTC)
    assert row.tzinfo is UTC


async def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"):
        async with database.write() as session:
            session.add(Tally(id=1, n=1, at=datetime(2026, 11, 23)))  # noqa: DTZ001 - the mistake is the test.


async def test_two_people_editing_the_same_thing_do_not_overwrite_each_other(database: Database) -> None:
    async with database.write() as session:
        session.add(Edited(id=1, name="a"))
    async with database.read() as session:
        seen = await session.get(Edited, 1)
        assert seen is not None
        session.expunge(seen)
    async with database.write() as session:
        first = await session.get(Edited, 1)
        assert first is not None
        first.name = "b"

    async def second() -> None:
        async with database.write() as session:
            session.add(seen)
            seen.name = "c"

    with pytest.raises(StaleDataError):
        await second()


async def test_constraints_have_names_of_our_own(database: Database) -> None:
    async def twice() -> None:
        async with database.write() as session:
            session.add_all([Edited(id=1, name="a"), Edited(id=2, name="a")])

    with pytest.raises(IntegrityError, match=r"uq_test_edited_name|test_edited\.name"):
        await twice()


async def test_chinese_emoji_and_quotes_are_stored_as_they_are(database: Database) -> None:
    name = "李雷 '; DROP TABLE x; -- <b>😀</b>" * 100
    async with database.write() as session:
        session.add(Edited(id=1, name=name))
    async with database.read() as session:
        assert await session.scalar(select(Edited.name)) == name


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:", "mysql+asyncmy://host/name"])
def test_an_unfit_address_is_refused_with_a_code(url: str) -> None:
    with pytest.raises(BadDatabaseUrl) as refused:
        Database.open(url)
    assert refused.value.code == "bad_database_url"


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(Database.open("postgresql+asyncpg://cc:secret@localhost/cc"))
