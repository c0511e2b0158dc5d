"""Backs up the database while the service runs, and restores it; each backup has a checksum file.

SQLite: SQLite's own online backup into one file. PostgreSQL: `pg_dump` in its custom format, restored by
`pg_restore`. Passwords are passed in the environment, because arguments are visible to every user of the machine.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import URL

from callcenter.errors import Conflict, Invalid, Unavailable
from callcenter.storage import sealed_file
from callcenter.storage.database import address_of


class BackupDamaged(Invalid):
    code = "backup_damaged"


class NotEmpty(Conflict):
    """A database already exists; restoring over it needs `force`."""

    code = "database_not_empty"


class ToolMissing(Unavailable):
    code = "tool_missing"


class ToolFailed(Unavailable):
    code = "tool_failed"


async def backup(url: str, to: Path, key: tuple[str, bytes] | None = None) -> None:
    """Write a consistent backup of the database to `to`, with its SHA-256 beside it.

    With a key (its id and 32 bytes) the backup is sealed, and unsealed again as a check.
    """
    parsed = address_of(url)
    part = to.with_name(to.name + ".part")
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The file exists with private permissions before it holds any data of the database.
    sealed_file.private(part).close()
    if parsed.get_backend_name() == "sqlite":
        await asyncio.to_thread(_copy_sqlite, Path(parsed.database or ""), part)
    else:
        await _run("pg_dump", parsed, "--format=custom", "--no-owner", f"--file={part}")
    if key is not None:
        await asyncio.to_thread(_seal, part, key)
    digest = await asyncio.to_thread(_digest, part)
    # The final name appears only once the content is complete; an interrupted backup leaves a .part file.
    part.replace(to)
    _beside(to).write_text(f"{digest}  {to.name}\n")


def _seal(part: Path, key: tuple[str, bytes]) -> None:
    sealed = part.with_name(part.name + ".sealed")
    try:
        sealed_file.seal(part, sealed, *key)
        sealed.replace(part)
    finally:
        sealed.unlink(missing_ok=True)


async def restore(url: str, source: Path, *, force: bool = False, keys: Mapping[str, bytes] | None = None) -> None:
    """Restore the database from a backup; stop the service first. `keys` unseal a sealed one.

    Raises BackupDamaged when the checksum or the content does not match, SealBroken, BackupKeyMissing, NotEmpty without
    `force`.
    """
    await asyncio.to_thread(_verify, source)
    if not await asyncio.to_thread(sealed_file.is_sealed, source):
        await _restore(url, source, force=force)
        return
    plain = source.with_name(source.name + ".open")
    try:
        await asyncio.to_thread(sealed_file.unseal, source, plain, keys or {})
        await _restore(url, plain, force=force)
    finally:
        plain.unlink(missing_ok=True)


async def _restore(url: str, source: Path, *, force: bool) -> None:
    parsed = address_of(url)
    if parsed.get_backend_name() == "sqlite":
        await asyncio.to_thread(_restore_sqlite, source, Path(parsed.database or ""), force)
        return
    tables = await _run("psql", parsed, "-XAtc", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    if tables.strip() != "0":
        if not force:
            raise NotEmpty("the database has tables; use --force to replace them")
        await _run("psql", parsed, "-qXc", "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await _run("pg_restore", parsed, "--single-transaction", "--no-owner", "--exit-on-error", str(source))


def _copy_sqlite(source: Path, to: Path) -> None:
    if not source.is_file():
        raise Invalid(f"there is no database {source.name}", database=source.name)
    reader, writer = sqlite3.connect(f"file:{source}?mode=ro", uri=True), sqlite3.connect(to)
    try:
        reader.backup(writer, pages=1000)
        # A backup is one file: without this, reading it would create -wal and -shm beside it.
        writer.execute("PRAGMA journal_mode = DELETE")
    finally:
        writer.close()
        reader.close()
    _sound(to)


def _restore_sqlite(source: Path, to: Path, force: bool) -> None:
    if to.exists() and to.stat().st_size and not force:
        raise NotEmpty("a database exists already; use --force to replace it", file=to.name)
    _sound(source)
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(to.name + ".part")
    sealed_file.private(part).close()
    shutil.copyfile(source, part)
    # The old write-ahead log belongs to the old database; if left, it would be replayed into the new one.
    for leftover in ("-wal", "-shm"):
        to.with_name(to.name + leftover).unlink(missing_ok=True)
    part.replace(to)


def _sound(path: Path) -> None:
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    try:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise BackupDamaged(f"{path.name} is not a sound database", file=path.name) from error
    finally:
        connection.close()
    if verdict != "ok":
        raise BackupDamaged(f"{path.name} is not a sound database", file=path.name)


def checksum_of(path: Path) -> str | None:
    """The SHA-256 that was written beside a backup; None without one. It is not compared with the content."""
    try:
        words = _beside(path).read_text("ascii")[:200].split()
    except (OSError, UnicodeDecodeError):
        return None
    return words[0] if words and len(words[0]) == 64 else None


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify(source: Path) -> None:
    if not source.is_file():
        raise Invalid(f"there is no backup {source.name}", file=source.name)
    checksum = _beside(source)
    if checksum.is_file() and checksum.read_text().split()[0] != _digest(source):
        raise BackupDamaged(f"{source.name} is not what was written", file=source.name)


async def _run(program: str, url: URL, *arguments: str) -> str:
    """Run one of PostgreSQL's programs against the database; its errors become ours."""
    which = shutil.which(program) or next((str(installed) for installed in _installed(program)), None)
    if which is None:
        raise ToolMissing(f"{program} is not installed", program=program)
    host = url.query.get("host") or url.host
    given = {
        "PGHOST": str(host or ""),
        "PGPORT": str(url.port or ""),
        "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "",
        "PGDATABASE": url.database or "",
    }
    environment = {**os.environ, **{name: value for name, value in given.items() if value}}
    if program == "pg_restore":
        arguments = (f"--dbname={url.database}", *arguments)
    process = await asyncio.create_subprocess_exec(
        which, *arguments, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    if process.returncode:
        raise ToolFailed(f"{program} failed: {errors.decode(errors='replace').strip()[-500:]}", program=program)
    return output.decode()


def _installed(program: str) -> list[Path]:
    """Debian keeps the programs of each version in a separate directory, newest last."""
    candidates = Path("/usr/lib/postgresql").glob(f"*/bin/{program}")
    return sorted(candidates, key=lambda path: int(path.parent.parent.name), reverse=True)
