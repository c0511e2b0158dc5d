"""Tests a large table beside a running service: no request waits, no job finds the database locked, all or nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from benchmarks.large_import import ROWS, Worst, by_command, count, in_process, prepared, table, watched
from callcenter.customers.importing.service import CustomerImport
from callcenter.customers.model import Customer
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.tokenizer import query_of
from tests.support.rooms import BOSS, CHIEF, Rooms
from tests.support.ticks import ticking

SHARE = 2
"""No request waits for half of the import; an import in one transaction delays them for most of it."""


def too_long(worst: Worst, took: float) -> Worst:
    return {name: wait for name, wait in worst.items() if wait > took / SHARE}


async def test_a_large_import_in_this_process_delays_no_other_request(tmp_path: Path) -> None:
    rooms = await prepared(tmp_path)
    worst = Worst()
    try:
        with ticking() as ticks:
            async with watched(rooms, worst, ticks):
                await in_process(rooms, table(ROWS))
        assert await count(rooms) == ROWS
    finally:
        await rooms.database.close()
    assert too_long(worst, ticks()) == {}
    assert set(worst) == {"presence", "job", "lists", "loop"}


async def test_a_large_import_by_command_delays_no_other_request(tmp_path: Path) -> None:
    rooms = await prepared(tmp_path)
    worst = Worst()
    try:
        with ticking() as ticks:
            async with watched(rooms, worst, ticks):
                await by_command(tmp_path, table(ROWS))
        assert await count(rooms) == ROWS
    finally:
        await rooms.database.close()
    assert too_long(worst, ticks()) == {}


async def test_an_import_whose_process_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    rooms = await prepared(tmp_path)
    try:
        (tmp_path / "big.csv").write_bytes(table(ROWS))
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "callcenter",
            "customers",
            "import",
            str(tmp_path / "big.csv"),
            "--by",
            "boss",
            env={**os.environ, "CC_DATA_DIR": str(tmp_path)},
            stderr=asyncio.subprocess.PIPE,
        )
        assert child.stderr is not None
        await child.stderr.readuntil(b" of 20000")
        child.send_signal(signal.SIGKILL)
        await child.communicate()
        assert await count(rooms) == 0
        await rooms.presence.pause("1001", "break", CHIEF)
    finally:
        await rooms.database.close()


async def test_a_large_update_changes_files_their_words_and_the_audit(database: Database) -> None:
    rooms = Rooms(database)
    importing = CustomerImport(database, rooms.clock, rooms.customers, rooms.audit)
    await importing.run(table(1500), BOSS)
    changed = "姓名,电话,备注\n" + "".join(f"客户{n},{13_810_000_000 + n},礼盒{n}\n" for n in range(1500))
    outcome = await importing.run(changed.encode(), BOSS, update=True)
    assert (outcome.made, outcome.updated) == (0, 1500)
    result, _ = await rooms.customers.find("礼盒1499")
    assert [entry.notes for entry in result] == ["礼盒1499"]
    async with database.read() as session:
        hits = await fulltext.find(session, query_of("客户1499"), ("customer",), 10)
    assert len(hits.items) == 1
    assert len(await rooms.audit.page(5000, action="customer.changed")) == 1500
    assert (await rooms.audit.verify()).broken_at is None
    again = await importing.run(changed.encode(), BOSS, update=True)
    assert again.updated == 1500
    assert len(await rooms.audit.page(5000, action="customer.changed")) == 1500


async def test_a_file_that_others_change_meanwhile_keeps_both_changes(database: Database) -> None:
    rooms = Rooms(database)
    customer = await rooms.customers.add(Customer("贺小满", ("13974812346",)), CHIEF)
    importing = CustomerImport(database, rooms.clock, rooms.customers, rooms.audit)
    changes = iter([Customer("贺小满", ("13974812346",), company="星城超市", id=customer.id)])

    original = importing._changed

    async def changed_by_others(rows: list[tuple[Customer, str]]) -> object:
        result = await original(rows)
        for change in changes:
            await rooms.customers.change(change, CHIEF)
        return result

    importing._changed = changed_by_others  # type: ignore[assignment, method-assign]
    await importing.run("姓名,电话,微信\n贺小满,13974812346,he_xm\n".encode(), BOSS, update=True)
    file = await rooms.customers.customer(customer.id)
    assert (file.company, file.wechat) == ("星城超市", "he_xm")
