"""Real calls around breaks: granted, refused and extended by a leader, asked for within a call, by the last agent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from callcenter.demo.api_client import Json, Refused
from callcenter.demo.callers import Caller, calls
from tests.e2e.centre import SALES
from tests.e2e.shift_floor import LONGEST, ShiftFloor, shift_floor

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(LONGEST)]
FIRST, SECOND = "1001", "1002"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shifts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ShiftFloor]:
    async with shift_floor(tmp_path_factory.mktemp("breaks") / "c", (FIRST, SECOND)) as floor:
        yield floor


@pytest_asyncio.fixture(loop_scope="module")
async def floor(shifts: ShiftFloor) -> ShiftFloor:
    await shifts.clear()
    return shifts


async def asked(floor: ShiftFloor, agent: str, kind: str = "meal") -> Json:
    return await floor.people[agent].post("/breaks", {"kind": kind})


async def after_call(floor: ShiftFloor, agent: str, reason: str) -> None:
    """What the agent's page does for a pause during a call: it begins when the call is over."""
    await floor.people[agent].put(f"/agents/{agent}/presence/after-call", {"state": "paused", "reason": reason})


def began_after(taken: Json, record: Json) -> None:
    """The break began when the agent was off the phone, which is a moment before the whole call is gone."""
    after = datetime.fromisoformat(taken["taken_at"]) - datetime.fromisoformat(record["ended_at"])
    assert timedelta(milliseconds=-500) < after < timedelta(seconds=5)


async def test_D5_D6_a_leader_grants_a_break_below_the_need_extends_it_and_its_end_brings_the_next_call(
    floor: ShiftFloor,
) -> None:
    during, talking, waiting = "13955200001", "13955200002", "13955200003"
    await floor.needs("sales", 2)
    await floor.on_duty(FIRST, SECOND)
    wish = await asked(floor, FIRST)
    assert (wish["state"], wish["lack"]["left"], wish["lack"]["required"]) == ("waiting", 1, 2)
    with pytest.raises(Refused, match="coverage_would_fall"):
        await floor.boss.post(f"/breaks/{wish['id']}/grant", {})
    await floor.takes(FIRST, SECOND)
    body = {"despite_shortage": True, "reason": "孩子发烧"}
    granted = await floor.boss.post(f"/breaks/{wish['id']}/grant", body)
    assert (granted["state"], granted["decided_by"], granted["decided_reason"]) == ("granted", "王主管", "孩子发烧")
    await floor.feed.see("break", id=wish["id"], state="granted")
    await floor.presence(FIRST, "pause", {"reason": "meal"})
    await floor.takes(SECOND)
    taken = await floor.break_is(FIRST, "taken")
    await floor.answered(during, SECOND)
    longer = await floor.boss.post(f"/breaks/{wish['id']}/extend", {"minutes": 10, "reason": "还在医院"})
    late = datetime.fromisoformat(taken["until"]) + timedelta(minutes=10)
    assert datetime.fromisoformat(longer["until"]) == late
    await floor.feed.see("break", id=wish["id"], state="taken", until=late.isoformat())
    phones, network = floor.running.floor, floor.running.centre.network
    await floor.come(SECOND, talks=None)
    async with calls(network, [Caller(talking, SALES)]):
        await phones.see("answered", SECOND, caller=talking)
        async with calls(network, [Caller(waiting, SALES)]) as second:
            await second.see("answered", waiting)
            assert phones.rang(FIRST) == 0, "nobody on a break is rung"
            await floor.presence(FIRST, "resume")
            await phones.see("answered", FIRST, caller=waiting)
            assert await second.over(30)
    await floor.recorded(waiting, FIRST)
    await floor.recorded(talking, SECOND)
    await floor.break_is(FIRST, "ended")
    assert [floor.feed.offered(number) for number in (during, talking, waiting)] == [{SECOND}, {SECOND}, {FIRST}]


