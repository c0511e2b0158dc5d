"""Tests migrations: from empty to newest, repeatedly, and in agreement with the models, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from callcenter.centre.schema import metadata
from callcenter.storage.database import Database
from callcenter.storage.migrate import (
    HERE,
    SchemaTooNew,
    bring_up_to_date,
    current_revision,
    differences,
    newest_revision,
)


@pytest.fixture
def empty(empty_database_url: str) -> Database:
    return Database.open(empty_database_url)


async def test_an_empty_database_is_migrated_to_the_models(empty: Database) -> None:
    try:
        assert await current_revision(empty) is None
        await bring_up_to_date(empty)
        assert await current_revision(empty) == newest_revision()
        assert await differences(empty, metadata) == []
        await bring_up_to_date(empty)
    finally:
        await empty.close()


async def test_two_processes_that_start_at_once_upgrade_once(empty: Database) -> None:
    other = Database.open(empty.url.render_as_string(hide_password=False))
    try:
        await asyncio.gather(bring_up_to_date(empty), bring_up_to_date(other))
        assert await differences(empty, metadata) == []
    finally:
        await empty.close()
        await other.close()


async def test_a_database_of_a_newer_program_is_left_alone(empty: Database) -> None:
    try:
        await bring_up_to_date(empty)
        async with empty.write() as session:
            await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(SchemaTooNew):
            await bring_up_to_date(empty)
    finally:
        await empty.close()


async def test_foreign_keys_are_on_again_after_an_upgrade(empty: Database) -> None:
    try:
        await bring_up_to_date(empty)
        if empty.is_sqlite:
            async with empty.write() as session:
                assert await session.scalar(text("PRAGMA foreign_keys")) == 1
    finally:
        await empty.close()


def test_the_newest_revision_by_file_name_is_alembics_only_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    revisions = list(ScriptDirectory.from_config(config).walk_revisions())
    assert revisions[0].revision == newest_revision()
    assert [revision.down_revision for revision in revisions[:-1]] == [revision.revision for revision in revisions[1:]]
    assert all(revision.path.rpartition("/")[2].startswith(f"{revision.revision}_") for revision in revisions)


async def test_a_database_that_is_up_to_date_is_not_written(empty: Database) -> None:
    try:
        await bring_up_to_date(empty)
        writes: list[str | None] = []
        empty.watch(writes.append)
        async with empty.write() as session:
            # A second writer would wait for this transaction: on SQLite there is one.
            await session.execute(text("UPDATE alembic_version SET version_num = version_num"))
            await asyncio.wait_for(bring_up_to_date(empty), 30)
        assert writes == [None]
    finally:
        await empty.close()
