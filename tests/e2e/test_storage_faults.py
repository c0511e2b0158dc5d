"""Tests a database that accepts no writes during calls: nothing stops, and records are whole once there is room."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.demo.api_client import until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.storage.test_faults import fill

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(150)]
ROOM = 64 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def metric(running_centre: RunningCentre, name: str) -> float:
    text = await running_centre.api.text("/metrics")
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name} ")))


async def test_R7_calls_on_a_full_disk_are_served_and_recorded_when_there_is_room_again(
    tmp_path: Path, small_disk: Path
) -> None:
    address = {"CC_DATABASE_URL": f"sqlite+aiosqlite:///{small_disk}/callcenter.db"}
    async with running_centre(tmp_path / "centre", address) as centre:
        await centre.staff("sales", {agent: answers(0.3, talks=1) for agent in ("1001", "1002")})
        pid = centre.centre.service_pid
        ballast = fill(small_disk)

        async def reported() -> bool:
            return not await centre.api.ready() and await metric(centre, "cc_database_writable") == 0

        await until(reported, 30, "readiness and metric tell of the full disk")
        numbers = [f"139000070{i:02}" for i in range(6)]
        async with calls(
            centre.centre.network, [Caller(number, SALES, patience=60) for number in numbers], per_second=2
        ) as ringing:
            assert await ringing.over(within=60)
        os.kill(pid, 0)

        ballast.unlink()
        records = [await centre.call(number, within=30) for number in numbers]
        assert {record["outcome"] for record in records} == {"answered"}
        assert all(record["talk_seconds"] and record["offers"] for record in records)
        await until(centre.api.ready, 30, "ready again")
        assert await metric(centre, "cc_database_writable") == 1
        assert centre.centre.service_pid == pid
        os.kill(pid, 0)
