"""Tests R7 with a real PBX: a failure raises an alarm, and callers who were cut off are called back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from callcenter.demo.api_client import Json, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers
from tests.e2e.ami_cut import ami_cut, connected
from tests.e2e.centre import ORDERS, SALES, RunningCentre, running_centre
from tests.e2e.test_storage_faults import small_disk
from tests.e2e.test_waiting import hears
from tests.storage.test_faults import fill
from tests.support.databases import PostgresServer
from tests.support.flows import sample
from tests.support.sip import station
from tests.support.sip import until as heard_until

__all__ = ["small_disk"]
pytestmark = [pytest.mark.pbx, pytest.mark.timeout(200)]


class Robot:
    """A chat robot on loopback."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.texts.append((await request.json())["text"]["content"])
        return web.json_response({"errcode": 0})

    def settings(self) -> dict[str, str]:
        return {"CC_ALARMS__ROBOTS": f'[{{"kind": "wecom", "url": "{self.url}"}}]'}


@pytest_asyncio.fixture
async def robot() -> AsyncIterator[Robot]:
    result, app = Robot(), web.Application()
    app.router.add_post("/robot", result.take)
    async with TestServer(app) as server:
        result.url = str(server.make_url("/robot"))
        yield result


async def alarm(centre: RunningCentre, holds: Callable[[Json], bool], what: str, within: float = 30) -> Json:
    """The alarm for which this holds."""
    result: list[Json] = []

    async def there() -> bool:
        result[:] = [entry for entry in await centre.api.items("/alarms") if holds(entry)]
        return bool(result)

    await until(there, within, what, every=0.2)
    return result[0]


def ended_pbx(alarm: Json) -> bool:
    return alarm["kind"] == "pbx" and alarm["ended_at"] is not None


async def apologies(centre: RunningCentre) -> list[Json]:
    return [entry for entry in await centre.api.items("/callbacks", limit="200") if entry["source"] == "apology"]


async def test_R7_a_pbx_that_dies_is_an_alarm_and_who_was_cut_off_is_called_back(tmp_path: Path, robot: Robot) -> None:
    async with running_centre(tmp_path, robot.settings()) as centre:
        await centre.staff("sales", {"1001": answers(0.3)})
        async with calls(centre.centre.network, [Caller("13900005001", SALES, talks=60)]) as ringing:
            await ringing.see("answered", "13900005001", within=15)
            pid = centre.centre.pbx.pid()
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            over = await alarm(
                centre, lambda a: a["kind"] == "pbx" and a["ended_at"] is not None, "the PBX's alarm", 60
            )
        assert over["calls"] == "cut"
        assert any("Calls in progress were cut off." in text for text in robot.texts)
        record = await centre.call("13900005001", within=40)

        async def called_back() -> bool:
            return [entry["call"] for entry in await apologies(centre)] == [record["id"]]

        await until(called_back, 60, "the return call with an apology", every=0.5)
        whole = await centre.api.get(f"/alarms/{over['id']}")
        assert whole["harmed_calls"] == [record["id"]]
        assert {notice["error"] for notice in whole["notices"]} == {""}
        done = await centre.api.post(f"/alarms/{over['id']}/acknowledge", {"note": "looked after"})
        assert done["acknowledged_by"]


async def test_R7_a_pbx_out_of_sight_is_an_alarm_that_states_that_the_calls_went_on(
    tmp_path: Path, robot: Robot
) -> None:
    async with running_centre(tmp_path, robot.settings()) as centre:
        async with ami_cut(centre):
            lost = await alarm(centre, lambda a: a["kind"] == "pbx", "the alarm")
            assert (lost["calls"], lost["ended_at"]) == ("unknown", None)
        await until(lambda: connected(centre), 45, "the link is back")
        over = await alarm(centre, ended_pbx, "its end")
        assert (over["id"], over["calls"]) == (lost["id"], "going_on")
        assert any("Calls in progress go on." in text for text in robot.texts)


