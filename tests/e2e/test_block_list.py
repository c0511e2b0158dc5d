"""A blocked caller on a real Asterisk: hears a sentence, is released, is on record; the line asks nobody for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from callcenter.clock import now
from callcenter.demo.api_client import Json, Refused, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers
from tests.e2e.centre import ORDERS, SALES, RunningCentre, running_centre
from tests.support.flows import sample

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]
BLOCKED, OTHER = "13955000001", "13955000002"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    async with running_centre(tmp_path_factory.mktemp("blocks") / "c") as running:
        await running.staff("sales", {"1001": answers(0.2, 0.2)})
        yield running


async def block(centre: RunningCentre, number: str, **values: object) -> Json:
    end = (now() + timedelta(days=1)).isoformat()
    return await centre.api.post("/blocks", {"number": number, "reason": "骚扰电话", "ends_at": end, **values})


async def rendered(centre: RunningCentre, number: str, held: bool = True) -> None:
    """Wait until the dialplan blocks the number, or no longer does."""

    async def known() -> bool:
        return ("cc-do,blocked,1" in await centre.console(f"dialplan show n{number}@cc-caller")) is held

    await until(known, 40, f"the dialplan knows the block of {number}: {held}", every=0.3)


async def rang(centre: RunningCentre, number: str, dialled: str = SALES) -> list[str]:
    before = len(centre.floor.events())
    async with calls(centre.centre.network, [Caller(number, dialled)]) as ringing:
        assert await ringing.over(60)
    return [seen.party for seen in centre.floor.events()[before:] if seen.what == "ringing" and seen.other == number]


async def test_R3_a_blocked_caller_hears_so_and_is_on_record_and_the_block_counts_its_hits(
    centre: RunningCentre,
) -> None:
    added = await block(centre, BLOCKED)
    await rendered(centre, BLOCKED)
    assert await rang(centre, f"+86{BLOCKED}") == []
    record = await centre.call(f"+86{BLOCKED}", within=20)
    assert (record["outcome"], record["reason"], record["queued_at"]) == ("closed", "blocked", None)
    assert record["ended_at"] > record["arrived_at"]
    assert await rang(centre, OTHER) == ["1001"], "others are served as before"

    async def counted() -> bool:
        return bool((await centre.api.get(f"/blocks/{added['id']}"))["hits"] == 1)

    await until(counted, 15, "the hit is counted")
    assert [entry["id"] for entry in await centre.api.items("/blocks")] == [added["id"]]
    callbacks = [entry["number"] for entry in await centre.api.items("/callbacks")]
    assert f"+86{BLOCKED}" not in callbacks, "a blocked caller is not called back"


async def test_a_lifted_block_lets_the_caller_through(centre: RunningCentre) -> None:
    number = "13955000003"
    added = await block(centre, number)
    await rendered(centre, number)
    await centre.api.post(f"/blocks/{added['id']}/lift", {"reason": "已道歉"})
    await rendered(centre, number, held=False)
    assert await rang(centre, number) == ["1001"]


async def test_a_block_of_one_line_leaves_the_other_open(centre: RunningCentre) -> None:
    number = "13955000004"
    await block(centre, number, line="orders")
    await rendered(centre, number)
    assert await rang(centre, number) == ["1001"]
    assert await rang(centre, number, ORDERS) == []

    async def ended() -> bool:
        records = {(entry["line"], entry["outcome"], entry["reason"]) for entry in await centre.calls(number)}
        return records == {("sales", "answered", None), ("orders", "closed", "blocked")}

    await until(ended, 20, "both calls are on record")


async def test_a_hidden_number_and_an_emergency_number_cannot_be_blocked(centre: RunningCentre) -> None:
    for number in ("anonymous", "110", "12345", SALES):
        with pytest.raises(Refused):
            await block(centre, number)
    before = len(centre.floor.events())
    await rang(centre, "anonymous")
    assert [seen.party for seen in centre.floor.events()[before:] if seen.what == "ringing"] == ["1001"]


async def test_a_block_holds_on_a_line_with_a_flow_while_the_service_is_asked(centre: RunningCentre) -> None:
    number = "13955000005"
    await centre.load_flow(sample("hotline", "orders"), "orders")
    await block(centre, number)
    await rendered(centre, number)
    assert await rang(centre, number, ORDERS) == []
    record = await centre.call(number, within=20)
    assert (record["outcome"], record["reason"]) == ("closed", "blocked")
