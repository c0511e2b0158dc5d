"""Tests that backups are sealed with the master key, open only with it, and report any change."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from callcenter.cli.db import app
from callcenter.customers.model import Customer
from callcenter.storage import backup as backups
from callcenter.storage.database import Database
from callcenter.storage.sealed_file import MAGIC, PIECE, BackupKeyMissing, SealBroken, seal, unseal
from tests.support.databases import PostgresServer
from tests.support.rooms import CHIEF, Rooms

KEY = ("20261127-abc", token_bytes(32))
SECRET = "王芳的秘密"


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_what_is_sealed_opens_to_what_it_was(tmp_path: Path, size: int) -> None:
    plain, sealed, again = tmp_path / "plain", tmp_path / "sealed", tmp_path / "again"
    plain.write_bytes(os.urandom(size))
    seal(plain, sealed, *KEY)
    unseal(sealed, again, dict([KEY]))
    assert again.read_bytes() == plain.read_bytes()
    assert stat.S_IMODE(sealed.stat().st_mode) == stat.S_IMODE(again.stat().st_mode) == 0o600


@pytest.mark.parametrize("change", ["flip", "cut a piece", "cut a byte", "swap", "other key", "head"])
def test_a_sealed_file_that_was_changed_does_not_open(tmp_path: Path, change: str) -> None:
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    plain.write_bytes(os.urandom(3 * PIECE))
    seal(plain, sealed, *KEY)
    data, head = bytearray(sealed.read_bytes()), len(MAGIC) + 1 + len(KEY[0]) + 32
    keys = dict([KEY])
    piece = PIECE + 16
    if change == "flip":
        data[head + 5] ^= 1
    elif change == "cut a piece":
        del data[-piece:]
    elif change == "cut a byte":
        del data[-1:]
    elif change == "swap":
        data[head:] = data[head + piece : head + 2 * piece] + data[head : head + piece] + data[head + 2 * piece :]
    elif change == "head":
        data[head - 1] ^= 1
    else:
        keys = {KEY[0]: token_bytes(32)}
    sealed.write_bytes(data)
    with pytest.raises(SealBroken):
        unseal(sealed, tmp_path / "again", keys)
    with pytest.raises(BackupKeyMissing):
        unseal(sealed, tmp_path / "again", {})


@pytest.fixture
def other_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of the same kind as the one that is backed up."""
    if database_url.startswith("sqlite"):
        yield f"sqlite+aiosqlite:///{tmp_path}/other.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.fresh()
    yield url
    server.drop(url)


async def test_a_sealed_backup_is_restored_whole_and_shows_nothing(
    database: Database, other_url: str, tmp_path: Path
) -> None:
    await Rooms(database).customers.add(Customer(SECRET), CHIEF)
    source, file = database.url.render_as_string(hide_password=False), tmp_path / "backups" / "copy.db"
    await backups.backup(source, file, KEY)
    with pytest.raises(BackupKeyMissing):
        await backups.restore(other_url, file)
    await backups.restore(other_url, file, keys=dict([KEY]))
    restored = Database.open(other_url)
    try:
        async with restored.read() as session:
            assert (await session.execute(text("SELECT name FROM customer"))).scalars().all() == [SECRET]
    finally:
        await restored.close()
    left = await asyncio.to_thread(lambda: {path.name: path.read_bytes() for path in file.parent.iterdir()})
    assert set(left) == {"copy.db", "copy.db.sha256"}
    assert SECRET.encode() not in left["copy.db"]


def test_the_command_seals_with_the_master_key_and_needs_it_to_restore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CC_DATA_DIR", str(tmp_path / "var"))
    run = CliRunner().invoke
    assert run(app, ["upgrade"]).exit_code == 0
    copy = str(tmp_path / "copy.db")
    assert run(app, ["backup", copy]).exit_code == 0
    assert Path(copy).read_bytes().startswith(MAGIC)
    (tmp_path / "var/keys").rename(tmp_path / "safe")
    refused = run(app, ["restore", "--force", copy])
    assert (refused.exit_code, "backup_key_missing" in refused.output) == (1, True)
    assert run(app, ["restore", "--force", copy, "--keys", str(tmp_path / "safe")]).exit_code == 0
    assert run(app, ["backup", copy, "--plain"]).exit_code == 0
    assert Path(copy).read_bytes().startswith(b"SQLite format 3")
