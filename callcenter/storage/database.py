"""The database: one transaction per `write()`, consistent reads beside it, the same semantics on SQLite and PostgreSQL.

SQLite with the drivers' defaults loses updates silently, because a transaction begins as a reader and only
later becomes a writer. So writers have their own engine with one connection that begins with BEGIN
IMMEDIATE, and readers another one that cannot write. On PostgreSQL a writer is READ COMMITTED: what is read
in order to be changed is read with `.with_for_update()` (SQLite drops the clause) or changed by
compare-and-set, `UPDATE ... WHERE state = :old`, or has a version (`base.Versioned`).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Self

import structlog
from sqlalchemy import Connection, MetaData, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.util.concurrency import greenlet_spawn

from callcenter.errors import Conflict, Invalid, Unavailable
from callcenter.settings.database_address import read_address
from callcenter.storage.faults import of_database
from callcenter.storage.prepared import Prepared
from callcenter.storage.sqlite_driver import OneTripConnection, OneTripModule

Hook = Callable[[], object]
Watcher = Callable[[str | None], object]
_HOOKS = "after_commit"
BUSY_MILLISECONDS = 10_000
READERS = 8
"""All stay open: to open one costs a thread and five statements."""
WAL_TRIES = 20
CHECKPOINT_TRIES = 50
CHECKPOINT_SECONDS = 0.1


log = structlog.get_logger("callcenter.storage")


class BadDatabaseUrl(Invalid):
    code = "bad_database_url"


class StillRead(Unavailable):
    """A reader kept an older state of the database open for too long; try again."""

    code = "database_still_read"


class BrokenReferences(Conflict):
    """A schema change would have left rows that reference missing rows."""

    code = "broken_references"


class Database:
    """An open database; create it with `Database.open(url)`, close it with `await db.close()`."""

    def __init__(self, url: URL, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self.url = url
        self._writer = writer
        self._reader = reader
        self._watchers: list[Watcher] = []
        self._together: ContextVar[AsyncSession | None] = ContextVar("reads together", default=None)

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` after each write: with None on success, otherwise with the kind of transient fault."""
        self._watchers.append(watcher)

    def _notify(self, fault: str | None) -> None:
        for watcher in self._watchers:
            watcher(fault)

    def __repr__(self) -> str:
        return f"Database({self.url.render_as_string(hide_password=True)})"

    @classmethod
    def open(cls, url: str) -> Self:
        """Open `sqlite+aiosqlite:///FILE` or `postgresql+asyncpg://...`; connects on first use.

        Raises BadDatabaseUrl for any other driver and for SQLite in memory, where two connections
        would see two databases.
        """
        parsed = address_of(url)
        if parsed.drivername == "sqlite+aiosqlite":
            return cls(parsed, *_sqlite_engines(parsed))
        if parsed.drivername == "postgresql+asyncpg":
            engine = create_async_engine(
                parsed, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True
            )
            return cls(parsed, engine, engine.execution_options(postgresql_readonly=True))
        raise BadDatabaseUrl(f"unknown database driver {parsed.drivername}", driver=parsed.drivername)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at the end of the block, rolls back when the block raises.

        Do not open a second `write()` inside: SQLite has one writer, so it would deadlock.
        """
        session = AsyncSession(self._writer, expire_on_commit=False)
        try:
            async with session, session.begin():
                yield session
        except Exception as error:
            if of_database(error):
                self._notify(type(error).__name__)
            raise
        self._notify(None)
        for hook in session.info.pop(_HOOKS, ()):
            _call(hook)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that cannot write; on SQLite one consistent snapshot. Within `together` it is that block's."""
        shared = self._together.get()
        if shared is not None:
            yield shared
            return
        session = AsyncSession(self._reader, expire_on_commit=False)
        if not self.is_sqlite:
            async with session:
                yield session
            return
        try:
            yield session
        finally:
            # The session's own exit shields this from a cancellation with a further task. Here nothing waits
            # (sqlite_driver.py), so nothing can be cancelled.
            await session.close()

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Make all reads of this task in the block use one session: a transaction costs more than most statements.

        Only for reads one after the other: a session does one thing at a time.
        """
        async with self.read() as session:
            before = self._together.set(session)
            try:
                yield
            finally:
                self._together.reset(before)

    async def rows(self, prepared: Prepared, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """The rows of a short read by itself, on SQLite without a session and a transaction of several statements."""
        if not self.is_sqlite:
            async with self.read() as session:
                return (await session.execute(prepared.statement, values)).all()
        engine = self._reader.sync_engine
        sql, parameters = prepared.for_sqlite(engine.dialect, values)

        def read() -> Sequence[Sequence[Any]]:
            connection = engine.raw_connection()
            try:
                adapted = connection.dbapi_connection
                assert isinstance(adapted, OneTripConnection)
                return adapted.rows(sql, parameters)
            except sqlite3.Error as error:
                # As SQLAlchemy raises it, without the parameters: they may be customer data.
                raise OperationalError(sql, None, error, hide_parameters=True) from error
            finally:
                connection.close()

        return await greenlet_spawn(read)

    async def ping(self) -> None:
        """Check that the database answers; raises the driver's error if it does not."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    async def compact(self, *before: str) -> None:
        """Release free pages and truncate the write-ahead log, so that no deleted data is left in the files.

        `before` are statements for SQLite that first purge deleted text. Writers wait until it is done.
        """
        if not self.is_sqlite:
            async with self._writer.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                await connection.exec_driver_sql("VACUUM")
            return
        async with self._writer.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            for statement in (*before, "VACUUM"):
                await (await raw.execute(statement)).close()
            for _ in range(CHECKPOINT_TRIES):
                cursor = await raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                busy = (await cursor.fetchone())[0]
                await cursor.close()
                if not busy:
                    return
                await asyncio.sleep(CHECKPOINT_SECONDS)
        raise StillRead("the write-ahead log could not be emptied: a reader uses an older state of the database")

    async def create_all(self, metadata: MetaData) -> None:
        """Create all tables without migrations; for tests and throw-away databases."""
        async with self._writer.begin() as connection:
            await connection.run_sync(metadata.create_all)

    async def run(self, work: Callable[[Connection], None]) -> None:
        """Run synchronous SQLAlchemy work (DDL, Alembic) in one write transaction."""
        async with self._writer.begin() as connection:
            await connection.run_sync(work)

    @asynccontextmanager
    async def schema_change(self) -> AsyncIterator[AsyncConnection]:
        """One write transaction with SQLite's foreign keys off; they are checked before it commits."""
        async with self._writer.connect() as connection:
            # The pragma works only outside a transaction, so it bypasses SQLAlchemy, which would begin one.
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            await raw.execute("PRAGMA foreign_keys = OFF")
            try:
                async with connection.begin():
                    yield connection
                    broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
                    if broken:
                        raise BrokenReferences(f"{len(broken)} rows would point at nothing", rows=len(broken))
            finally:
                await raw.execute("PRAGMA foreign_keys = ON")

    async def close(self) -> None:
        await self._reader.dispose()
        await self._writer.dispose()


