"""Tests real calls to lines that the calendar opens and closes, and to a flow that only connects."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from callcenter.centre.reception_lines import open_times
from callcenter.facts import LineCode, QueueCode
from callcenter.kit.work_calendar import holidays_of
from callcenter.routing.model import Line
from ivr.snapshot import Snapshot
from tests.ivr.flow_calls import CONNECTED, HOTLINE, SNAPSHOT, asked, carrier, events, pbx, seen
from tests.support.flows import front
from tests.support.pbx import PrivatePbx
from tests.support.sip import Station

__all__ = ["carrier", "pbx"]
pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(150)]
ZONE = ZoneInfo("Asia/Shanghai")
NATIONAL_DAY = datetime(2026, 10, 1, 10, 0, tzinfo=ZONE)
"""A Thursday on which China has its holiday."""
MADE_UP = datetime(2026, 10, 10, 10, 0, tzinfo=ZONE)
"""A Saturday that is a working day instead of a day of that week."""
SATURDAY = datetime(2026, 10, 17, 10, 0, tzinfo=ZONE)


def at(instant: datetime) -> Snapshot:
    """The snapshot of a line that is open on working days, as the service computes it at this instant."""
    line = Line(LineCode("hotline"), QueueCode("hotline"), hours=("mon-fri 09:00-18:00",), timezone="Asia/Shanghai")
    return replace(SNAPSHOT, open_times={"hotline": open_times(line, holidays_of("CN"), {}, instant)})


@pytest.mark.parametrize(("instant", "caller"), [(NATIONAL_DAY, "13922000901"), (SATURDAY, "13922000902")])
async def test_R2_a_line_is_closed_on_a_public_holiday_and_says_when_it_opens(
    pbx: PrivatePbx, carrier: Station, instant: datetime, caller: str
) -> None:
    async with front(pbx.site.agi_port, at(instant), at=lambda: instant):
        call = await carrier.call(HOTLINE, caller)
        answered = await call.status(200)
        await asked(call, answered, "closed_until-1")
        await seen(pbx, caller, "hours=>closed")
        call.hang_up()


async def test_R2_a_line_is_open_on_a_make_up_working_day(pbx: PrivatePbx, carrier: Station) -> None:
    async with front(pbx.site.agi_port, at(MADE_UP), at=lambda: MADE_UP):
        call = await carrier.call(HOTLINE, "13922000903")
        answered = await call.status(200)
        await asked(call, answered, "greeting")
        call.media.press("0")
        await seen(pbx, "13922000903", '"Queue"')
        await seen(pbx, "13922000903", "hours=>open")
        call.hang_up()


async def test_a_flow_that_only_connects_asks_nobody_and_comes_back_to_its_overflow(
    pbx: PrivatePbx, carrier: Station
) -> None:
    await pbx.console(f"dialplan set global CC_AHEAD_connected q{int(time.time()) + 3600:010d}")
    call = await carrier.call(CONNECTED, "13922000911")
    answered = await call.status(200)
    await asked(call, answered, "greeting")
    await asked(call, answered, "menu_intro")
    await seen(pbx, "13922000911", '"Queue"')
    await seen(pbx, "13922000911", "hours=>open|hello=>|person=>")
    async with front(pbx.site.agi_port, SNAPSHOT):
        # No one answered: the flow of that version takes the caller back.
        await seen(pbx, "13922000911", "callback_requested:key")
    assert not any("fallback" in event for event in events(pbx, "13922000911"))


async def test_a_flow_that_only_connects_is_asked_where_the_line_is_not_open(pbx: PrivatePbx, carrier: Station) -> None:
    await pbx.console(f"dialplan set global CC_AHEAD_connected c{int(time.time()) + 3600:010d}")
    closed = replace(SNAPSHOT, duty_of=dict.fromkeys(SNAPSHOT.lines, ()))
    async with front(pbx.site.agi_port, closed):
        call = await carrier.call(CONNECTED, "13922000921")
        await call.status(200)
        await seen(pbx, "13922000921", "hours=>nobody")
        call.hang_up()
    # The service is down: what was pushed ahead applies.
    call = await carrier.call(CONNECTED, "13922000922")
    await call.status(200)
    await seen(pbx, "13922000922", "closed:outside_hours")
    call.hang_up()
