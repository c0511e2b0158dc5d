"""Tests which numbers an agent may call from a page, on both databases."""

from __future__ import annotations

import pytest

from callcenter.callbacks.outreach.do_not_call import DoNotCallList
from callcenter.calls.control.errors import BadNumber, DialNotAllowed, NumberBarred
from callcenter.centre.call_control import DialPermission
from callcenter.centre.pbx_config import no_roles
from callcenter.routing.errors import UnknownLine
from callcenter.settings import Settings
from callcenter.storage.database import Database
from tests.support.rooms import CHIEF, Rooms


async def permission_of(database: Database) -> DialPermission:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002")
    barred = DoNotCallList(database, rooms.clock, rooms.audit, rooms.customers, "CN")
    await barred.bar("13974819999", "all", "asked not to be called", CHIEF)
    return DialPermission(Settings(), database, rooms.agents, rooms.lines, rooms.customers, no_roles)


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("1002", "1002"),
        ("１３９７４８１ ２００１", "13974812001"),
        ("+86 139-7481-2001", "13974812001"),
        ("0731 88880001", "073188880001"),
        ("110", "110"),
    ],
)
async def test_a_number_is_dialled_however_it_is_written(database: Database, number: str, dialled: str) -> None:
    permission = await permission_of(database)
    assert await permission.permitted(number, "orders", "1001", "1001") == dialled


@pytest.mark.parametrize(
    ("number", "error"),
    [
        ("13974819999", NumberBarred),
        ("+8613974819999", NumberBarred),
        ("+85223456789", DialNotAllowed),
        ("16812345", DialNotAllowed),
        ("12", BadNumber),
        ("1390000\r\nAction: Command", BadNumber),
        ("*72#", BadNumber),
        ("13974812001,1,System(x)", BadNumber),
        ("", BadNumber),
    ],
)
async def test_a_number_that_may_not_be_dialled_is_refused(
    database: Database, number: str, error: type[Exception]
) -> None:
    permission = await permission_of(database)
    with pytest.raises(error):
        await permission.permitted(number, None, "1001", "1001")


async def test_a_call_goes_out_for_a_line_that_exists(database: Database) -> None:
    permission = await permission_of(database)
    with pytest.raises(UnknownLine):
        await permission.permitted("13974812001", "nothing", "1001", "1001")