async def test_R7_a_phone_out_of_reach_while_its_agent_is_signed_in_is_an_alarm(tmp_path: Path, robot: Robot) -> None:
    async with running_centre(tmp_path, robot.settings()) as centre:
        await centre.staff("sales", {"1001": answers(0.3)})
        await centre.floor.unregister(["1001"])
        gone = await alarm(centre, lambda a: (a["kind"], a["subject"]) == ("phone", "1001"), "the phone's alarm", 60)
        assert gone["cause"] == "phone_unreachable"
        assert any("1001" in text for text in robot.texts)


async def test_R7_while_the_service_is_down_callers_are_served_and_it_knows_of_each_when_it_is_back(
    tmp_path: Path, robot: Robot
) -> None:
    settings: dict[str, Any] = {**robot.settings(), "CC_ALARMS__GAP_SECONDS": "10"}
    async with running_centre(tmp_path, settings) as centre:
        # Long enough that the service is away for longer than the gap without a sign of life.
        await centre.staff("sales", {"1001": answers(0.3, talks=12)})
        await centre.centre.kill()
        async with calls(centre.centre.network, [Caller("13900005009", SALES, patience=60, talks=60)]) as ringing:
            await ringing.see("answered", "13900005009", within=15)
            assert await ringing.over(within=40), "the fallback queue serves the caller"
        await centre.centre.start()
        record = await centre.call("13900005009", within=40)
        assert record["outcome"] == "answered"
        away = await alarm(centre, lambda a: a["kind"] == "service", "the alarm of its own absence", 40)
        assert (away["cause"], away["calls"]) == ("service_was_away", "going_on")


async def test_R7_a_database_that_is_down_is_an_alarm_while_calls_are_served(
    tmp_path: Path, robot: Robot, postgres_server: PostgresServer
) -> None:
    url = postgres_server.fresh()
    name = postgres_server.name(url)
    async with running_centre(tmp_path, {**robot.settings(), "CC_DATABASE_URL": url}) as centre:
        await centre.staff("sales", {"1001": answers(0.3)})
        postgres_server.sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres_server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

        async def notified() -> bool:
            return any("the database takes no writes" in text for text in robot.texts)

        await until(notified, 40, "the alarm is sent without a database")
        assert any("Calls in progress go on." in text for text in robot.texts)
        async with calls(centre.centre.network, [Caller("13900005031", SALES, patience=30, talks=2)]) as ringing:
            await ringing.see("answered", "13900005031", within=20)
            assert await ringing.over(within=40)
        postgres_server.sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        over = await alarm(centre, lambda a: a["kind"] == "database" and a["ended_at"] is not None, "its end", 60)
        assert (over["cause"], over["calls"]) == ("database_refuses_writes", "going_on")
        record = await centre.call("13900005031", within=60)
        assert record["outcome"] == "answered"


async def test_R7_a_full_disk_is_an_alarm_until_there_is_room(tmp_path: Path, robot: Robot, small_disk: Path) -> None:
    address = {"CC_DATABASE_URL": f"sqlite+aiosqlite:///{small_disk}/callcenter.db"}
    async with running_centre(tmp_path / "c", {**robot.settings(), **address}) as centre:
        ballast = fill(small_disk)

        async def notified() -> bool:
            return any("takes no writes" in text or "almost full" in text for text in robot.texts)

        await until(notified, 40, "the alarm is sent from a full disk")
        assert not any("cut off" in text for text in robot.texts)
        ballast.unlink()
        over = await alarm(
            centre, lambda a: a["kind"] in ("disk", "database") and a["ended_at"] is not None, "its end", 60
        )
        assert over["calls"] == "going_on"


async def test_R7_each_caller_whom_a_pbx_that_died_cut_off_is_called_back_on_postgresql(
    tmp_path: Path, robot: Robot, postgres_server: PostgresServer
) -> None:
    settings = {**robot.settings(), "CC_DATABASE_URL": postgres_server.fresh()}
    async with running_centre(tmp_path, settings) as centre:
        await centre.staff("sales", {"1001": answers(0.3)})
        async with calls(centre.centre.network, [Caller("13900005041", SALES, talks=60)]) as ringing:
            await ringing.see("answered", "13900005041", within=15)
            pid = centre.centre.pbx.pid()
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            over = await alarm(centre, ended_pbx, "the PBX's alarm", 60)
        assert over["calls"] == "cut"
        record = await centre.call("13900005041", within=40)

        async def called_back() -> bool:
            return [entry["call"] for entry in await apologies(centre)] == [record["id"]]

        await until(called_back, 60, "the return call with an apology", every=0.5)
        assert (await centre.api.get(f"/alarms/{over['id']}"))["harmed_calls"] == [record["id"]]


