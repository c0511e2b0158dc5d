"""Callers whom a line does not serve go on, with their age, to another line, a return call or a message, on record."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from callcenter.demo.api_client import Refused, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import Temper, answers
from tests.e2e.centre import ORDERS, SALES, RunningCentre, running_centre

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
QUICK, TALKS = answers(0.2, 0.2), answers(0.1, 90)
"""`TALKS` is busy until the test ends the call."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    async with running_centre(tmp_path_factory.mktemp("over") / "c") as running:
        yield running


async def overflow(centre: RunningCentre, code: str, **values: object) -> None:
    """Set where the callers of a line overflow to, and wait until the dialplan has it."""
    line = await centre.api.get(f"/lines/{code}")
    line.pop("code")
    settings = {"overflow_to": "", "overflow_seconds": 0, "overflow_nobody": False, **values}
    await centre.api.put(f"/lines/{code}", {**line, **settings})
    target = str(settings["overflow_to"]).replace("line:", "line-")
    expected = f"CC_OVER={target},CC_OVER_AFTER={settings['overflow_seconds'] or ''}," if target else "CC_LINE="

    async def rendered() -> bool:
        listing = await centre.console(f"dialplan show {code}@cc-line")
        return expected in listing and ("CC_OVER=" in listing) is bool(target)

    await until(rendered, 40, f"the dialplan overflows {code} to {target}", every=0.3)


async def duty(centre: RunningCentre, sales: dict[str, Temper], orders: dict[str, Temper]) -> None:
    """Exactly these agents on duty for the two lines."""
    await centre.staff("sales", sales | orders)
    for shift in await centre.api.items("/shifts"):
        if shift["agent"] in orders:
            await centre.api.delete(f"/shifts/{shift['id']}")
    for agent in orders:
        await centre.shift(agent, "orders")
    await centre.members("orders", *orders)
    await centre.members("sales", *sales)


async def hang_up(centre: RunningCentre, agent: str) -> None:
    """End the agent's call from the PBX, as soon as the test has seen what it is about."""
    channels = [line.split("!")[0] for line in (await centre.console("core show channels concise")).splitlines()]
    [channel] = [channel for channel in channels if channel.startswith(f"PJSIP/{agent}-")]
    await centre.console(f"channel request hangup {channel}")


async def rang(centre: RunningCentre, number: str, dialled: str = SALES) -> list[str]:
    before = len(centre.floor.events())
    async with calls(centre.centre.network, [Caller(number, dialled)]) as ringing:
        assert await ringing.over(90)
    return [seen.party for seen in centre.floor.events()[before:] if seen.what == "ringing" and seen.other == number]


async def test_R3_a_caller_who_waits_too_long_goes_on_to_another_line_with_their_age(centre: RunningCentre) -> None:
    await overflow(centre, "sales", overflow_to="line:orders", overflow_seconds=3)
    await duty(centre, {"1001": TALKS}, {"1002": QUICK})
    async with calls(centre.centre.network, [Caller("13977000001", SALES)]) as talking:
        await centre.floor.see("answered", "1001", caller="13977000001")
        assert await rang(centre, "13977000002") == ["1002"]
        await hang_up(centre, "1001")
        assert await talking.over(60)
    record = await centre.call("13977000002", within=20)
    assert (record["outcome"], record["agent"], record["line"], record["queue"], record["overflowed_to"]) == (
        "answered",
        "1002",
        "sales",
        "sales",
        "line:orders",
    )
    assert record["wait_seconds"] >= 3
    served = await centre.call("13977000001", within=20)
    assert (served["outcome"], served["overflowed_to"]) == ("answered", "")


async def test_R4_when_no_one_is_on_duty_the_other_line_takes_the_caller_at_once(centre: RunningCentre) -> None:
    await overflow(centre, "sales", overflow_to="line:orders", overflow_nobody=True)
    await duty(centre, {}, {"1002": QUICK})
    assert await rang(centre, "13977000003") == ["1002"]
    record = await centre.call("13977000003", within=20)
    assert (record["outcome"], record["overflowed_to"], record["line"]) == ("answered", "line:orders", "sales")
    # The other line has nobody either: the caller hears so on their own line.
    await duty(centre, {}, {})
    assert await rang(centre, "13977000004") == []
    record = await centre.call("13977000004", within=30)
    assert (record["outcome"], record["reason"], record["overflowed_to"]) == ("closed", "nobody_on_duty", "")


async def test_R9_overflow_to_a_return_call_and_to_a_message_is_on_record(centre: RunningCentre) -> None:
    await overflow(centre, "sales", overflow_to="callback", overflow_seconds=2)
    await duty(centre, {"1001": TALKS}, {})
    async with calls(centre.centre.network, [Caller("13977000005", SALES)]) as talking:
        await centre.floor.see("answered", "1001", caller="13977000005")
        assert await rang(centre, "13977000006") == []
        record = await centre.call("13977000006", within=20)
        assert (record["outcome"], record["reason"], record["overflowed_to"]) == (
            "callback_requested",
            "overflowed",
            "callback",
        )

        async def asked() -> bool:
            return any(entry["number"] == "+8613977000006" for entry in await centre.api.items("/callbacks"))

        await until(asked, 20, "the return call exists")
        await overflow(centre, "sales", overflow_to="message", overflow_seconds=2)
        # The caller speaks without a pause and hangs up.
        async with calls(centre.centre.network, [Caller("13977000007", SALES, talks=14)]) as ringing:
            assert await ringing.over(90)
        record = await centre.call("13977000007", within=30)
        assert record["overflowed_to"] == "message"
        assert record["outcome"] in ("message_left", "overflowed")
        await hang_up(centre, "1001")
        assert await talking.over(90)


async def test_a_circle_of_lines_is_refused_and_a_line_that_others_lead_to_stays(centre: RunningCentre) -> None:
    await overflow(centre, "sales", overflow_to="line:orders", overflow_seconds=60)
    orders = await centre.api.get("/lines/orders")
    orders.pop("code")
    for target, code in (
        ("line:sales", "overflow_loop"),
        ("line:orders", "overflow_loop"),
        ("line:none", "unknown_line"),
    ):
        with pytest.raises(Refused) as refused:
            await centre.api.put("/lines/orders", {**orders, "overflow_to": target})
        assert refused.value.facts["problem"] == code
    with pytest.raises(Refused) as refused:
        await centre.api.delete("/lines/orders")
    assert refused.value.facts["problem"] == "in_use"
    await overflow(centre, "sales")


async def test_a_caller_who_is_served_in_time_does_not_overflow(centre: RunningCentre) -> None:
    await overflow(centre, "orders", overflow_to="callback", overflow_seconds=5)
    await duty(centre, {}, {"1002": QUICK})
    assert await rang(centre, "13977000008", ORDERS) == ["1002"]
    record = await centre.call("13977000008", within=20)
    assert (record["outcome"], record["overflowed_to"]) == ("answered", "")
