"""Tests commands without a usable database: one line with a code, exit status 1, no traceback."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.storage.faults import passes, refusal_of
from tests.support.databases import PostgresServer

SECRET = "m4rk3r"
COMMANDS = (("jobs", "list"), ("recordings", "list"), ("db", "status"), ("db", "upgrade"), ("db", "verify-audit"))


def line_of(folder: Path, url: str, *words: str, language: str = "C.UTF-8") -> str:
    """Standard error of a refused command, which is one line."""
    done = subprocess.run(
        [sys.executable, "-m", "callcenter", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CC_DATA_DIR": str(folder), "CC_DATABASE_URL": url, "LC_ALL": language},
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert SECRET not in done.stderr
    return done.stderr


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_port_without_a_listener(words: tuple[str, ...], tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://cc:{SECRET}@127.0.0.1:1/none"
    assert line_of(tmp_path, url, *words).startswith("database_unavailable: ")


def test_the_line_is_in_the_language_of_the_terminal(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://cc:{SECRET}@127.0.0.1:1/none"
    assert "数据库" in line_of(tmp_path, url, "db", "status", language="zh_CN.UTF-8")


def test_a_host_of_no_address(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://cc:{SECRET}@database.invalid/none"
    assert line_of(tmp_path, url, "jobs", "list").startswith("database_unavailable: ")


@pytest.mark.parametrize("words", COMMANDS[:3], ids=" ".join)
def test_a_file_that_is_no_database_is_left_alone(words: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("not a database at all\n" * 100, "utf-8")
    before = file.read_bytes()
    assert line_of(tmp_path, f"sqlite+aiosqlite:///{file}", *words).startswith("storage_refused: ")
    assert file.read_bytes() == before


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    url = f"sqlite+aiosqlite:///{tmp_path}/folder.db"
    assert line_of(tmp_path, url, "recordings", "list").startswith("database_unavailable: ")


def test_an_account_and_a_database_that_do_not_exist(tmp_path: Path, postgres_server: PostgresServer) -> None:
    url = postgres_server.fresh()
    try:
        stranger = url.replace("cc@", f"nobody:{SECRET}@")
        assert line_of(tmp_path, stranger, "recordings", "list").startswith("storage_refused: ")
        nowhere = url.replace(postgres_server.name(url), "nowhere")
        assert line_of(tmp_path, nowhere, "recordings", "list").startswith("storage_refused: ")
    finally:
        postgres_server.drop(url)


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    assert refusal_of(ValueError("a bug")) is None
    assert refusal_of(OSError(2, "no such file")) is None


def test_no_address_of_a_host_answers_is_a_fault_that_passes() -> None:
    async def connect() -> None:
        # What asyncio raises when a name has two addresses and neither answers.
        loop = asyncio.get_running_loop()
        await loop.create_connection(asyncio.Protocol, "localhost", 1)

    with pytest.raises(OSError, match="Errno 111") as caught:
        asyncio.run(connect())
    assert passes(caught.value)
    assert passes(OSError("Multiple exceptions: [Errno 111] ..., [Errno 111] ..."))
    assert passes(socket.gaierror(-2, "Name or service not known"))
    assert not passes(FileNotFoundError(2, "no such file"))
