"""Runs migrations from code: `bring_up_to_date` at startup, `differences` in tests, `revise` by a developer.

The tables are passed in as an argument, so that storage imports no subject package. Alembic is imported only when
there is something to migrate: most starts and nearly all commands meet a database that is up to date.
Alembic is synchronous; it runs through SQLAlchemy's bridge on an asynchronous connection, so no loop is blocked
and no second driver is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData, inspect, text

from callcenter.errors import Unavailable
from callcenter.storage import fulltext
from callcenter.storage.base import Base
from callcenter.storage.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

HERE = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 4_355_002


class SchemaTooNew(Unavailable):
    """The database was created by a newer program; this one must not touch it."""

    code = "schema_too_new"


def _config(connection: Connection | None = None, metadata: MetaData = Base.metadata) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    return config


def newest_revision() -> str | None:
    """The revision that this program's code expects: files are numbered, and each follows the one before."""
    return max((path.name[:4] for path in HERE.glob("versions/[0-9]*.py")), default=None)


async def bring_up_to_date(database: Database) -> None:
    """Migrate the schema in one transaction; two processes at once migrate it only once.

    Raises SchemaTooNew when the database is ahead of this program.
    """
    async with database.read() as session:
        revision = await (await session.connection()).run_sync(_revision_of)
    if revision is None or revision != newest_revision():
        await _without_foreign_keys(database, _upgrade)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
    current = _revision_of(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if current is not None and current not in known:
        raise SchemaTooNew("this database belongs to a newer version of the program", revision=current)
    command.upgrade(_config(connection), "head")
    fulltext.create(connection)


def _revision_of(connection: Connection) -> str | None:
    """Alembic's own table has one row: the revisions have no branches."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


async def current_revision(database: Database) -> str | None:
    """The revision of the database; None for one without tables."""
    result: list[str | None] = []
    await database.run(lambda connection: result.append(_revision_of(connection)))
    return result[0]


async def differences(database: Database, metadata: MetaData) -> list[object]:
    """What a new revision would have to change; empty when these tables and the schema agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    result: list[object] = []

    def work(connection: Connection) -> None:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_drawn})
        result.extend(compare_metadata(context, metadata))

    await database.run(work)
    return result


def is_drawn(name: str | None, kind: str, _: object) -> bool:
    """Whether Alembic may compare this: the full-text tables are created by `fulltext.create`."""
    return not (kind == "table" and (name or "").startswith(fulltext.WORDS))


async def revise(database: Database, metadata: MetaData, message: str) -> None:
    """Write a new revision from the difference between these tables and an up-to-date database."""
    await database.run(lambda connection: _revision(connection, metadata, message))


def _revision(connection: Connection, metadata: MetaData, message: str) -> None:
    from alembic import command

    number = f"{len(list(HERE.glob('versions/[0-9]*.py'))) + 1:04d}"
    command.revision(_config(connection, metadata), message=message, autogenerate=True, rev_id=number)


async def _without_foreign_keys(database: Database, work: Callable[[Connection], None]) -> None:
    """SQLite's batch mode drops and renames tables, which enforced foreign keys would turn into deletions."""
    if not database.is_sqlite:
        await database.run(work)
        return
    async with database.schema_change() as connection:
        await connection.run_sync(work)
