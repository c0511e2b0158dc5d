"""R2 on real calls: the recording's notice, and a closed line that says when it opens, by calendar and roster."""

from __future__ import annotations

import io
import json
import math
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
import numpy
import pytest
import pytest_asyncio
import soundfile

from callcenter.clock import now
from callcenter.demo.api_client import until as until_state
from callcenter.demo.phones import answers
from tests.e2e.centre import ORDERS, SALES, RunningCentre, running_centre
from tests.e2e.test_waiting import hears
from tests.recordings.sounds import share_of
from tests.support.flows import sample
from tests.support.sip import Station, station

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
ZONE = ZoneInfo("Asia/Shanghai")
OWN_HERTZ = 1234.0
"""Of an own greeting: no tone of the network, of the prompts or of the keys."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    folder = tmp_path_factory.mktemp("hours")
    today = now().astimezone(ZONE).date()
    # Every day until the day after tomorrow is an exception, so that midnight changes nothing.
    days: dict[str, list[str]] = {(today + timedelta(days=ahead)).isoformat(): [] for ahead in (-1, 0, 1)}
    days[(today + timedelta(days=2)).isoformat()] = ["09:30-12:00"]
    settings = {"CC_WORKTIME__DAYS": json.dumps(days), "CC_TIMEZONE": "Asia/Shanghai"}
    async with running_centre(folder / "c", settings) as running:
        sales = await running.api.get("/lines/sales")
        await running.api.put("/lines/sales", {**_without_code(sales), "hours": ["mon-sun 00:00-24:00"]})
        await running.load_flow(sample("after_hours", "sales"), "sales")
        yield running


def _without_code(line: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in line.items() if name != "code"}


def _opens() -> datetime:
    day = now().astimezone(ZONE).date() + timedelta(days=2)
    return datetime(day.year, day.month, day.day, 9, 30, tzinfo=ZONE)


@pytest_asyncio.fixture(loop_scope="module")
async def carrier(centre: RunningCentre) -> AsyncIterator[Station]:
    settings = centre.centre.settings
    async with station((settings.pbx.sip_host, settings.pbx.sip_port)) as caller:
        yield caller


async def test_R2_an_exception_of_the_calendar_closes_a_line_which_says_in_words_when_it_opens(
    centre: RunningCentre, carrier: Station
) -> None:
    opens = _opens()
    await centre.staff("sales", {"1001": answers(0.3)})
    call = await carrier.call(SALES, "13922700001")
    await call.status(200)
    await hears(centre, call, "greeting")
    await hears(centre, call, "closed_until", {"opens": opens})
    await hears(centre, call, "menu_return_call", {"key": "1"})
    call.media.press("1")
    await call.gone(within=30)
    record = await centre.call("13922700001", within=20)
    assert record["outcome"] == "callback_requested"
    assert ("hours", "closed") in [(step["step"], step["result"]) for step in record["path"]]


async def test_the_notice_of_the_recording_is_heard_before_the_queue(centre: RunningCentre, carrier: Station) -> None:
    """This line has no hours, so the exceptional days do not close it: the roster decides (decision 0322)."""
    orders = await centre.api.get("/lines/orders")
    await centre.api.put("/lines/orders", {**_without_code(orders), "recording_notice": "cc/recorded"})

    async def notices() -> bool:
        return "CC_NOTICE=cc/recorded" in await centre.console("dialplan show orders@cc-line")

    await until_state(notices, 40, "the line has its notice")
    await centre.staff("orders", {"1002": answers(0.3)})
    call = await carrier.call(ORDERS, "13922700002")
    await call.status(200)
    await hears(centre, call, "recorded")
    await centre.floor.see("answered", "1002", caller="13922700002")
    call.hang_up()
    assert (await centre.call("13922700002", within=20))["outcome"] == "answered"


async def test_R2_a_line_without_anyone_on_duty_says_when_the_next_shift_begins(
    centre: RunningCentre, carrier: Station
) -> None:
    day = now().astimezone(ZONE).date() + timedelta(days=1)
    begins = datetime(day.year, day.month, day.day, 9, 0, tzinfo=ZONE)
    for shift in await centre.api.items("/shifts"):
        await centre.api.delete(f"/shifts/{shift['id']}")
    times = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=8)).isoformat()}
    await centre.api.post("/shifts", {"agent": "1002", "line": "orders", **times})
    await centre.load_flow(sample("after_hours", "sales", "orders"), "orders")

    async def no_one() -> bool:
        return "CC_AHEAD_orders=n" in await centre.console("dialplan show globals")

    await until_state(no_one, 40, "no one is on duty")
    call = await carrier.call(ORDERS, "13922700003")
    await call.status(200)
    await hears(centre, call, "greeting")
    await hears(centre, call, "closed_until", {"opens": begins})
    await hears(centre, call, "menu_return_call", {"key": "1"})
    call.hang_up()
    path = (await centre.call("13922700003", within=20))["path"]
    assert ("hours", "nobody") in [(step["step"], step["result"]) for step in path]


async def test_an_own_greeting_that_a_leader_uploads_is_heard_from_the_next_call_on_until_it_is_removed(
    centre: RunningCentre, carrier: Station
) -> None:
    at = numpy.arange(44_100 * 3) / 44_100
    file = io.BytesIO()
    soundfile.write(file, 0.4 * numpy.sin(2 * math.pi * OWN_HERTZ * at), 44_100, format="FLAC")
    token = await centre.centre.token("admin")
    address = f"{centre.centre.origin}/api/v1/prompts/zh-CN/greeting/sound"
    await centre.staff("sales", {"1001": answers(0.3)})
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client:
        async with client.put(address, data=b"no sound at all") as answer:
            assert answer.status == 422, await answer.text()
        async with client.put(address, data=file.getvalue()) as answer:
            assert answer.status == 200, await answer.text()
        own = await carrier.call(SALES, "13922700031")
        answered = await own.status(200)

        async def heard() -> bool:
            sound = own.media.sound(answered)
            parts = (sound[start : start + 4000] for start in range(0, len(sound) - 3999, 2000))
            return any(share_of(OWN_HERTZ, part) > 0.6 for part in parts)

        await until_state(heard, 30, "the uploaded greeting", every=0.3)
        await hears(centre, own, "closed_until", {"opens": _opens()})
        own.hang_up()
        async with client.delete(address) as answer:
            assert answer.status in (200, 204), await answer.text()
    call = await carrier.call(SALES, "13922700032")
    await call.status(200)
    await hears(centre, call, "greeting")
    call.hang_up()
