"""Faults around handover, breaks and shifts: afterwards routing equals the roster and the records are whole."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from datetime import datetime, timedelta

import aiohttp
import pytest
import pytest_asyncio

from callcenter.clock import now
from callcenter.demo.api_client import Refused, until
from callcenter.demo.callers import Caller, calls
from tests.e2e.ami_cut import ami_cut, connected, disconnected
from tests.e2e.centre import SALES
from tests.e2e.shift_floor import LONG, LONGEST, SOON, ShiftFloor, shift_floor

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(LONGEST)]
FIRST, SECOND, THIRD = "1001", "1002", "1003"
BOTH = {"CC_ROSTER__SEVERAL_LINES": "true"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shifts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ShiftFloor]:
    async with shift_floor(tmp_path_factory.mktemp("faults") / "c", (FIRST, SECOND, THIRD), BOTH) as floor:
        yield floor


@pytest_asyncio.fixture(loop_scope="module")
async def floor(shifts: ShiftFloor) -> ShiftFloor:
    await shifts.clear()
    return shifts


async def killed_within(floor: ShiftFloor, act: Awaitable[object]) -> None:
    """Kill the service while it serves this request, whose answer nobody gets to know."""

    async def asked() -> None:
        with contextlib.suppress(aiohttp.ClientError):
            await act

    await asyncio.gather(asked(), floor.running.centre.kill())


async def on_duty_as_routed(floor: ShiftFloor, **lines: str) -> None:
    """Of each line exactly this agent is on duty by the roster, takes calls in Asterisk, and is so in the feed."""
    for line, agent in lines.items():
        await floor.takes(agent, line=line, within=40)
    duty = (await floor.boss.get("/duty"))["duty"]
    assert {line: duty[line] for line in lines} == {line: [agent] for line, agent in lines.items()}


async def test_H1_a_kill_within_a_handover_loses_no_signature_and_no_call(floor: ShiftFloor) -> None:
    talking, meanwhile, later = "13955400001", "13955400002", "13955400003"
    end = now() + SOON
    for line, relief in (("sales", SECOND), ("orders", THIRD)):
        await floor.shift(FIRST, now(), end, line)
        await floor.shift(relief, end, end + LONG, line)
    await floor.come(FIRST, talks=None)
    await floor.come(SECOND, THIRD)
    await floor.takes(FIRST)
    phones, network = floor.running.floor, floor.running.centre.network
    async with calls(network, [Caller(talking, SALES)]) as first:
        await phones.see("answered", FIRST, caller=talking)
        log = await floor.people[FIRST].post("/handovers")
        await floor.people[FIRST].post(f"/handovers/{log['id']}/items", {"kind": "problem", "text": "等回电"})
        await floor.people[FIRST].post(f"/handovers/{log['id']}/offer")
        await floor.takes(SECOND)
        await floor.takes(THIRD, line="orders")
        signature = f"/handovers/{log['id']}/sign"
        await floor.people[SECOND].post(signature, {"remark": "已看"})
        await killed_within(floor, floor.people[THIRD].post(signature, {"remark": "已看"}))
        async with calls(network, [Caller(meanwhile, SALES)]) as second:
            await phones.see("answered", SECOND, caller=meanwhile)
            assert await second.over(30)
        await floor.running.centre.start()
        read = await floor.boss.get(f"/handovers/{log['id']}")
        lines = [by["lines"] for by in read["signatures"]]
        assert (read["state"], lines) in (("offered", [["sales"]]), ("signed", [["sales"], ["orders"]]))
        if read["state"] == "offered":
            with pytest.raises(Refused, match="relief_not_arrived"):
                await floor.presence(FIRST, "sign-out")
            await floor.people[THIRD].post(signature, {"remark": "已看"})
        await floor.presence(FIRST, "sign-out")
        await on_duty_as_routed(floor, sales=SECOND, orders=THIRD)
        await floor.answered(later, SECOND)
        states = {agent["number"]: agent["state"] for agent in floor.feed.snapshots[-1]["agents"]}
        assert states[FIRST] == "on_call", "the supervisor still sees the talk"
        assert [seen for seen in first.events() if seen.what == "was_hung_up"] == [], "the talk goes on"
    record = await floor.on_record(talking, FIRST)
    assert datetime.fromisoformat(record["ended_at"]) > end, "one record, whole: the call outlasted shift and service"
    await floor.on_record(meanwhile, SECOND)
    assert [item["text"] for item in (await floor.boss.get(f"/handovers/{log['id']}"))["items"]] == ["等回电"]
    assert phones.rang(FIRST) == 1


async def test_D5_a_kill_within_a_granted_break_leaves_break_presence_and_queue_of_one_mind(floor: ShiftFloor) -> None:
    meanwhile, later = "13955400011", "13955400012"
    await floor.on_duty(FIRST, SECOND)
    mine = await floor.people[FIRST].post("/breaks", {"kind": "meal"})
    theirs = await floor.people[SECOND].post("/breaks", {"kind": "meal"})
    assert (mine["state"], theirs["state"]) == ("granted", "waiting")
    await killed_within(floor, floor.presence(FIRST, "pause", {"reason": "meal"}))
    phones, network = floor.running.floor, floor.running.centre.network
    async with calls(network, [Caller(meanwhile, SALES)]) as ringing:
        assert await ringing.over(30)
    await floor.running.centre.start()
    presence = await floor.boss.get(f"/agents/{FIRST}/presence")
    if presence["state"] == "available":
        assert (await floor.break_of(FIRST))["state"] == "granted"
        await floor.presence(FIRST, "pause", {"reason": "meal"})
        presence = await floor.boss.get(f"/agents/{FIRST}/presence")
    await floor.takes(SECOND, within=40)
    taken = await floor.break_is(FIRST, "taken")
    assert (taken["id"], taken["taken_at"]) == (mine["id"], presence["since"])
    waiting = await floor.break_of(SECOND)
    assert (waiting["id"], waiting["state"], waiting["place"]) == (theirs["id"], "waiting", 1)
    with pytest.raises(Refused, match="break_must_wait"):
        await floor.presence(SECOND, "pause", {"reason": "meal"})
    await floor.answered(later, SECOND)
    await floor.presence(FIRST, "resume")
    await floor.break_is(FIRST, "ended")
    await floor.break_is(SECOND, "granted")
    record = await floor.running.call(meanwhile, within=20)
    assert (record["outcome"], record["agent"] in (FIRST, SECOND)) == ("answered", True)
    assert phones.rang(FIRST, later) == 0


async def test_a_change_of_shift_while_the_ami_link_is_cut_follows_when_it_is_back(floor: ShiftFloor) -> None:
    """Meanwhile the last known member is rung, so that no caller is lost."""
    meanwhile, later = "13955400021", "13955400022"
    # Planned before: a change of shifts renders Asterisk's configuration, which would mend this cut.
    end = now() + 3 * SOON
    await floor.shift(FIRST, now(), end)
    await floor.shift(SECOND, end, end + LONG)
    await floor.come(FIRST, SECOND)
    await floor.takes(FIRST)
    async with ami_cut(floor.running):
        await until(lambda: disconnected(floor.running), 15, "the service knows that the link is gone")
        await floor.feed.see("link", connected=False)
        assert now() < end, "the link was cut before the change of shift"

        async def over() -> bool:
            return now() > end

        await until(over, 30, "the shift is over")
        assert (await floor.boss.get("/duty"))["duty"]["sales"] == [SECOND]
        async with calls(floor.running.centre.network, [Caller(meanwhile, SALES)]) as ringing:
            await floor.running.floor.see("answered", FIRST, caller=meanwhile)
            assert await ringing.over(30)
        record = await floor.on_record(meanwhile, FIRST)
        assert record["offers"][-1]["ringing_at"] is None, "no one saw it ring"
    await until(lambda: connected(floor.running), 45, "the link is back")
    await on_duty_as_routed(floor, sales=SECOND)
    await floor.answered(later, SECOND)
    assert floor.feed.offered(later) == {SECOND}
    with pytest.raises(Refused, match="relief_not_arrived"):
        await floor.presence(FIRST, "sign-out")


async def test_an_asterisk_that_restarts_at_the_change_of_shift_comes_back_with_the_new_one(floor: ShiftFloor) -> None:
    talking, later = "13955400031", "13955400032"
    end = now() + SOON
    await floor.shift(FIRST, now(), end)
    await floor.shift(SECOND, end, end + LONG)
    await floor.come(FIRST, talks=None)
    await floor.come(SECOND)
    await floor.takes(FIRST)
    async with calls(floor.running.centre.network, [Caller(talking, SALES)]):
        await floor.running.floor.see("answered", FIRST, caller=talking)

        async def near() -> bool:
            return now() > end - timedelta(seconds=0.5)

        await until(near, 10, "the change of shift is near")
        await floor.running.centre.pbx_restart_now()
        await floor.feed.see("link", connected=False)
    record = await floor.running.call(talking, within=40)
    assert (record["outcome"], record["agent"]) == ("answered", FIRST)
    await until(lambda: connected(floor.running), 45, "the service sees the new PBX")
    await floor.come(SECOND)
    await on_duty_as_routed(floor, sales=SECOND)
    await floor.answered(later, SECOND)
    assert floor.feed.offered(later) == {SECOND}
    assert (await floor.boss.get(f"/agents/{FIRST}/presence"))["state"] == "available", "nobody was signed out by it"
