"""Tests that customers of an earlier version are found by pinyin after an upgrade, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, text

from callcenter.customers import reindexing
from callcenter.customers.model import Customer
from callcenter.customers.reindexing import CUSTOMERS_REINDEXED, Reindexing
from callcenter.customers.store import FOUND_AS
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.storage.migrate import _config
from callcenter.storage.rows import JobRow
from tests.support.rooms import CHIEF, Rooms


async def queued(database: Database) -> list[dict[str, str]]:
    async with database.read() as session:
        rows = await session.scalars(select(JobRow).where(JobRow.kind == CUSTOMERS_REINDEXED))
        return [dict(row.payload) for row in rows]


async def test_files_are_indexed_part_by_part_and_again_without_effect(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindexing, "AT_ONCE", 2)
    rooms = Rooms(database)
    names = ["张三", "李四", "王芳", "Ann", "赵六"]
    ids = {name: (await rooms.customers.add(Customer(name), CHIEF)).id for name in names}
    async with database.write() as session:
        for name, id in ids.items():
            await fulltext.put(session, FOUND_AS, id, name)
    assert (await rooms.customers.find("zs"))[0] == []
    jobs = Jobs(database, rooms.clock)
    work = Reindexing(database, jobs)
    parts: list[dict[str, str]] = [{}]
    for _ in range(len(names)):
        await work.part(parts[-1])
        following = await queued(database)
        if not following:
            break
        parts += following
        async with database.write() as session:
            await session.execute(delete(JobRow).where(JobRow.kind == CUSTOMERS_REINDEXED))
    assert len(parts) == 3
    for words, name in {"zs": "张三", "lisi": "李四", "wf": "王芳", "ann": "Ann", "zl": "赵六"}.items():
        assert [file.name for file in (await rooms.customers.find(words))[0]] == [name]
    places = await _places(database, list(ids.values()))
    for part in parts:
        await work.part(part)
    assert await _places(database, list(ids.values())) == places


async def _places(database: Database, ids: list[str]) -> dict[str, tuple[int, str]]:
    async with database.read() as session:
        return await fulltext.texts_of(session, FOUND_AS, ids)


async def test_an_upgrade_queues_it_where_there_are_customers(empty_database_url: str) -> None:
    from alembic import command

    from tests.storage.test_numbers_migration import BEFORE

    for customers in (True, False):
        database = Database.open(empty_database_url)
        try:
            await database.run(lambda connection: command.upgrade(_config(connection), "0031"))
            if customers:
                async with database.write() as session:
                    await session.execute(text(BEFORE), {"id": "one"})
            await database.run(lambda connection: command.upgrade(_config(connection), "0032"))
            assert await queued(database) == ([{}] if customers else [])
            async with database.write() as session:
                await session.execute(text("DELETE FROM customer"))
                await session.execute(text("DELETE FROM job"))
                await session.execute(text("UPDATE alembic_version SET version_num = '0031'"))
        finally:
            await database.close()


async def test_an_erased_or_renamed_customer_is_not_found_by_the_old_pinyin(database: Database) -> None:
    rooms = Rooms(database)
    file = await rooms.customers.add(Customer("张三", aliases=("欧阳修",)), CHIEF)
    assert [hit.id for hit in (await rooms.customers.find("oyx"))[0]] == [file.id]
    await rooms.customers.change(Customer("李四", id=file.id), CHIEF)
    for words in ("zs", "zhangsan", "oyx"):
        assert (await rooms.customers.find(words))[0] == []
    assert [file.name for file in (await rooms.customers.find("lisi"))[0]] == ["李四"]
