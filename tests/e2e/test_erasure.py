"""Tests PIPL 47: a customer who called a running centre is erased, and its data folder no longer names them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.demo.api_client import Json, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers
from tests.e2e.centre import SALES, running_centre

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(150)]
NUMBER, NAME = "13974812346", "欧阳小龙"


def naming(folder: Path) -> list[str]:
    """The files under the folder that name the person; sockets and the programs themselves are not data."""
    result = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if NUMBER.encode() in data or NAME.encode() in data:
                result.append(str(path.relative_to(folder)))
    return result


async def test_PIPL47_a_running_centre_erases_a_caller_to_the_last_byte(tmp_path: Path) -> None:
    async with running_centre(tmp_path) as centre:
        customer = await centre.api.post("/customers", {"name": NAME, "numbers": [f"+86{NUMBER}"]})
        await centre.staff("sales", {"1001": answers(0.3, talks=1)})
        async with calls(centre.centre.network, [Caller(NUMBER, SALES, name=NAME)]) as ringing:
            assert await ringing.over()
        call = await centre.call(NUMBER)
        assert call["customer_id"] == customer["id"]
        await centre.api.post(f"/customers/{customer['id']}/erase", {"reason": "客户要求删除"})
        reports: list[Json] = []

        async def reported() -> bool:
            reports[:] = await centre.api.items(f"/customers/{customer['id']}/erasure-reports")
            return bool(reports)

        await until(reported, 30, "the report of the erasure", every=0.2)
        await until(lambda: clean(tmp_path), 15, "nothing names the person", every=0.5)
        assert reports[0]["valid"] is True
        assert reports[0]["report"]["kept"] == []
        left = await centre.api.get(f"/calls/{call['id']}")
        assert left["caller_number"].startswith("erased-")
        # The reader of the PBX's files continues: the next call is recorded.
        async with calls(centre.centre.network, [Caller("13974812399", SALES)]) as ringing:
            assert await ringing.over()
        assert (await centre.call("13974812399"))["outcome"] == "answered"


async def clean(folder: Path) -> bool:
    return not await asyncio.to_thread(naming, folder)