def address_of(url: str) -> URL:
    """Raises BadDatabaseUrl, which shows no part of the URL."""
    parsed = read_address(url)
    if parsed is None:
        raise BadDatabaseUrl("the database's address cannot be read", fault="unreadable")
    return parsed


def after_commit(session: AsyncSession, hook: Hook) -> None:
    """Call `hook()` once this session's `write()` has committed; never after a rollback.

    A hook must not block or raise: it publishes to a feed or wakes a task.
    """
    session.info.setdefault(_HOOKS, []).append(hook)


def _call(hook: Hook) -> None:
    """A hook's fault does not affect the transaction, which is already committed."""
    try:
        hook()
    except Exception:
        log.exception("after_commit_failed")


def _sqlite_engines(url: URL) -> tuple[AsyncEngine, AsyncEngine]:
    if not url.database or url.database == ":memory:":
        raise BadDatabaseUrl("SQLite in memory has a database per connection; name a file", fault="memory")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    # Parameters may be customer data, so no error shows them.
    # One connection: writers queue in our pool, in order, instead of polling SQLite's lock.
    module = OneTripModule()
    writer = create_async_engine(url, module=module, pool_size=1, max_overflow=0, pool_timeout=30, hide_parameters=True)
    reader = create_async_engine(url, module=module, pool_size=READERS, max_overflow=0, hide_parameters=True)
    _sqlite_manners(writer, "BEGIN IMMEDIATE", writes=True)
    _sqlite_manners(reader, "BEGIN", writes=False)
    return writer, reader


def _write_ahead(cursor: Any) -> None:
    """Switch to WAL. The switch ignores busy_timeout, so wait for the lock while another process makes it."""
    for _ in range(WAL_TRIES):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            # BEGIN IMMEDIATE does honour it: it returns when the other process is done, and then WAL is on.
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
    cursor.execute("PRAGMA journal_mode = WAL")


def _sqlite_manners(engine: AsyncEngine, begin: str, *, writes: bool) -> None:
    def connected(dbapi_connection: Any, _record: object) -> None:
        # None stops the driver from sending BEGIN itself, which it does too late.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        _write_ahead(cursor)
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        if writes:
            # Deleted data is overwritten with zeros: personal data must not remain in free pages (PIPL 47).
            cursor.execute("PRAGMA secure_delete = ON")
        else:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    def began(connection: Connection) -> None:
        adapted = connection.connection.dbapi_connection
        assert isinstance(adapted, OneTripConnection)
        adapted.begin(begin, reads=not writes)

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", began)
