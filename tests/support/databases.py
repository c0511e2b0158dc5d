"""Provides databases for tests: a private PostgreSQL and SQLite files, each test with a fresh copy of all tables.

A missing PostgreSQL fails the tests that need it; it does not skip them, because a half-skipped run looks green.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from callcenter.storage.database import Database

__all__ = [
    "PostgresServer",
    "database",
    "database_url",
    "empty_database_url",
    "postgres_server",
    "postgres_tables",
    "put_migrated_database",
    "sqlite_database",
    "sqlite_tables",
]

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "timezone": "Asia/Shanghai",
}


@dataclass
class PostgresServer:
    """A cluster in its own directory, reachable only through a socket in that directory."""

    programs: Path
    home: Path
    numbers: Iterator[int]
    thread: ThreadPoolExecutor
    runner: asyncio.Runner
    connection: asyncpg.Connection[asyncpg.Record] | None = None

    @property
    def owner(self) -> str | None:
        """PostgreSQL refuses to run as root; in that case it runs as the distribution's own user."""
        return "postgres" if os.geteuid() == 0 else None

    def run(self, program: str, *arguments: str) -> str:
        command = [str(self.programs / program), *arguments]
        user = {"user": self.owner, "group": self.owner, "extra_groups": []} if self.owner else {}
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.home, timeout=50, **user)  # type: ignore[call-overload]
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}{done.stdout}")
        return str(done.stdout)

    def sql(self, statement: str, database: str = "postgres") -> None:
        where = ("-h", str(self.home), "-U", "cc", "-d", database)
        self.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", *where, "-c", statement)

    def administer(self, statement: str) -> None:
        """Run one statement on an open connection, which takes a fifth of the time of `sql`.

        It has a thread and an event loop of its own: fixtures may run while pytest's loop exists.
        """
        self.thread.submit(self.runner.run, self._execute(statement)).result(timeout=50)

    async def _execute(self, statement: str) -> None:
        if self.connection is None or self.connection.is_closed():
            self.connection = await asyncpg.connect(host=str(self.home), user="cc", database="postgres")
        await self.connection.execute(statement)

    async def _disconnect(self) -> None:
        if self.connection is not None:
            self.connection.terminate()

    def close(self) -> None:
        """End the connection, its loop and its thread."""
        self.thread.submit(self.runner.run, self._disconnect()).result(timeout=50)
        self.thread.submit(self.runner.close).result(timeout=50)
        self.thread.shutdown()

    def url(self, name: str) -> str:
        return f"postgresql+asyncpg://cc@/{name}?host={self.home}"

    def fresh(self, template: str = "template0") -> str:
        """Create a new database and return its address."""
        name = f"t{next(self.numbers)}"
        self.administer(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    @staticmethod
    def name(url: str) -> str:
        return str(make_url(url).database)

    def drop(self, url: str) -> None:
        self.administer(f"DROP DATABASE {self.name(url)} WITH (FORCE)")


def _programs() -> Path:
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if not candidates:
        pytest.fail("PostgreSQL is missing: install the package `postgresql`; these tests do not skip")
    return candidates[-1].parent


@contextmanager
def cluster(home: Path, more: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """A running cluster in this directory, created when missing; `more` adds settings to those of tests."""
    server = PostgresServer(_programs(), home, count(1), ThreadPoolExecutor(1), asyncio.Runner())
    if server.owner:
        shutil.chown(home, server.owner, server.owner)
    data = home / "data"
    if not data.exists():
        server.run("initdb", "-D", str(data), "-U", "cc", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        settings = {**SETTINGS, **(more or {}), "unix_socket_directories": str(home)}
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    try:
        server.run("pg_ctl", "-D", str(data), "-w", "-t", "40", "-l", str(home / "log"), "start")
        yield server
    finally:
        server.close()
        server.run("pg_ctl", "-D", str(data), "-w", "-m", "fast" if more else "immediate", "stop")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    # Not under pytest's own directory: the user that PostgreSQL runs as has no access to it.
    home = Path(tempfile.mkdtemp(prefix="ccpg"))
    with cluster(home) as server:
        yield server
    shutil.rmtree(home)


def _create_all(url: str) -> None:
    """Create all tables, on a loop in a separate thread: fixtures may run while pytest's loop exists."""
    from callcenter.centre.schema import metadata

    async def create() -> None:
        opened = Database.open(url)
        try:
            await opened.create_all(metadata)
        finally:
            await opened.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, create()).result(timeout=50)


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: PostgresServer) -> str:
    """The name of a database with all tables, created once and copied for each test."""
    url = postgres_server.fresh()
    _create_all(url)
    return postgres_server.name(url)


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed SQLite file with all tables, created once and copied for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "tables.db"
    _create_all(f"sqlite+aiosqlite:///{path}")
    return path


@cache
def _migrated() -> bytes:
    """A closed SQLite file with all migrations, made once for each process: they take a second of computing."""
    from callcenter.storage.migrate import bring_up_to_date

    async def migrate(path: Path) -> None:
        opened = Database.open(f"sqlite+aiosqlite:///{path}")
        try:
            await bring_up_to_date(opened)
        finally:
            await opened.close()

    with tempfile.TemporaryDirectory(prefix="ccdb") as folder, ThreadPoolExecutor(1) as pool:
        path = Path(folder) / "callcenter.db"
        # On a loop in a separate thread: a test's own loop may be running.
        pool.submit(asyncio.run, migrate(path)).result(timeout=50)
        return path.read_bytes()


def put_migrated_database(folder: Path) -> None:
    """Put an empty database, as the newest migration leaves it, where a service with this data folder opens it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "callcenter.db").write_bytes(_migrated())


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database with all tables; a test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "callcenter.db"
        shutil.copyfile(request.getfixturevalue("sqlite_tables"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.fresh(request.getfixturevalue("postgres_tables"))
    yield url
    server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables, for migrations and restores."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/empty.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.fresh()
    yield url
    server.drop(url)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open, fresh database with all tables, once on SQLite and once on PostgreSQL."""
    opened = Database.open(database_url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def sqlite_database(sqlite_tables: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A fresh SQLite database with all tables, for tests that do not need both kinds."""
    path = tmp_path / "callcenter.db"
    shutil.copyfile(sqlite_tables, path)
    opened = Database.open(f"sqlite+aiosqlite:///{path}")
    yield opened
    await opened.close()
