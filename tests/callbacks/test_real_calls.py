"""Tests return calls on a real Asterisk: the agent's phone first, then customers who answer, are busy, never answer."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.clock import now
from callcenter.demo import customers as town
from callcenter.demo.api_client import Json, NotYet, Refused, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.customers import customers
from callcenter.demo.phones import answers, silent
from callcenter.demo.sipp import Run
from tests.callbacks.console import Console
from tests.e2e.centre import FOURTH_RING, SALES, RunningCentre, running_centre

LEAVES_ALONE = {"state": "paused", "reason": "training", "despite_reason": "测试"}
"""A leader takes the last agent off the line."""
pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]
SETTINGS = {
    "CC_CALLBACKS__OPENS": "00:00:01",
    "CC_CALLBACKS__CLOSES": "23:59:59",
    "CC_CALLBACKS__RING_SECONDS": "5",
    "CC_CALLBACKS__SHORT_ABANDON_SECONDS": "1",
    "CC_CALLBACKS__TICK_SECONDS": "1",
    "CC_CALLBACKS__LOST_SECONDS": "8",
}


@dataclass
class Evening:
    running_centre: RunningCentre
    town: Run
    agent: Console

    async def request(self, number: str) -> str:
        callback = await self.running_centre.api.post(
            "/callbacks", {"number": number, "reason": "价格问题", "line": "sales", "source": "supervisor"}
        )
        return str(callback["id"])

    async def dial(self, number: str) -> str:
        """A return call to this customer, claimed and dialled by agent 1001."""
        id = await self.request(number)
        await self.agent.post(f"/callbacks/{id}/claim", {})
        await self.agent.post(f"/callbacks/{id}/dial")
        return id

    async def item(self, id: str) -> Json:
        return await self.running_centre.api.get(f"/callbacks/{id}")

    async def becomes(self, id: str, *states: str, within: float = 15.0) -> Json:
        rows: list[Json] = []

        async def there() -> bool:
            rows[:] = [await self.item(id)]
            return rows[0]["state"] in states

        try:
            await until(there, within, f"{id} is {states}", every=0.1)
        except NotYet:
            raise AssertionError(rows[0]) from None
        return rows[0]

    async def presence(self, state: str) -> None:
        async def there() -> bool:
            presence = await self.running_centre.api.get("/agents/1001/presence")
            return bool(presence["state"] == state)

        await until(there, 8, f"1001 is {state}", every=0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evening(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Evening]:
    folder: Path = tmp_path_factory.mktemp("returns")
    async with running_centre(folder, SETTINGS, ("1001",)) as running:
        port = running.centre.ports["CC_PBX__TRUNK_PORT"]
        password = await running.centre.account("lilei", "李雷", "agent", "1001")
        async with (
            customers(running.centre.network, port) as carrier,
            Console(running.centre.origin, "lilei", password) as agent,
        ):
            await running.staff("sales", {"1001": answers(0.3)})
            yield Evening(running, carrier, agent)


async def test_F3_the_agent_first_then_the_customer_and_the_result_is_on_the_call(evening: Evening) -> None:
    id = await evening.dial(town.ANSWERS)
    await evening.running_centre.floor.see("answered", "1001")
    await evening.town.see("answered", town.ANSWERS, other=SALES)
    talking = await evening.becomes(id, "talking")
    await evening.presence("paused")
    await evening.agent.post(f"/callbacks/{id}/result", {"result": "confirmed", "satisfaction": 5, "notes": "满意"})
    done = await evening.item(id)
    assert (done["state"], done["result"], done["satisfaction"]) == ("done", "confirmed", 5)
    await evening.running_centre.console("channel request hangup all")
    call = await evening.running_centre.call("1001")
    assert (call["id"], call["direction"], call["called_number"], call["line"]) == (
        done["result_call"],
        "outbound",
        town.ANSWERS,
        "sales",
    )
    assert (call["outcome"], call["agent"]) == ("answered", "1001")
    assert [(offer["agent"], offer["outcome"]) for offer in call["offers"]] == [("1001", "answered")]
    assert talking["tries"][0]["call"] == call["id"]
    await evening.presence("available")


@pytest.mark.parametrize(
    ("number", "result"),
    [
        (town.BUSY, "busy"),
        (town.NEVER_ANSWERS, "no_answer"),
        (town.ANNOUNCEMENT, "no_answer"),
        (town.NO_SUCH_NUMBER, "wrong_number"),
    ],
)
async def test_a_customer_who_cannot_be_reached_is_tried_again_later(
    evening: Evening, number: str, result: str
) -> None:
    id = await evening.dial(number)
    item = await evening.becomes(id, "retry", "talking", within=20)
    assert (item["state"], item["last_result"], item["attempts"]) == ("retry", result, 1)
    assert item["may_from"] > item["last_at"]
    assert [entry["result"] for entry in item["tries"]] == [result]
    await evening.presence("available")


async def test_F1_no_result_is_accepted_while_the_customers_phone_still_rings(evening: Evening) -> None:
    rang = sum(seen.what == "ringing" and seen.party == town.NEVER_ANSWERS for seen in evening.town.events())
    id = await evening.dial(town.NEVER_ANSWERS)
    await evening.town.see("ringing", town.NEVER_ANSWERS, times=rang + 1)
    await evening.agent.post(f"/callbacks/{id}/script", {})
    for path, body in (
        ("result", {"result": "confirmed", "satisfaction": 5}),
        ("result", {"result": "problem"}),
        ("evaluation", {"broken_off": True}),
    ):
        with pytest.raises(Refused) as refused:
            await evening.agent.post(f"/callbacks/{id}/{path}", body)
        assert refused.value.facts["status"] == 409
        assert "customer_not_reached" in str(refused.value)
    item = await evening.becomes(id, "retry", within=20)
    assert (item["last_result"], item["satisfaction"], item["evaluation"]) == ("no_answer", None, None)
    assert await evening.running_centre.api.items("/evaluations") == []
    await evening.presence("available")


async def test_a_customer_who_hangs_up_in_the_script_leaves_time_for_the_result(evening: Evening) -> None:
    id = await evening.dial(town.HANGS_UP)
    await evening.town.see("hung_up", town.HANGS_UP)
    await until(lambda: _over(evening, id), 15, "the call is over and the result is awaited", every=0.1)
    assert (await evening.item(id))["state"] == "talking"
    await evening.agent.post(f"/callbacks/{id}/result", {"result": "problem", "notes": "客户中途挂断，虾不新鲜"})
    done = await evening.item(id)
    assert (done["state"], done["tries"][0]["result"]) == ("done", "problem")
    call = await evening.running_centre.api.get(f"/calls/{done['result_call']}")
    assert (call["outcome"], call["hung_up_by"]) == ("answered", "caller")
    await evening.presence("available")


async def test_F2_a_conversation_that_breaks_off_goes_on_where_it_stood_and_ends_as_an_evaluation(
    evening: Evening,
) -> None:
    id = await evening.dial("13974800015")
    await evening.agent.post(f"/callbacks/{id}/script", {})
    await evening.becomes(id, "talking")
    await evening.agent.put(f"/callbacks/{id}/script/introduction", {"answers": {"convenient": "yes"}})
    await until(lambda: _over(evening, id), 15, "the customer has hung up", every=0.1)
    soon = (now() + timedelta(seconds=2)).isoformat()
    await evening.agent.post(f"/callbacks/{id}/result", {"result": "call_again", "again_at": soon})
    await evening.presence("available")
    await evening.agent.post(f"/callbacks/{id}/claim", {})
    await evening.agent.post(f"/callbacks/{id}/dial")
    again = await evening.agent.post(f"/callbacks/{id}/script", {})
    assert again["step"] == "experience"
    await evening.becomes(id, "talking")
    for step, given in (
        ("experience", {"satisfaction": 2}),
        ("suggestions", {"solved": "no"}),
        ("problem", {"problem": "虾还是不新鲜"}),
        ("hotline", {}),
        ("goodbye", {}),
    ):
        await evening.agent.put(f"/callbacks/{id}/script/{step}", {"answers": given})
    evaluation = await evening.agent.post(f"/callbacks/{id}/evaluation", {})
    assert (evaluation["reopens"], evaluation["satisfaction"], evaluation["complete"]) == (True, 2, True)
    done = await evening.item(id)
    assert (done["state"], done["evaluation"], done["satisfaction"]) == ("done", evaluation["id"], 2)
    assert [entry["result"] for entry in done["tries"]] == ["call_again", "problem"]
    await until(lambda: _over_for_good(evening, done["result_call"]), 15, "the call is over", every=0.1)
    await evening.presence("available")


async def _over_for_good(evening: Evening, call: str) -> bool:
    result = [entry for entry in await evening.running_centre.api.items("/calls", limit="200") if entry["id"] == call]
    return bool(result) and result[0]["ended_at"] is not None


async def _over(evening: Evening, id: str) -> bool:
    return (await evening.item(id))["lease_until"] is not None


async def test_an_agents_unanswered_phone_uses_no_attempt_in_a_real_call(evening: Evening) -> None:
    rang = evening.running_centre.floor.rang("1001")
    await evening.running_centre.floor.register({"1001": silent()})
    id = await evening.dial("13974800011")
    await evening.running_centre.floor.see("ringing", "1001", times=rang + 1)
    await evening.running_centre.console("channel request hangup all")
    item = await evening.becomes(id, "queued")
    assert (item["attempts"], item["last_result"]) == (0, "agent_no_answer")
    assert not [seen for seen in evening.town.events() if seen.party == "13974800011"]
    await evening.running_centre.floor.register({"1001": answers(0.3)})
    await evening.presence("available")


async def test_R1_an_agents_own_phone_that_rings_past_the_third_ring_is_flagged_while_it_rings(
    evening: Evening,
) -> None:
    rang = evening.running_centre.floor.rang("1001")
    await evening.running_centre.floor.register({"1001": answers(FOURTH_RING + 0.5)})
    known = {flag["id"] for flag in await evening.running_centre.api.items("/flags", limit="200")}
    id = await evening.dial("13974800031")
    await evening.running_centre.floor.see("ringing", "1001", times=rang + 1)

    async def flagged() -> bool:
        rows[:] = [
            entry for entry in await evening.running_centre.api.items("/flags", limit="200") if entry["id"] not in known
        ]
        return bool(rows)

    rows: list[Json] = []
    await until(flagged, FOURTH_RING, "the flag while the phone still rings", every=0.1)
    assert [(entry["clause"], entry["agent"], entry["facts"]["side"]) for entry in rows] == [("R1", "1001", "agent")]
    await evening.becomes(id, "talking")
    await evening.running_centre.console("channel request hangup all")
    await evening.agent.post(f"/callbacks/{id}/result", {"result": "voicemail"})
    call = (await evening.item(id))["tries"][0]["call"]
    await until(lambda: _over_for_good(evening, call), 15, "the record is whole", every=0.1)
    record = await evening.running_centre.api.get(f"/calls/{call}")
    assert [(entry["rings"], entry["late"]) for entry in record["offers"]] == [(4, True)]
    assert [entry["clause"] for entry in await evening.running_centre.flags(call) if entry["clause"] == "R1"] == ["R1"]
    await evening.running_centre.floor.register({"1001": answers(0.3)})
    await evening.presence("available")


async def test_a_service_killed_while_it_dials_finds_the_call_again_and_dials_no_second_time(evening: Evening) -> None:
    id = await evening.dial("13974800021")
    await evening.town.see("answered", "13974800021")
    await evening.running_centre.centre.kill(signal.SIGKILL)
    await evening.running_centre.centre.start()
    await evening.becomes(id, "talking")
    await evening.agent.post(f"/callbacks/{id}/result", {"result": "voicemail"})
    item = await evening.item(id)
    assert (item["state"], item["last_result"]) == ("retry", "voicemail")
    assert sum(seen.what == "invited" and seen.party == "13974800021" for seen in evening.town.events()) == 1
    await evening.running_centre.console("channel request hangup all")
    await evening.presence("available")


async def test_R4_a_caller_who_gave_up_waits_in_the_queue_and_is_resolved_when_served(evening: Evening) -> None:
    await evening.running_centre.api.put("/agents/1001/presence", LEAVES_ALONE)
    number = "13900000077"
    async with calls(evening.running_centre.centre.network, [Caller(number, SALES, patience=4, talks=4)]) as ringing:
        assert await ringing.over()
    rows: list[Json] = []

    async def waits() -> bool:
        rows[:] = await evening.running_centre.api.items("/callbacks", number=f"+86{number}")
        return bool(rows)

    await until(waits, 10, "a return call for the abandoned call", every=0.1)
    assert (rows[0]["source"], rows[0]["state"], rows[0]["line"]) == ("abandoned", "queued", "sales")
    await evening.running_centre.api.put("/agents/1001/presence", {"state": "available"})
    await evening.running_centre.members("sales", "1001")
    async with calls(evening.running_centre.centre.network, [Caller(number, SALES, talks=6)]) as ringing:
        assert await ringing.over()
    done = await evening.becomes(rows[0]["id"], "done")
    assert done["result"] == "served_by_incoming"
