"""Tests a backup taken while people write, and its restore."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select

from callcenter.storage.backup import BackupDamaged, NotEmpty, backup, restore
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.rows import AuditRow
from tests.storage.test_jobs import Time


async def test_what_was_backed_up_while_writing_goes_on_comes_back_whole(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    audit = Audit(database, Time())
    for number in range(50):
        await audit.record(None, "before", f"李雷 {number}")

    async def write_on() -> None:
        for number in range(50):
            await audit.record(None, "meanwhile", str(number))

    file = tmp_path / "backup" / "file"
    url = database.url.render_as_string(hide_password=False)
    async with asyncio.TaskGroup() as group:
        group.create_task(write_on())
        group.create_task(backup(url, file))
    with pytest.raises(NotEmpty):
        await restore(url, file)
    await audit.record(None, "after", "the backup")
    await database.close()
    await restore(url, file, force=True)

    again = Database.open(url)
    try:
        async with again.read() as session:
            query = select(AuditRow.action, func.count()).group_by(AuditRow.action)
            counts = {action: number for action, number in await session.execute(query)}  # noqa: C416 - rows are no pairs.
        assert counts["before"] == 50
        assert counts.get("meanwhile", 0) <= 50
        assert "after" not in counts
        assert (await Audit(again, Time()).verify()).broken_at is None
    finally:
        await again.close()


async def test_a_damaged_backup_is_refused_and_nothing_is_lost(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await Audit(database, Time()).record(None, "kept", "x")
    file = tmp_path / "backup"
    url = database.url.render_as_string(hide_password=False)
    await backup(url, file)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(BackupDamaged):
        await restore(url, file, force=True)
    assert (await Audit(database, Time()).verify()).rows == 1
