"""Tests calls that agents dial and transfer, on a real Asterisk: who owns them, who hung up, who talked."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from callcenter.clock import now
from callcenter.demo.api_client import Json, until
from callcenter.demo.seed import secret
from callcenter.settings import Settings
from tests.callbacks.console import Console
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.support.sip import Call, Station, station
from tests.support.waiting import until as until_state

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]


@dataclass
class Centre:
    running_centre: RunningCentre
    carrier: Station
    first: Station
    second: Station
    console: Console
    """Agent 1001 as a client of the API."""

    async def record(self, call: Call) -> Json:
        """The finished record of a call that a phone dialled or a caller made."""
        assert call.invite is not None
        number = re.search(r"<sip:([^@]+)@", call.invite.get("From"))
        assert number is not None
        return await self.newest(caller_number=number[1])

    async def newest(self, **fields: str) -> Json:
        rows: list[Json] = []

        async def there() -> bool:
            calls = await self.running_centre.api.items("/calls", limit="200")
            rows[:] = [call for call in calls if all(call[key] == value for key, value in fields.items())][:1]
            return bool(rows) and rows[0]["outcome"] is not None and await self._whole(rows[0]["id"])

        await until(there, 15, f"the record of {fields}", every=0.1)
        return await self.running_centre.api.get(f"/calls/{rows[0]['id']}")

    async def _whole(self, call: str) -> bool:
        """Whether the PBX's files have ended the call: only they give the seconds of its legs."""
        legs = (await self.running_centre.api.get(f"/calls/{call}"))["legs"]
        return bool(legs) and all(leg["ended_at"] for leg in legs)

    async def calls_of(self, agent: str) -> set[str]:
        return {entry["id"] for entry in await self.running_centre.api.items("/calls", agent=agent, limit="200")}

    async def talked(self) -> Json:
        today = now().astimezone(ZoneInfo(Settings().timezone)).date()
        return await self.console.get(f"/work-logs/1001/{today.isoformat()}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    async with running_centre(tmp_path_factory.mktemp("dialled"), agents=("1001", "1002")) as running:
        ports = running.centre.ports
        address = ("127.0.0.1", ports["CC_PBX__SIP_PORT"])
        secrets = {agent: await secret(running.api, agent) for agent in running.agents}
        password = await running.centre.account("lilei", "李雷", "agent", "1001")
        async with (
            station(address, port=ports["CC_PBX__TRUNK_PORT"]) as carrier,
            station(address, "1001", secrets["1001"]) as first,
            station(address, "1002", secrets["1002"]) as second,
            Console(running.centre.origin, "lilei", password) as console,
        ):
            for phone in (first, second):
                assert await phone.register() == 200
            for agent in running.agents:
                await running.api.put(f"/agents/{agent}/presence", {"state": "available"})
            yield Centre(running, carrier, first, second, console)


async def lasts(seconds: float) -> None:
    """Wait until a conversation has lasted this long: the tests measure lengths."""
    end = time.monotonic() + seconds
    await until_state(lambda: time.monotonic() >= end, seconds + 5)


async def talking(caller: Call, called: Call) -> None:
    called.answer()
    await caller.status(200)
    await until_state(lambda: any(message.method == "ACK" for _, message in called.came), 5)
    await lasts(1.0)


@pytest.mark.parametrize(("party", "by"), [("agent", "agent"), ("customer", "caller")])
async def test_R5_who_hangs_up_first_on_a_call_that_an_agent_dialled(centre: Centre, party: str, by: str) -> None:
    number = "13974812345" if party == "agent" else "13974812346"
    before = len(centre.carrier.incoming)
    call = await centre.first.signed_call(number)
    asked = await centre.carrier.called(before + 1)
    await talking(call, asked)
    (call if party == "agent" else asked).hang_up()
    record = await centre.newest(called_number=number)
    assert (record["direction"], record["agent"], record["outcome"]) == ("outbound", "1001", "answered")
    assert record["hung_up_by"] == by
    assert 0.8 < record["talk_seconds"] < 5
    mine = [leg for leg in record["legs"] if leg["agent"] == "1001"]
    assert len(mine) == 1
    assert 0.8 < mine[0]["talk_seconds"] < 5
    assert record["id"] in await centre.calls_of("1001")
    assert record["id"] not in await centre.calls_of("1002")
    assert [flag["clause"] for flag in await centre.running_centre.flags(record["id"])] == (
        ["R5"] if party == "agent" else []
    )
    assert asked.invite is not None
    assert "1001" not in asked.invite.get("From")


async def test_a_call_that_the_agent_cancels_is_theirs_and_not_abandoned(centre: Centre) -> None:
    before = len(centre.carrier.incoming)
    call = await centre.first.signed_call("13974812347")
    await centre.carrier.called(before + 1)
    call.cancel()
    record = await centre.newest(called_number="13974812347")
    assert (record["agent"], record["outcome"], record["reason"]) == ("1001", "failed", "cancelled")
    assert (record["hung_up_by"], record["talk_seconds"]) == ("agent", None)
    assert record["id"] in await centre.calls_of("1001")


async def test_a_customer_who_is_busy(centre: Centre) -> None:
    centre.carrier.refuses = (486, "Busy Here")
    try:
        await centre.first.signed_call("13974812348")
        record = await centre.newest(called_number="13974812348")
    finally:
        centre.carrier.refuses = None
    assert (record["agent"], record["outcome"], record["reason"]) == ("1001", "failed", "busy")
    assert record["id"] in await centre.calls_of("1001")


async def test_a_call_between_colleagues_is_both_agents(centre: Centre) -> None:
    before = len(centre.second.incoming)
    call = await centre.first.signed_call("1002")
    rung = await centre.second.called(before + 1)
    await talking(call, rung)
    call.hang_up()
    record = await centre.newest(called_number="1002", direction="internal")
    assert (record["agent"], record["outcome"]) == ("1001", "answered")
    assert {leg["agent"] for leg in record["legs"]} == {"1001", "1002"}
    assert await centre.running_centre.flags(record["id"]) == []
    assert record["id"] in await centre.calls_of("1001") & await centre.calls_of("1002")


@pytest.mark.parametrize("attended", [False, True])
async def test_after_a_transfer_each_agent_counts_their_own_seconds(centre: Centre, attended: bool) -> None:
    number = f"1397481240{attended:d}"
    await centre.running_centre.shift("1001", "sales")
    await centre.running_centre.members("sales", "1001")
    before, others = len(centre.first.incoming), len(centre.second.incoming)
    caller = await centre.carrier.call(SALES, number)
    rung = await centre.first.called(before + 1)
    await talking(caller, rung)
    if attended:
        consult = await centre.first.signed_call("1002")
        passed = await centre.second.called(others + 1)
        await talking(consult, passed)
        rung.request("REFER", [("Refer-To", f"<{replacing(consult)}>"), ("Referred-By", "<sip:1001@x>")])
    else:
        rung.refer("1002")
        passed = await centre.second.called(others + 1)
        passed.answer()
    await lasts(2.0)
    caller.hang_up()
    record = await centre.newest(caller_number=number)
    seconds = {leg["agent"]: leg["talk_seconds"] for leg in record["legs"] if leg["agent"]}
    assert (record["agent"], record["outcome"], record["hung_up_by"]) == ("1001", "answered", "caller")
    # Before an attended transfer the first agent's talk time runs on while the caller waits for the consultation.
    assert 0.8 < seconds["1001"] < (4.5 if attended else 2.5)
    assert 1.5 < seconds["1002"] < 5
    assert seconds["1001"] + seconds["1002"] <= record["talk_seconds"] + 0.1
    assert record["id"] in await centre.calls_of("1001") & await centre.calls_of("1002")
    for shift in await centre.running_centre.api.items("/shifts"):
        await centre.running_centre.api.delete(f"/shifts/{shift['id']}")


def replacing(consult: Call) -> str:
    """The target of an attended transfer: the dialog of the consultation (RFC 3891)."""
    tags = [match[1] for header in (consult.remote, consult.local) if (match := re.search(r"tag=([^;>]+)", header))]
    dialog = quote(f"{consult.id};to-tag={tags[0]};from-tag={tags[1]}", safe="")
    return f"sip:1002@{consult.station.pbx[0]}:{consult.station.pbx[1]}?Replaces={dialog}"


async def test_W4_the_work_log_holds_what_the_agent_dialled(centre: Centre) -> None:
    figures = (await centre.talked())["figures"]
    assert figures["outbound"] >= 4
    assert figures["answered"] >= 2
    mine = [await centre.running_centre.api.get(f"/calls/{id}") for id in await centre.calls_of("1001")]
    own = sum(leg["talk_seconds"] or 0 for call in mine for leg in call["legs"] if leg["agent"] == "1001")
    assert figures["talk_seconds"] == pytest.approx(own, abs=0.5)
