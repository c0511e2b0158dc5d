"""Tests faults of the AMI link and the PBX, and heavy load: no call is lost, no state reported wrongly."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from callcenter.demo.api_client import until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers
from tests.e2e.ami_cut import ami_cut, connected, disconnected
from tests.e2e.centre import SALES, running_centre

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(150)]


async def test_calls_during_an_ami_outage_are_served_and_recorded_and_unseen_facts_are_unknown(tmp_path: Path) -> None:
    async with running_centre(tmp_path) as centre:
        await centre.staff("sales", {agent: answers(0.3, talks=1) for agent in ("1001", "1002", "1003", "1004")})
        numbers = [f"139000020{i:02}" for i in range(12)]
        async with ami_cut(centre):
            await until(lambda: disconnected(centre), 15, "the service knows that the link is gone")
            callers = [Caller(number, SALES, patience=60) for number in numbers]
            async with calls(centre.centre.network, callers, per_second=4) as ringing:
                assert await ringing.over(within=60)
        records = [await centre.call(number, within=20) for number in numbers]
        assert {record["outcome"] for record in records} == {"answered"}
        assert {record["hung_up_by"] for record in records} == {"agent"}
        for record in records:
            assert record["offers"][-1]["ringing_at"] is None
            assert record["offers"][-1]["rings"] is None
            assert record["late"] is False, "the whole attempt was too short to be late"
        await until(lambda: connected(centre), 45, "the link is back")


async def test_a_restart_of_the_pbx_ends_its_calls_once_and_the_next_caller_is_served(tmp_path: Path) -> None:
    async with running_centre(tmp_path) as centre:
        await centre.staff("sales", {"1001": answers(0.3)})
        talking = Caller("13900003001", SALES, talks=60)
        waiting = Caller("13900003002", SALES, patience=60)
        async with calls(centre.centre.network, [talking, waiting], per_second=1) as ringing:
            await centre.floor.see("answered", "1001", within=15)
            await ringing.see("answered", "13900003002", within=15)
            await centre.centre.pbx_restart_now()

        async def judged() -> bool:
            # A slow shutdown hangs up seconds before the link closes: until then the caller counts as cut off.
            records = [await centre.call(number, within=40) for number in ("13900003001", "13900003002")]
            return [record["outcome"] for record in records] == ["answered", "unknown"]

        await until(judged, 60, "the calls ended with their PBX", every=0.5)
        await until(lambda: connected(centre), 45, "the service sees the new PBX")
        await centre.staff("sales", {"1002": answers(0.3, talks=1)})
        async with calls(centre.centre.network, [Caller("13900003003", SALES)]) as ringing:
            assert await ringing.over(within=30)
        assert (await centre.call("13900003003", within=20))["outcome"] == "answered"


async def test_R3_a_caller_at_the_start_of_a_pbx_without_members_does_not_hear_that_no_one_is_there(
    tmp_path: Path,
) -> None:
    async with running_centre(tmp_path) as centre:
        await centre.staff("sales", {"1001": answers(0.3, talks=1)})
        home = centre.centre.pbx.home
        pid = centre.centre.pbx.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        # Asterisk persists its members late: the latest changes are lost with it, here all of them.
        for file in (home / "db").glob("astdb.sqlite3*"):
            file.unlink()

        async def up() -> bool:
            return await asyncio.to_thread(centre.centre.pbx.pid) is not None and "booted" in (
                await asyncio.to_thread(centre.centre.pbx.console, "core waitfullybooted", check=False)
            )

        await until(up, 30, "the PBX is back", every=0.05)
        async with calls(centre.centre.network, [Caller("13900003010", SALES, patience=60)]) as ringing:
            await ringing.see("answered", "13900003010", within=10)
            await centre.floor.register({"1001": answers(0.3, talks=1)})
            assert await ringing.over(within=40)
        record = await centre.call("13900003010", within=20)
        assert (record["outcome"], record["agent"]) == ("answered", "1001")


async def test_200_calls_at_20_a_second_are_200_answered_records(tmp_path: Path) -> None:
    agents = tuple(str(number) for number in range(2001, 2051))
    async with running_centre(tmp_path, agents=agents) as centre:
        await centre.staff("sales", {agent: answers(0.1, talks=0.5) for agent in agents})
        numbers = [f"13900004{i:03}" for i in range(200)]
        callers = [Caller(number, SALES, patience=90, tone=False) for number in numbers]
        async with calls(centre.centre.network, callers, per_second=20) as ringing:
            assert await ringing.over(within=110)

        async def all_recorded() -> bool:
            api = await centre.api.items("/calls", limit="200")
            return len([entry for entry in api if entry["outcome"] == "answered"]) == 200

        await until(all_recorded, 30, "200 answered records", every=0.5)
        result = await centre.api.items("/calls", limit="200")
        assert len({entry["id"] for entry in result}) == len({entry["caller_number"] for entry in result}) == 200
