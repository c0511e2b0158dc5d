"""Real calls around what changes the roster during the day: overtime, a new version, a shift taken away, sickness."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from callcenter.clock import now
from callcenter.demo.api_client import Json
from callcenter.demo.callers import Caller, calls
from tests.e2e.centre import ORDERS, SALES
from tests.e2e.shift_floor import LONG, LONGEST, SOON, ShiftFloor, shift_floor

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(LONGEST)]
FIRST, SECOND, THIRD, FOURTH = "1001", "1002", "1003", "1004"
INSTANT = timedelta(seconds=2)
"""From when a change that is made now holds: what has begun is not changed by it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shifts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ShiftFloor]:
    async with shift_floor(tmp_path_factory.mktemp("days") / "c", (FIRST, SECOND, THIRD, FOURTH)) as floor:
        yield floor


@pytest_asyncio.fixture(loop_scope="module")
async def floor(shifts: ShiftFloor) -> ShiftFloor:
    await shifts.clear()
    return shifts


def span(start: datetime, end: datetime) -> Json:
    return {"starts_at": start.isoformat(), "ends_at": end.isoformat()}


async def asked_to_stay(floor: ShiftFloor, agent: str, line: str, start: datetime, end: datetime, answer: str) -> str:
    """A leader asks an agent for overtime, who agrees or declines."""
    body = {"agent": agent, "line": line, "reason": "人手不够", **span(start, end)}
    wish = await floor.boss.post("/overtime", body)
    await floor.people[agent].post(f"/overtime/{wish['id']}/{answer}", {})
    return str(wish["id"])


async def test_an_agent_stays_and_is_rung_by_an_approved_overtime_and_no_one_without(floor: ShiftFloor) -> None:
    """Of three whose shift ends together one has agreed overtime, one was refused it, one asked for nothing."""
    end = now() + SOON
    over = end + 2 * SOON
    for agent in (FIRST, SECOND, THIRD):
        await floor.shift(agent, now() - LONG, end)
    accepted = await asked_to_stay(floor, FIRST, "sales", end, over, "agree")
    await floor.boss.post(f"/overtime/{accepted}/approve", {})
    await floor.feed.see("roster_request", kind="overtime", id=accepted, state="approved")
    offered = await floor.people[SECOND].post("/overtime", {"line": "sales", "reason": "想多做", **span(end, over)})
    await floor.boss.post(f"/overtime/{offered['id']}/agree", {})
    await floor.boss.post(f"/overtime/{offered['id']}/refuse", {"reason": "一个人够了"})
    await floor.come(FIRST, SECOND, THIRD)
    await floor.takes(FIRST, SECOND, THIRD)
    await floor.takes(FIRST)
    assert now() >= end
    for number in ("13955300001", "13955300002"):
        await floor.answered(number, FIRST)
        assert floor.feed.offered(number) == {FIRST}
    for agent in (SECOND, THIRD):
        await floor.presence(agent, "sign-out")
    await floor.takes(within=30)
    assert now() >= over, "the overtime is over, and no one comes after it"


async def test_D1_a_version_published_while_callers_wait_routes_them_at_once(floor: ShiftFloor) -> None:
    """The agent whose later shift is taken away talks on, and their waiting callers are the new agent's."""
    talking, waiting, later = "13955300011", "13955300012", "13955300013"
    next_shift = now() + 2 * SOON
    running = await floor.shift(FIRST, now(), next_shift)
    await floor.shift(FIRST, next_shift, next_shift + LONG)
    await floor.come(FIRST, talks=None)
    await floor.come(SECOND)
    await floor.takes(FIRST)
    phones, network = floor.running.floor, floor.running.centre.network
    async with floor.never_unattended(), calls(network, [Caller(talking, SALES)]) as first:
        await phones.see("answered", FIRST, caller=talking)
        async with calls(network, [Caller(waiting, SALES)]) as second:
            await second.see("answered", waiting)
            assert phones.rang(SECOND) == 0
            begins = now() + INSTANT
            await publish(floor, begins, [(FIRST, running), (SECOND, span(begins, begins + LONG))])
            await phones.see("answered", SECOND, caller=waiting)
            assert begins <= now() < begins + 2 * INSTANT
            assert await second.over(30)
        await floor.takes(SECOND)
        assert now() >= next_shift
        await floor.answered(later, SECOND)
        assert phones.rang(FIRST, waiting) + phones.rang(FIRST, later) == 0
        assert [seen for seen in first.events() if seen.what == "was_hung_up"] == [], "the talk goes on"
    await floor.recorded(waiting, SECOND)
    record = await floor.recorded(talking, FIRST)
    assert datetime.fromisoformat(record["ended_at"]) > next_shift
    assert {seen["agent"] for seen in floor.feed.of("roster_published", line="sales")} == {FIRST, SECOND}
    assert [floor.feed.offered(number) for number in (talking, waiting, later)] == [{FIRST}, {SECOND}, {SECOND}]


