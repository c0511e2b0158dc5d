"""Real calls around the handover of two lines at one change of shift: each line passes to its own relief (H1-H4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
import pytest_asyncio

from callcenter.clock import now
from callcenter.demo.api_client import Json, Refused, until
from callcenter.demo.callers import Caller, calls
from tests.e2e.centre import ORDERS, SALES
from tests.e2e.shift_floor import LONG, LONGEST, SOON, ShiftFloor, shift_floor

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(LONGEST)]
FIRST, SECOND, THIRD, FOURTH = "1001", "1002", "1003", "1004"
BOTH = {"CC_ROSTER__SEVERAL_LINES": "true"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shifts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ShiftFloor]:
    folder = tmp_path_factory.mktemp("handovers") / "c"
    async with shift_floor(folder, (FIRST, SECOND, THIRD, FOURTH), BOTH) as floor:
        yield floor


@pytest_asyncio.fixture(loop_scope="module")
async def floor(shifts: ShiftFloor) -> ShiftFloor:
    await shifts.clear()
    return shifts


async def offered(floor: ShiftFloor, agent: str, text: str) -> str:
    """The agent's log, with one item in their own words, offered to the relief."""
    person = floor.people[agent]
    log = await person.post("/handovers")
    assert log["lines"] == ["orders", "sales"]
    await person.post(f"/handovers/{log['id']}/items", {"kind": "problem", "text": text})
    await person.post(f"/handovers/{log['id']}/offer")
    return str(log["id"])


async def sign(floor: ShiftFloor, agent: str, log: str) -> Json:
    return await floor.people[agent].post(f"/handovers/{log}/sign", {"remark": "已看"})


async def test_H1_H4_each_of_two_lines_passes_to_its_own_relief_and_no_caller_is_lost(floor: ShiftFloor) -> None:
    """The relief of one line is late: the outgoing agent, who talks throughout, still serves that line alone."""
    talking, waiting, new, late = "13955100001", "13955100002", "13955100003", "13955100004"
    end = now() + SOON
    for line, relief in (("sales", SECOND), ("orders", THIRD)):
        await floor.shift(FIRST, now(), end, line)
        await floor.shift(relief, end, end + LONG, line)
    await floor.come(FIRST, talks=None)
    await floor.come(SECOND)
    for line in ("sales", "orders"):
        await floor.takes(FIRST, line=line)
    phones, network = floor.running.floor, floor.running.centre.network
    async with floor.never_unattended("sales", "orders"), calls(network, [Caller(talking, SALES)]) as first:
        await phones.see("answered", FIRST, caller=talking)
        log = await offered(floor, FIRST, "三号客户等回电")
        async with calls(network, [Caller(waiting, ORDERS)]) as second:
            await second.see("answered", waiting)
            await floor.takes(SECOND)
            assert now() >= end
            await floor.takes(FIRST, line="orders")
            await floor.answered(new, SECOND)
            signed = await sign(floor, SECOND, log)
            assert (signed["state"], [by["lines"] for by in signed["signatures"]]) == ("offered", [["sales"]])
            with pytest.raises(Refused, match="relief_not_arrived"):
                await floor.presence(FIRST, "sign-out")
            await floor.come(THIRD)
            await phones.see("answered", THIRD, caller=waiting)
            await floor.takes(THIRD, line="orders")
            assert (await sign(floor, THIRD, log))["state"] == "signed"
            await floor.presence(FIRST, "sign-out")
            assert await second.over(30)
        await floor.answered(late, THIRD, "orders")
        assert phones.rang(FIRST) == 1, "only the call from before the change"
        assert [seen for seen in first.events() if seen.what == "was_hung_up"] == [], "the talk goes on"
    await floor.recorded(waiting, THIRD)
    record = await floor.recorded(talking, FIRST)
    assert datetime.fromisoformat(record["ended_at"]) > end, "the call outlasted the shift"
    assert [floor.feed.offered(number) for number in (talking, waiting, new)] == [{FIRST}, {THIRD}, {SECOND}]
    states = [seen["state"] for seen in floor.feed.of("handover", id=log)]
    assert states == ["draft", "offered", "offered", "signed"]
    await measured_without_a_gap(floor, log)


async def test_H1_H4_two_lines_pass_in_one_moment_to_reliefs_who_are_there(floor: ShiftFloor) -> None:
    """Callers of both lines wait for the outgoing agent, who talks: each is answered by the relief of their line."""
    talking, sales, orders = "13955100011", "13955100012", "13955100013"
    end = now() + SOON
    for line, relief in (("sales", SECOND), ("orders", THIRD)):
        await floor.shift(FOURTH, now(), end, line)
        await floor.shift(relief, end, end + LONG, line)
    await floor.come(FOURTH, talks=None)
    await floor.come(SECOND, THIRD)
    for line in ("sales", "orders"):
        await floor.takes(FOURTH, line=line)
    phones, network = floor.running.floor, floor.running.centre.network
    async with floor.never_unattended("sales", "orders"), calls(network, [Caller(talking, ORDERS)]) as first:
        await phones.see("answered", FOURTH, caller=talking)
        log = await offered(floor, FOURTH, "打印机缺纸")
        async with calls(network, [Caller(sales, SALES), Caller(orders, ORDERS)]) as both:
            await phones.see("answered", SECOND, caller=sales)
            await phones.see("answered", THIRD, caller=orders)
            assert now() >= end
            assert await both.over(30)
        assert phones.rang(FOURTH) == 1
        await sign(floor, THIRD, log)
        with pytest.raises(Refused, match="relief_not_arrived"):
            await floor.presence(FOURTH, "sign-out")
        assert (await sign(floor, SECOND, log))["state"] == "signed"
        await floor.presence(FOURTH, "sign-out")
        assert [seen for seen in first.events() if seen.what == "was_hung_up"] == [], "the talk goes on"
    for number, by in ((talking, FOURTH), (sales, SECOND), (orders, THIRD)):
        await floor.recorded(number, by)
    assert (floor.feed.offered(sales), floor.feed.offered(orders)) == ({SECOND}, {THIRD})


async def measured_without_a_gap(floor: ShiftFloor, log: str) -> None:
    async def measured() -> bool:
        return (await floor.boss.get(f"/handovers/{log}"))["changed_at"] is not None

    await until(measured, 40, "the change of shift is measured", every=0.5)
    read = await floor.boss.get(f"/handovers/{log}")
    assert (read["below_seconds"], read["below_by_line"]) == (0, {"sales": 0, "orders": 0})