async def test_R7_a_message_for_which_the_disk_has_no_room_becomes_a_return_call_and_calls_go_on(
    tmp_path: Path, small_disk: Path
) -> None:
    """The recordings' disk fills up while the centre runs: the alarm, a message, a recorded call, and room again."""
    more = {
        "CC_RECORDINGS__SPOOL": str(small_disk / "spool"),
        "CC_RECORDINGS__LEAST_FREE_BYTES": str(1 << 20),
        # The test runs at any time of day.
        "CC_CALLBACKS__OPENS": "00:00:01",
        "CC_CALLBACKS__CLOSES": "23:59:59",
    }
    async with running_centre(tmp_path / "centre", more) as centre:
        await centre.load_flow(sample("after_hours", "orders"), "orders")
        await centre.staff("sales", {"1001": answers(0.3, talks=3)})
        line = await centre.api.get("/lines/sales")
        line.pop("code")
        await centre.api.put("/lines/sales", {**line, "record": "always"})

        async def recorded() -> bool:
            return "CC_RECORD=always" in await centre.console("dialplan show sales@cc-line")

        await until(recorded, 40, "the line is recorded", every=0.3)
        ballast = fill(small_disk)
        spool = await alarm(centre, lambda a: (a["kind"], a["subject"]) == ("disk", "recordings"), "the disk's alarm")
        assert spool["ended_at"] is None
        settings = centre.centre.settings
        async with station((settings.pbx.sip_host, settings.pbx.sip_port)) as carrier:
            call = await carrier.call(ORDERS, "13900007101")
            await call.status(200)
            await hears(centre, call, "nobody")
            call.media.press("2")
            await hears(centre, call, "message")
            call.media.hum = (440,)
            await hears(centre, call, "wished")
            await call.gone(within=30)
            hidden = await carrier.call(ORDERS, "anonymous")
            await hidden.status(200)
            await hears(centre, hidden, "nobody")
            hidden.media.press("2")
            await hears(centre, hidden, "enter_number")
            hidden.media.press("13974812377#")
            await hears(centre, hidden, "number_is", {"number": "13974812377"})
            hidden.media.press("1")
            await hears(centre, hidden, "message")
            hidden.media.hum = (440,)
            await hears(centre, hidden, "wished")
            await hidden.gone(within=30)
        record = await centre.call("13900007101", within=30)
        assert (record["outcome"], record["reason"]) == ("callback_requested", "message_lost")

        async def both() -> bool:
            numbers = {entry["number"] for entry in await centre.api.items("/callbacks", limit="200")}
            return {"+8613900007101", "+8613974812377"} <= numbers

        await until(both, 30, "both are called back", every=0.3)
        async with calls(centre.centre.network, [Caller("13900007102", SALES, patience=60)]) as ringing:
            assert await ringing.over(within=60)
        assert (await centre.call("13900007102", within=30))["outcome"] == "answered"
        ballast.unlink()
        over = await alarm(centre, lambda a: a["id"] == spool["id"] and a["ended_at"] is not None, "the alarm's end")
        assert over["calls"] == "going_on"
        async with station((settings.pbx.sip_host, settings.pbx.sip_port)) as carrier:
            call = await carrier.call(ORDERS, "13900007103")
            await call.status(200)
            await hears(centre, call, "nobody")
            call.media.press("2")
            await hears(centre, call, "message")
            call.media.hum = (440,)
            began = time.time()
            await heard_until(lambda: time.time() > began + 4, 15, "four seconds of a message")
            call.media.hum = ()
            await hears(centre, call, "message_done")
            await call.gone(within=30)
        assert (await centre.call("13900007103", within=30))["outcome"] == "message_left"
