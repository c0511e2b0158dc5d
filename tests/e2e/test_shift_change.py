"""Real calls around a change of shift, a handover, breaks, a swap and a leave: nobody loses a call (D2-D5, H1-H4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from callcenter.clock import now
from callcenter.demo.api_client import Refused, until
from callcenter.demo.callers import Caller, calls
from tests.e2e.centre import SALES
from tests.e2e.shift_floor import LONG, LONGEST, SOON, ShiftFloor, shift_floor

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(LONGEST)]
FIRST, SECOND = "1001", "1002"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shifts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ShiftFloor]:
    async with shift_floor(tmp_path_factory.mktemp("shifts") / "c", (FIRST, SECOND)) as floor:
        yield floor


@pytest_asyncio.fixture(loop_scope="module")
async def floor(shifts: ShiftFloor) -> ShiftFloor:
    await shifts.clear()
    return shifts


async def test_D2_a_caller_who_waits_across_the_change_of_shift_is_answered_by_the_relief(floor: ShiftFloor) -> None:
    """The agent who talks at the end of their shift keeps the call and gets no new one."""
    talking, waiting, later = "13955000001", "13955000002", "13955000003"
    end = now() + SOON
    await floor.shift(FIRST, now() - timedelta(minutes=1), end)
    await floor.shift(SECOND, end, end + LONG)
    await floor.come(FIRST, talks=None)
    await floor.come(SECOND)
    await floor.takes(FIRST)
    phones, network = floor.running.floor, floor.running.centre.network
    async with calls(network, [Caller(talking, SALES)]) as first:
        await phones.see("answered", FIRST, caller=talking)
        async with calls(network, [Caller(waiting, SALES)]) as second:
            await phones.see("answered", SECOND, caller=waiting, within=30)
            assert now() >= end
            assert await second.over(30)
        await floor.takes(SECOND)
        await floor.answered(later, SECOND)
        assert phones.rang(FIRST, waiting) + phones.rang(FIRST, later) == 0
        assert [seen for seen in first.events() if seen.what == "was_hung_up"] == [], "the talk goes on"
    await floor.recorded(waiting, SECOND)
    await floor.recorded(talking, FIRST)
    record = await floor.running.call(talking)
    assert datetime.fromisoformat(record["ended_at"]) > end, "the call outlasted the shift"


async def test_H1_H4_the_outgoing_agent_serves_until_the_relief_is_there_and_has_signed(floor: ShiftFloor) -> None:
    end = now() + SOON
    await floor.shift(FIRST, now() - timedelta(minutes=1), end)
    await floor.shift(SECOND, end, end + LONG)
    await floor.come(FIRST)
    await floor.takes(FIRST)
    async with floor.never_unattended():

        async def over() -> bool:
            return now() > end + timedelta(seconds=1)

        await until(over, 15, "the shift is over")
        with pytest.raises(Refused, match="relief_not_arrived"):
            await floor.presence(FIRST, "sign-out")
        # The relief is late: the caller of this moment is answered by the agent who stays.
        await floor.answered("13955000011", FIRST)
        await floor.come(SECOND)
        await floor.takes(SECOND)
        with pytest.raises(Refused, match="relief_not_arrived"):
            await floor.presence(FIRST, "sign-out")
        log = await floor.people[FIRST].post("/handovers")
        await floor.people[FIRST].post(f"/handovers/{log['id']}/items", {"kind": "problem", "text": "三号客户等回电"})
        await floor.people[FIRST].post(f"/handovers/{log['id']}/offer")
        signed = await floor.people[SECOND].post(f"/handovers/{log['id']}/sign", {"remark": "已看"})
        assert (signed["state"], signed["relief"]) == ("signed", SECOND)
        async with calls(floor.running.centre.network, [Caller("13955000012", SALES)]) as ringing:
            await floor.presence(FIRST, "sign-out")
            assert await ringing.over(30)
        await floor.recorded("13955000012", SECOND)


async def test_H1_an_agent_after_whom_no_one_comes_takes_no_call_after_the_end_of_service(floor: ShiftFloor) -> None:
    end = now() + SOON
    await floor.shift(FIRST, now() - timedelta(minutes=1), end)
    await floor.come(FIRST)
    await floor.takes(FIRST)
    await floor.takes()
    assert now() >= end
    await floor.presence(FIRST, "sign-out")


async def test_D5_a_break_in_turn_waits_until_the_first_is_back_and_calls_go_to_who_is_there(floor: ShiftFloor) -> None:
    for agent in (FIRST, SECOND):
        await floor.shift(agent, now() - timedelta(minutes=1), now() + LONG)
    await floor.come(FIRST, SECOND)
    await floor.takes(FIRST, SECOND)
    async with floor.never_unattended():
        await floor.presence(FIRST, "pause", {"reason": "meal"})
        await floor.takes(SECOND)
        with pytest.raises(Refused, match="break_must_wait"):
            await floor.presence(SECOND, "pause", {"reason": "break"})
        await floor.answered("13955000021", SECOND)
        await floor.answered("13955000022", SECOND)
        await floor.presence(FIRST, "resume")
        await floor.takes(FIRST, SECOND)

        async def granted() -> bool:
            breaks = await floor.people[SECOND].items("/breaks", open="true")
            return [entry["state"] for entry in breaks] == ["granted"]

        await until(granted, 20, "the break is granted as soon as the first is back", every=0.2)
        # A granted break counts as begun: the first does not go now.
        with pytest.raises(Refused, match="break_must_wait"):
            await floor.presence(FIRST, "pause", {"reason": "break"})
        await floor.presence(SECOND, "pause", {"reason": "break"})
        await floor.takes(FIRST)
        await floor.answered("13955000023", FIRST)
    breaks = await floor.people[SECOND].items("/breaks")
    assert next(entry["state"] for entry in breaks) == "taken"
    await floor.presence(SECOND, "resume")


async def test_D3_an_approved_swap_decides_who_rings_from_the_start_of_the_shift(floor: ShiftFloor) -> None:
    begins = now() + 2 * SOON
    shift = await floor.shift(FIRST, begins, begins + LONG)
    await floor.come(FIRST, SECOND)
    swap = await floor.people[FIRST].post("/swaps", {"shift": shift["id"], "colleague": SECOND})
    await floor.people[SECOND].post(f"/swaps/{swap['id']}/agree", {})
    await floor.running.api.post(f"/swaps/{swap['id']}/approve", {})
    await floor.takes(SECOND, within=30)
    assert now() >= begins
    await floor.answered("13955000031", SECOND)


async def test_D4_an_approved_leave_decides_who_rings_at_that_moment(floor: ShiftFloor) -> None:
    for agent in (FIRST, SECOND):
        await floor.shift(agent, now() - timedelta(minutes=1), now() + LONG)
    await floor.come(FIRST, SECOND)
    await floor.takes(FIRST, SECOND)
    begins = now() + SOON
    body = {"kind": "personal", "reason": "家里有事", "starts_at": begins.isoformat()}
    body["ends_at"] = (begins + LONG).isoformat()
    leave = await floor.people[FIRST].post("/leaves", body)
    await floor.running.api.post(f"/leaves/{leave['id']}/approve", {})
    async with floor.never_unattended():
        await floor.takes(SECOND, within=20)
        assert now() >= begins
        await floor.answered("13955000041", SECOND)
    await floor.running.api.post(f"/leaves/{leave['id']}/cancel", {"reason": "又来了"})
    await floor.takes(FIRST, SECOND)