async def publish(floor: ShiftFloor, day: datetime, shifts: list[tuple[str, Json]]) -> None:
    """Publish a version of the day's roster that has exactly these shifts, as the supervisor does after its review."""
    local = day.astimezone(ZoneInfo(floor.running.centre.settings.timezone)).date().isoformat()
    draft = {"line": "sales", "first_day": local, "last_day": local, "source": "present"}
    plan = f"/roster/plans/{(await floor.boss.post('/roster/plans', draft))['id']}"
    entries = [{"agent": agent, "starts_at": s["starts_at"], "ends_at": s["ends_at"]} for agent, s in shifts]
    await floor.boss.put(plan, {"entries": entries})
    review = await floor.boss.get(f"{plan}/review")
    published = await floor.boss.post(f"{plan}/publish", {"fingerprint": review["fingerprint"]})
    assert published["state"] == "published"


async def test_an_agent_whose_shift_is_removed_within_a_call_keeps_the_call(floor: ShiftFloor) -> None:
    talking, later = "13955300021", "13955300022"
    [shift] = await floor.on_duty(FIRST, talks=None)
    phones, network = floor.running.floor, floor.running.centre.network
    async with calls(network, [Caller(talking, SALES)]) as first:
        await phones.see("answered", FIRST, caller=talking)
        await floor.on_duty(SECOND, beside=(FIRST,))
        await floor.boss.delete(f"/shifts/{shift['id']}")
        await floor.takes(SECOND)
        await floor.answered(later, SECOND)
        assert [seen for seen in first.events() if seen.what == "was_hung_up"] == [], "the talk goes on"
        agent = floor.feed.of("agent", number=FIRST)[-1]
        assert agent["state"] == "on_call"
    await floor.recorded(talking, FIRST)
    assert (floor.feed.offered(talking), floor.feed.offered(later)) == ({FIRST}, {SECOND})


async def test_D4_a_substitute_who_accepts_gets_the_next_call_of_an_agent_who_falls_ill(floor: ShiftFloor) -> None:
    """The first of the rank declines, the next accepts; the ill agent still ends the call that they are on."""
    talking, waiting = "13955300031", "13955300032"
    shift = await floor.shift(FIRST, now(), now() + LONG, "orders")
    await floor.shift(SECOND, now(), now() + LONG, "sales")
    await floor.come(FIRST, talks=None)
    await floor.come(THIRD, FOURTH)
    await floor.takes(FIRST, line="orders")
    phones, network = floor.running.floor, floor.running.centre.network
    async with floor.never_unattended("orders"), calls(network, [Caller(talking, ORDERS)]) as first:
        await phones.see("answered", FIRST, caller=talking)
        async with calls(network, [Caller(waiting, ORDERS)]) as second:
            await second.see("answered", waiting)
            begins = now() + INSTANT
            body = {"kind": "sick", "reason": "发烧", **span(begins, begins + LONG)}
            leave = await floor.people[FIRST].post("/leaves", body)
            await floor.feed.see("roster_request", kind="leave", id=leave["id"], state="requested")
            ranked = await floor.boss.items(f"/shifts/{shift['id']}/substitutes")
            assert [free["agent"] for free in ranked] == [THIRD, FOURTH], "the second is on duty on another line"
            await asked_to_stay(floor, THIRD, "orders", begins, begins + LONG, "decline")
            accepted = await asked_to_stay(floor, FOURTH, "orders", begins, begins + LONG, "agree")
            await floor.boss.post(f"/overtime/{accepted}/approve", {})
            await floor.boss.post(f"/leaves/{leave['id']}/approve", {})
            await phones.see("answered", FOURTH, caller=waiting)
            assert await second.over(30)
        await floor.takes(FOURTH, line="orders")
        assert phones.rang(THIRD, waiting) + phones.rang(FIRST, waiting) == 0
        assert [seen for seen in first.events() if seen.what == "was_hung_up"] == [], "the talk goes on"
    await floor.recorded(talking, FIRST)
    await floor.recorded(waiting, FOURTH)
    assert floor.feed.offered(waiting) == {FOURTH}
