"""Tests that the database's password never shows: in no output, log, repr, metric, audit or answer."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
import structlog
from asyncpg.exceptions import PostgresError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from callcenter.catalogue import LANGUAGES
from callcenter.errors import CallCentreError
from callcenter.kit.secret_files import without_secrets
from callcenter.settings import Settings
from callcenter.settings.errors import BadSettings
from callcenter.storage.backup import backup
from callcenter.storage.database import BadDatabaseUrl, Database
from callcenter.web.logging import configure_logging
from tests.support.databases import PostgresServer
from tests.support.joined import joined_centre

MARK = "m4rk3r"
PASSWORD = f"a:{MARK}@b/{MARK}?c#{MARK}%"
QUOTED = quote(PASSWORD, safe="")
NOBODY_ANSWERS = f"postgresql+asyncpg://cc:{QUOTED}@127.0.0.1:1/none"
MISWRITTEN = (
    f"postgresql+asyncpg://cc:p@ss:{MARK}@127.0.0.1:5432/none",
    f"postgresql+asyncpg://cc:p@{MARK}@127.0.0.1:5432/none",
    f"postgresql+asyncpg://cc@127.0.0.1:{MARK}/none",
    f"postgresql+asyncpg://c/c:{MARK}@127.0.0.1/none",
    f"postgresql+asyncpg://cc@127.0.0.1/none?password={MARK}",
    f"postgresql+asyncpg://cc@127.0.0.1/none?pasword={MARK}",
    f"postgresql+asyncpg://{MARK}",
    f"postgresql+asyncpg://cc:{MARK}@[bad/none",
    f"postgresql+asyncpg://cc:{MARK}@127.0.0.1:99999/none",
    f"postgres://cc:{MARK}@127.0.0.1/none",
    MARK,
)
PBX = Settings().pbx_root
COMMANDS = (
    ("db", "status"),
    ("db", "upgrade"),
    ("db", "backup", "--plain"),
    ("db", "restore", "/etc/hostname"),
    ("pbx", "render", "--out", "etc"),
    ("customers", "find", "x"),
)


def command(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "callcenter", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CC_DATA_DIR": str(folder), "CC_DATABASE_URL": url, "CC_PBX__ROOT": str(PBX)},
        timeout=50,
    )


def files_with_password(folder: Path) -> list[str]:
    """Files that hold the password, as text or as bytes."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and MARK.encode() in path.read_bytes()]


