"""R8 on a real Asterisk: without a speaker on duty the caller hears so, and a speaker calls back when next on duty."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from callcenter.clock import now
from callcenter.demo.api_client import Json, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers
from tests.e2e.centre import ORDERS, SALES, RunningCentre, running_centre

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
DIALECT = "xiang-changsha"
SPOKEN, STANDARD = "13988000001", "13988000002"
SPEAKER, NEIGHBOUR, ANYONE = "1001", "1002", "1003"
SKILLS = {SPEAKER: {DIALECT: 5}, NEIGHBOUR: {"xiang-loudi": 5}, ANYONE: {"zh-CN": 5}}
QUICK = answers(0.2, 0.2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    async with running_centre(tmp_path_factory.mktemp("speaker") / "c") as running:
        api = running.api
        for agent, skills in SKILLS.items():
            person = await api.get(f"/agents/{agent}")
            await api.put(f"/agents/{agent}", {"name": person["name"], "phones": person["phones"], "skills": skills})
        await api.post("/customers", {"name": "周", "numbers": [f"+86{SPOKEN}"], "language": DIALECT})
        queue = {"strategy": "rrmemory", "move_on_at_ring": 4, "dialects": [DIALECT], "no_speaker": "callback"}
        await api.put("/queues/sales", queue)

        async def known() -> bool:
            listing = await running.console("dialplan show cc-caller")
            return f"n{SPOKEN}" in listing and DIALECT in await running.console("dialplan show cc-speaker")

        await until(known, 40, "the caller is known to the dialplan", every=0.5)
        yield running


async def rang(centre: RunningCentre, number: str) -> list[str]:
    before = len(centre.floor.events())
    async with calls(centre.centre.network, [Caller(number, SALES)]) as ringing:
        assert await ringing.over(60)
    return [seen.party for seen in centre.floor.events()[before:] if seen.what == "ringing" and seen.other == number]


async def return_call(centre: RunningCentre, number: str) -> Json:
    entries: list[Json] = []

    async def asked() -> bool:
        entries[:] = [entry for entry in await centre.api.items("/callbacks") if entry["number"] == number]
        return bool(entries)

    await until(asked, 20, "the return call exists")
    return entries[0]


async def test_R8_a_speaker_or_one_of_the_group_on_duty_takes_the_call(centre: RunningCentre) -> None:
    for agent in (SPEAKER, NEIGHBOUR):
        await centre.staff("sales", {agent: QUICK, ANYONE: QUICK})
        await centre.members(f"sales.{DIALECT}", agent, ANYONE)
        assert await rang(centre, SPOKEN) == [agent]


async def test_R8_without_a_speaker_a_return_call_by_one_is_due_when_one_is_next_on_duty(centre: RunningCentre) -> None:
    await centre.staff("sales", {ANYONE: QUICK})
    await centre.members(f"sales.{DIALECT}")
    start = (now() + timedelta(hours=26)).replace(microsecond=0)
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=8)).isoformat()}
    await centre.api.post("/shifts", {"agent": SPEAKER, "line": "sales", **times})
    number = f"0{SPOKEN}"
    assert await rang(centre, number) == []
    record = await centre.call(number, within=20)
    assert (record["outcome"], record["reason"], record["dialect"]) == ("callback_requested", "no_speaker", DIALECT)
    item = await return_call(centre, f"+86{SPOKEN}")
    assert (item["source"], item["language"]) == ("dialect", DIALECT)
    assert item["due_at"] >= start.isoformat().replace("+00:00", "Z")


async def test_R8_a_waiting_caller_whose_only_speaker_signs_out_is_promised_a_return_call(
    centre: RunningCentre,
) -> None:
    """Both agents talk to other callers and keep those calls; no one on duty speaks the dialect any more."""
    await centre.staff("sales", {SPEAKER: answers(0.1), ANYONE: answers(0.1)})
    await centre.members(f"sales.{DIALECT}", SPEAKER, ANYONE)
    talking, waiting, network = f"+86{SPOKEN}", f"86{SPOKEN}", centre.centre.network
    async with calls(network, [Caller(talking, SALES)]) as first:
        await centre.floor.see("answered", SPEAKER, caller=talking)
        async with calls(network, [Caller("13988000003", SALES)]) as other:
            await centre.floor.see("answered", ANYONE, caller="13988000003")
            async with calls(network, [Caller(waiting, SALES)]) as second:

                async def waits() -> bool:
                    return "has 1 calls" in await centre.console(f"queue show sales.{DIALECT}")

                await until(waits, 20, "the caller waits for the speaker", every=0.2)
                await centre.api.put(f"/agents/{SPEAKER}/presence", {"state": "signed_out", "despite_reason": "测试"})
                assert await second.over(60)
            ended = [seen for seen in (*first.events(), *other.events()) if seen.what == "was_hung_up"]
            assert ended == [], "the talks go on"
    record = await centre.call(waiting, within=20)
    assert (record["outcome"], record["reason"], record["dialect"]) == ("callback_requested", "no_speaker", DIALECT)
    assert centre.floor.rang(ANYONE, waiting) == 0
    for number, agent in ((talking, SPEAKER), ("13988000003", ANYONE)):
        record = await centre.call(number, within=20)
        assert (record["outcome"], record["agent"]) == ("answered", agent)


async def test_R8_without_any_speaker_of_the_language_that_a_queue_requires_one_calls_back(
    centre: RunningCentre,
) -> None:
    """Someone is on duty, but no one who may serve the queue: no one waits for an agent who is not there."""
    foreigner, caller = "1004", "13988000009"
    person = await centre.api.get(f"/agents/{foreigner}")
    skills = {"name": person["name"], "phones": person["phones"], "skills": {"en": 5}}
    await centre.api.put(f"/agents/{foreigner}", skills)
    queue = {"strategy": "rrmemory", "move_on_at_ring": 7, "skill": "zh-CN", "min_level": 3}
    await centre.api.put("/queues/orders", queue)
    await centre.floor.register({foreigner: QUICK})
    await centre.shift(foreigner, "orders")
    await centre.api.put(f"/agents/{foreigner}/presence", {"state": "available"})
    await centre.members("orders")
    start = (now() + timedelta(hours=30)).replace(microsecond=0)
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=8)).isoformat()}
    await centre.api.post("/shifts", {"agent": ANYONE, "line": "orders", **times})
    before = len(centre.floor.events())
    async with calls(centre.centre.network, [Caller(caller, ORDERS, patience=60)]) as ringing:
        assert await ringing.over(60)
    assert not [seen for seen in centre.floor.events()[before:] if seen.what == "ringing"]
    record = await centre.call(caller, within=20)
    assert record["outcome"] in ("closed", "overflowed"), record
    item = await return_call(centre, f"+86{caller}")
    assert item["language"] == "zh-cn"
    assert item["due_at"] >= start.isoformat().replace("+00:00", "Z")


async def test_R11_callers_of_the_standard_language_are_served_as_before(centre: RunningCentre) -> None:
    await centre.staff("sales", {ANYONE: QUICK})
    assert await rang(centre, STANDARD) == [ANYONE]
