"""A caller's own agent is rung first, for a set time and only if free; then everyone, and the ring rule holds (R1)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from callcenter.demo.api_client import until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import Temper, answers, silent
from tests.e2e.centre import SALES, RunningCentre, running_centre

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
QUICK = answers(0.2, 0.2)
OWN, OTHER, THIRD = "1002", "1001", "1003"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    async with running_centre(tmp_path_factory.mktemp("own") / "c") as running:
        line = await running.api.get("/lines/sales")
        line.pop("code")
        await running.api.put("/lines/sales", {**line, "own_agent_seconds": 3})

        async def rendered() -> bool:
            return "CC_OWN_FOR=3" in await running.console("dialplan show sales@cc-line")

        await until(rendered, 40, "the line looks for the caller's own agent", every=0.3)
        yield running


async def staff(centre: RunningCentre, tempers: dict[str, Temper]) -> None:
    await centre.staff("sales", tempers)
    for agent in tempers:
        await centre.members(f"sales.own-{agent}", agent)


async def rang(centre: RunningCentre, number: str) -> list[str]:
    """The phones that ring for one call, in order."""
    before = len(centre.floor.events())
    async with calls(centre.centre.network, [Caller(number, SALES)]) as ringing:
        assert await ringing.over(60)
    return [seen.party for seen in centre.floor.events()[before:] if seen.what == "ringing" and seen.other == number]


async def talked_to_own(centre: RunningCentre, number: str) -> None:
    """The caller has spoken with their own agent, and the record is there."""
    await staff(centre, {OWN: QUICK})
    assert await rang(centre, number) == [OWN]
    await centre.call(number, within=20)


async def test_the_agent_who_spoke_with_the_caller_last_is_rung_first(centre: RunningCentre) -> None:
    number = "13966000001"
    await talked_to_own(centre, number)
    await staff(centre, {OWN: QUICK, OTHER: QUICK, THIRD: QUICK})
    for _ in range(3):
        assert await rang(centre, f"0{number}") == [OWN], "in any spelling of the number"
    strangers = [await rang(centre, f"1396600010{place}") for place in range(3)]
    assert {OTHER, THIRD} & {agent for phones in strangers for agent in phones}, "others are served by everyone (R11)"


async def test_a_busy_or_absent_own_agent_costs_the_caller_nothing(centre: RunningCentre) -> None:
    number = "13966000002"
    await talked_to_own(centre, number)
    await staff(centre, {OTHER: QUICK})
    assert await rang(centre, number) == [OTHER]
    first = "13966000003"
    await talked_to_own(centre, first)
    await staff(centre, {OWN: answers(0.1, 10), OTHER: QUICK})
    async with calls(centre.centre.network, [Caller(f"86{first}", SALES)]) as talking:
        await centre.floor.see("answered", OWN, caller=f"86{first}")
        before = len(centre.floor.events())
        async with calls(centre.centre.network, [Caller(f"0{first}", SALES)]) as second:
            assert await second.over(30)
        assert [seen.party for seen in centre.floor.events()[before:] if seen.what == "ringing"] == [OTHER]
        assert await talking.over(30)


async def test_D5_an_own_agent_on_a_break_is_not_rung_and_costs_the_caller_nothing(centre: RunningCentre) -> None:
    number = "13966000006"
    await talked_to_own(centre, number)
    await staff(centre, {OWN: QUICK, OTHER: QUICK})
    await centre.api.put(f"/agents/{OWN}/presence", {"state": "paused", "reason": "break"})
    await centre.members("sales", OTHER)
    assert await rang(centre, f"0{number}") == [OTHER]
    record = await centre.call(f"0{number}", within=20)
    assert (record["outcome"], record["agent"], record["late"]) == ("answered", OTHER, False)
    await centre.api.put(f"/agents/{OWN}/presence", {"state": "available"})


async def test_R1_an_own_agent_who_does_not_answer_is_rung_for_the_set_time_and_no_ring_is_late(
    centre: RunningCentre,
) -> None:
    number = "13966000004"
    await talked_to_own(centre, number)
    await staff(centre, {OWN: silent(), OTHER: QUICK})
    phones = await rang(centre, f"+86{number}")
    assert phones == [OWN, OTHER], "an agent who has not answered is not rung again before the others"
    record = await centre.call(f"+86{number}", within=20)
    assert (record["outcome"], record["agent"], record["queue"], record["late"]) == (
        "answered",
        OTHER,
        "sales",
        False,
    )
    presence = await centre.api.get(f"/agents/{OWN}/presence")
    assert presence["state"] == "available", "a call that moved on after the set time is no miss"


async def test_the_agent_who_holds_the_open_case_comes_before_the_one_who_spoke_last(centre: RunningCentre) -> None:
    number = "13966000005"
    await talked_to_own(centre, number)
    await centre.centre.account("holder", "经办人", "agent", agent=THIRD)
    people = await centre.api.items("/people")
    holder = next(entry["id"] for entry in people if entry["login"] == "holder")
    case = {"what_happened": "漏气", "wanted": "退款", "phone": number, "severity": "normal", "owner": holder}
    await centre.api.post("/cases", case)
    await staff(centre, {OWN: QUICK, OTHER: QUICK, THIRD: QUICK})
    assert await rang(centre, number) == [THIRD]