@pytest.fixture
def locked(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a real database whose user needs a password, with the right one."""
    url = postgres_server.fresh()
    name, home = postgres_server.name(url), postgres_server.home
    rules = home / "data" / "pg_hba.conf"
    before = rules.read_text()
    secret = PASSWORD.replace("'", "''")
    postgres_server.sql(f"CREATE ROLE locked LOGIN SUPERUSER PASSWORD '{secret}'")
    rules.write_text(f"local all locked scram-sha-256\n{before}")
    postgres_server.sql("SELECT pg_reload_conf()")
    yield f"postgresql+asyncpg://locked:{QUOTED}@/{name}?host={home}"
    rules.write_text(before)
    postgres_server.sql("SELECT pg_reload_conf()")
    postgres_server.drop(url)
    postgres_server.sql("DROP ROLE locked")


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_that_reaches_no_database_shows_no_password(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = command(tmp_path, NOBODY_ANSWERS, *arguments)
    assert done.returncode != 0
    assert MARK not in done.stdout + done.stderr
    assert files_with_password(tmp_path) == []


@pytest.mark.parametrize("url", MISWRITTEN)
def test_a_miswritten_address_is_refused_without_a_part_of_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC_DATABASE_URL", url)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadSettings) as refused:
        Settings()
    assert refused.value.problems[0].setting == "database_url"
    for language in LANGUAGES:
        assert MARK not in "".join(refused.value.lines(language))


def test_a_command_with_a_miswritten_address_ends_with_the_setting_and_no_part_of_it(tmp_path: Path) -> None:
    done = command(tmp_path, MISWRITTEN[0], "db", "status")
    assert done.returncode == 1
    assert "bad_settings: CC_DATABASE_URL" in done.stderr
    assert MARK not in done.stdout + done.stderr


@pytest.mark.parametrize("url", MISWRITTEN)
async def test_the_database_itself_refuses_such_an_address_without_a_part_of_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadDatabaseUrl) as refused:
        Database.open(url)
    assert MARK not in str(refused.value)
    assert MARK not in str(refused.value.facts)
    assert refused.value.__cause__ is None
    with pytest.raises(CallCentreError) as failed:
        await backup(url, tmp_path / "backup")
    assert MARK not in str(failed.value)


async def test_no_repr_and_no_fault_shows_the_password(locked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_DATABASE_URL", locked)
    assert MARK not in repr(Settings())
    assert MARK not in str(Settings().model_dump())
    faults: dict[str, str] = {}
    for url in (locked, NOBODY_ANSWERS, locked.replace(QUOTED, f"{MARK}wrong"), locked.replace("locked:", "nobody:")):
        database = Database.open(url)
        assert MARK not in repr(database)
        assert MARK not in str(database.__dict__)
        try:
            await database.ping()
            with pytest.raises(SQLAlchemyError) as failed:
                async with database.write() as session:
                    await session.execute(text("SELECT * FROM nothing_here"))
            assert MARK not in str(failed.value)
        except (SQLAlchemyError, OSError, PostgresError) as error:
            faults[url] = f"{error!r} {error}"
        finally:
            await database.close()
    assert locked not in faults, "the right password opens the database"
    assert len(faults) == 3
    assert MARK not in "".join(faults.values())


def test_a_wrong_password_is_not_shown_by_any_command(locked: str, tmp_path: Path) -> None:
    wrong = locked.replace(QUOTED, f"{QUOTED}wrong")
    for arguments in COMMANDS[1:3]:
        done = command(tmp_path, wrong, *arguments)
        assert done.returncode != 0, arguments
        assert MARK not in done.stdout + done.stderr, arguments
    assert files_with_password(tmp_path) == []


def test_commands_that_succeed_leave_no_password_behind(locked: str, tmp_path: Path) -> None:
    if shutil.which("pg_dump") is None and not list(Path("/usr/lib/postgresql").glob("*/bin/pg_dump")):
        pytest.fail("PostgreSQL's programs are missing")
    for arguments in (("db", "upgrade"), ("pbx", "render", "--out", "etc"), ("db", "backup", "--plain")):
        done = command(tmp_path, locked, *arguments)
        assert done.returncode == 0, done.stderr
        assert MARK not in done.stdout + done.stderr
    assert list(tmp_path.glob("backups/*.dump"))
    # The dump holds roles' names, never their passwords.
    assert files_with_password(tmp_path) == []


def test_a_service_that_waits_for_its_database_shows_no_password(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"postgresql+asyncpg://cc:{QUOTED}@127.0.0.1:{port}/none"
    log = tmp_path / "service.log"
    with log.open("wb") as output:
        service = subprocess.Popen(
            [sys.executable, "-m", "callcenter", "serve"],
            cwd=tmp_path,
            stdout=output,
            stderr=output,
            env={**os.environ, "CC_DATA_DIR": str(tmp_path / "var"), "CC_DATABASE_URL": url, "CC_LOG_JSON": "1"},
        )
        try:
            with log.open("rb") as written:
                line = b""
                while b"start_waits" not in line:
                    assert service.poll() is None, log.read_text()
                    line = written.readline()
        finally:
            service.send_signal(signal.SIGKILL)
            service.wait(20)
    assert json.loads(line)["cause"] == "ConnectionRefusedError ECONNREFUSED"
    assert files_with_password(tmp_path) == []


@pytest.mark.usefixtures("_logging")
def test_a_centre_shows_the_password_in_no_answer_whether_its_database_is_there_or_away(
    locked: str, postgres_server: PostgresServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    paths = (
        "/metrics",
        "/readyz",
        "/livez",
        "/api/v1/audit",
        "/api/v1/customers",
        "/api/v1/jobs",
    )
    with joined_centre(locked, tmp_path) as centre:
        whole = [answer(centre.url, path, centre.headers) for path in paths]
        assert [status for status, _ in whole] == [200, 503, 200, 200, 200, 200], whole
        postgres_server.sql("ALTER ROLE locked NOLOGIN")
        postgres_server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'locked'")
        away = [answer(centre.url, path, centre.headers) for path in paths]
        assert away[1][0] == 503
        assert away[4][0] >= 500, away[4]
        postgres_server.sql("ALTER ROLE locked LOGIN")
    for _, body in whole + away:
        assert MARK not in body
    assert MARK not in "".join(capfd.readouterr())
    assert files_with_password(tmp_path) == []


@pytest.fixture
def _logging() -> Iterator[None]:
    """Logs as every command writes them."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(json=False)
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def answer(url: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    try:
        with urlopen(Request(url + path, headers=headers), timeout=40) as reply:
            return reply.status, reply.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


def test_programs_that_read_hostile_input_are_given_no_secret() -> None:
    given = without_secrets(
        {"CC_DATABASE_URL": MARK, "CC_PBX__CONTROL_SECRET": MARK, "PGPASSWORD": MARK, "PATH": "/bin"}
    )
    assert given == {"PATH": "/bin"}
