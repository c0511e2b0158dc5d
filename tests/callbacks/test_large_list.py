"""Tests a long list of customers beside a running service: no request waits, and an interrupted import is repeated."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import func, select

from benchmarks.large_import import Worst, prepared, watched
from callcenter.callbacks.outreach.importing import Importing, Outcome
from callcenter.callbacks.requests import AT_ONCE
from callcenter.callbacks.rows import ReturnCallCauseRow
from callcenter.storage.database import Database
from tests.callbacks.centre import CallbackCentre
from tests.callbacks.fake_pbx import Died
from tests.callbacks.test_killed import Dying
from tests.customers.test_large_import import too_long
from tests.support.rooms import BOSS
from tests.support.ticks import ticking

ROWS = 200


def listed(rows: int) -> bytes:
    return ("电话,原因\n" + "".join(f"{13_810_000_000 + n},回访{n}\n" for n in range(rows))).encode()


async def bring(centre: CallbackCentre, data: bytes, at_once: int = AT_ONCE) -> Outcome:
    importing = Importing(centre.requests, centre.clock, centre.rooms.customers, centre.rooms.audit, at_once=at_once)
    return await importing.run(data, BOSS, dry_run=False)


async def causes(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(ReturnCallCauseRow)) or 0


async def test_a_long_list_delays_no_other_request(tmp_path: Path) -> None:
    rooms = await prepared(tmp_path)
    worst = Worst()
    try:
        with ticking() as ticks:
            async with watched(rooms, worst, ticks):
                outcome = await bring(CallbackCentre(rooms.database), listed(ROWS))
        assert (outcome.made, outcome.joined) == (ROWS, 0)
        assert await causes(rooms.database) == ROWS
    finally:
        await rooms.database.close()
    assert too_long(worst, ticks()) == {}
    assert set(worst) == {"presence", "job", "lists", "loop"}


@pytest.mark.parametrize("after", [False, True], ids=["before_the_commit", "after_the_commit"])
@pytest.mark.parametrize("at", [1, 2, 5, 6, 7])
async def test_an_import_that_is_killed_and_repeated_creates_no_duplicates(
    database: Database, at: int, after: bool
) -> None:
    data = listed(11) + "13810000003,再次回访\n".encode()
    dying = Dying(database, at, after)
    with suppress(Died):
        await bring(CallbackCentre(cast(Database, dying)), data, at_once=2)
    assert dying.died
    await bring(CallbackCentre(database), data)
    centre = CallbackCentre(database)
    rows = await centre.rows()
    assert sorted(row.number for row in rows) == [f"+86{13_810_000_000 + n}" for n in range(11)]
    assert await causes(database) == 12
    again = await bring(centre, data)
    assert (again.made, again.joined) == (0, 12)
    assert await causes(database) == 12
    assert {row.rev: None for row in await centre.rows()} == {row.rev: None for row in rows}


async def test_concurrent_imports_of_the_same_list_create_no_duplicates(database: Database) -> None:
    data = listed(12)
    first, second = await asyncio.gather(*(bring(CallbackCentre(database), data, at_once=3) for _ in range(2)))
    assert first.made + second.made == 12
    assert first.joined + second.joined == 12
    assert await causes(database) == 12