async def test_D5_who_is_refused_a_break_stays_and_is_rung(floor: ShiftFloor) -> None:
    talking, caller = "13955200011", "13955200012"
    await floor.needs("sales", 2)
    await floor.on_duty(FIRST, SECOND, talks=None)
    wish = await asked(floor, FIRST)
    refused = await floor.boss.post(f"/breaks/{wish['id']}/refuse", {"reason": "高峰时段"})
    assert (refused["state"], refused["decided_by"], refused["decided_reason"]) == ("withdrawn", "王主管", "高峰时段")
    assert (await floor.people[FIRST].items("/breaks"))[0]["decided_reason"] == "高峰时段"
    with pytest.raises(Refused, match="break_must_wait"):
        await floor.presence(FIRST, "pause", {"reason": "meal"})
    await floor.takes(FIRST, SECOND)
    phones, network = floor.running.floor, floor.running.centre.network
    async with calls(network, [Caller(talking, SALES, talks=3), Caller(caller, SALES, talks=3)]) as both:
        await phones.see("answered", FIRST)
        await phones.see("answered", SECOND)
        assert await both.over(30)
    by = {(await floor.running.call(number))["agent"] for number in (talking, caller)}
    assert by == {FIRST, SECOND}
    states = {seen["state"] for seen in floor.feed.of("break", agent=FIRST)}
    assert states == {"waiting", "withdrawn"}


async def test_D6_a_break_granted_within_a_call_begins_when_the_call_is_over(floor: ShiftFloor) -> None:
    """It does not lapse meanwhile, the call is not disturbed, and none of its time counts as break."""
    talking, later = "13955200021", "13955200022"
    await floor.on_duty(FIRST, talks=None)
    phones, network = floor.running.floor, floor.running.centre.network
    async with calls(network, [Caller(talking, SALES)]) as ringing:
        await phones.see("answered", FIRST, caller=talking)
        await floor.on_duty(SECOND, beside=(FIRST,))
        await after_call(floor, FIRST, "meal")
        await floor.break_is(FIRST, "granted")
        await floor.feed.see("agent", number=FIRST, state="on_call", after_call="paused", after_reason="meal")
        await floor.answered(later, SECOND)
        assert [seen for seen in ringing.events() if seen.what == "was_hung_up"] == []
    record = await floor.recorded(talking, FIRST)
    taken = await floor.break_is(FIRST, "taken")
    began_after(taken, record)
    await floor.takes(SECOND)


async def test_D6_a_break_granted_while_the_phone_rings_lets_that_call_be_answered_and_is_the_last(
    floor: ShiftFloor,
) -> None:
    """A leader grants it; the agent pauses at once. The call that rings is theirs, its time is no break."""
    ringing_at, later = "13955200031", "13955200032"
    await floor.needs("sales", 2)
    await floor.on_duty(FIRST)
    wish = await asked(floor, FIRST)
    phones, network = floor.running.floor, floor.running.centre.network
    await floor.come(FIRST, talks=2, rings=4)
    async with calls(network, [Caller(ringing_at, SALES)]) as ringing:
        await phones.see("ringing", FIRST, caller=ringing_at)
        await floor.on_duty(SECOND, beside=(FIRST,))
        await floor.boss.post(f"/breaks/{wish['id']}/grant", {"despite_shortage": True, "reason": "药要按时吃"})
        await floor.presence(FIRST, "pause", {"reason": "meal"})
        await phones.see("answered", FIRST, caller=ringing_at)
        assert await ringing.over(30)
    record = await floor.recorded(ringing_at, FIRST)
    assert len(record["offers"]) == 1, "the phone rang on, and no other"
    taken = await floor.break_is(FIRST, "taken")
    began_after(taken, record)
    await floor.takes(SECOND)
    await floor.answered(later, SECOND)
    assert floor.feed.offered(later) == {SECOND}


async def test_D5_the_last_agent_waits_and_may_go_as_soon_as_a_colleague_signs_in(floor: ShiftFloor) -> None:
    alone, after = "13955200041", "13955200042"
    await floor.on_duty(FIRST)
    async with floor.never_unattended():
        with pytest.raises(Refused, match="break_must_wait"):
            await floor.presence(FIRST, "pause", {"reason": "meal"})
        wish = await floor.break_is(FIRST, "waiting")
        assert wish["lack"]["last"]
        with pytest.raises(Refused, match="last_agent"):
            await floor.boss.post(f"/breaks/{wish['id']}/grant", {"despite_shortage": True, "reason": "饿"})
        await floor.answered(alone, FIRST)
        await floor.on_duty(SECOND, beside=(FIRST,))
        await floor.break_is(FIRST, "granted")
        await floor.presence(FIRST, "pause", {"reason": "meal"})
        await floor.takes(SECOND)
        await floor.answered(after, SECOND)
    await floor.break_is(FIRST, "taken")
    assert [floor.feed.offered(number) for number in (alone, after)] == [{FIRST}, {SECOND}]
