"""Tests calls from the ringing line to an agent on duty, with nothing lost: the whole centre on a real Asterisk."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.ami_link import AmiLink
from callcenter.asterisk.sip_guard import KINDS
from callcenter.asterisk.translate import TABLE
from callcenter.centre.pbx_config import embedded_of, login_of, secrets_of
from callcenter.demo.api_client import Json, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers, busy, declines, silent, transfers
from tests.e2e.centre import FOURTH_RING, ORDERS, RING, SALES, THIRD_TONE_ENDS, RunningCentre, running_centre

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    folder: Path = tmp_path_factory.mktemp("house")
    async with running_centre(folder) as running:
        yield running


async def test_answered_on_ring_1(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": answers(after=0.5)})
    async with calls(centre.centre.network, [Caller("13900000001", SALES, "李小龙", talks=8)]) as ringing:
        await centre.floor.see("answered", "1001", caller="13900000001")
        assert await ringing.over()
    record = await centre.call("13900000001")
    assert (record["outcome"], record["agent"], record["line"]) == ("answered", "1001", "sales")
    assert (record["hung_up_by"], record["late"]) == ("caller", False)
    assert [offer["outcome"] for offer in record["offers"]] == ["answered"]
    assert record["offers"][0]["rings"] == 1


async def test_asterisk_sends_no_event_of_a_call_that_nobody_reads(centre: RunningCentre) -> None:
    """Each event costs Asterisk the writing and the service the reading; a list answer ends with `...Complete`."""
    names: Counter[str] = Counter()
    devices: set[str] = set()
    settings = centre.centre.settings
    secret, _ = secrets_of(settings, embedded_of(settings))
    link = await AmiLink.connect(login_of(settings, settings.pbx.events_user, secret, events=True))
    try:
        await centre.staff("sales", {"1001": answers(after=0.5)})
        async with calls(centre.centre.network, [Caller("13900000091", SALES, talks=2)]) as ringing:
            assert await ringing.over()
        await centre.call("13900000091")
        while not link.events.empty():
            message = link.events.get_nowait()
            assert message is not None
            names[message.name] += 1  # An answer to a ping has no name.
            devices.add(message.get("Device"))
    finally:
        await link.close()
    assert names["AgentConnect"] == names["AgentComplete"] == 1
    assert set(names) - set(TABLE) - set(KINDS) - {"FullyBooted", ""} == set()
    assert not [device for device in devices if device.startswith("Queue:")]


async def test_R1_answered_on_ring_4_is_late_and_was_flagged_before_the_answer(centre: RunningCentre) -> None:
    await centre.staff("orders", {"1001": answers(after=FOURTH_RING + 2, talks=1)})
    async with calls(centre.centre.network, [Caller("13900000002", ORDERS)]) as ringing:
        rang = await centre.floor.see("ringing", "1001", caller="13900000002")
        live = await centre.calls("13900000002")

        async def flagged() -> bool:
            result = await centre.calls("13900000002")
            return bool(result) and bool(await centre.flags(result[0]["id"]))

        await until(flagged, THIRD_TONE_ENDS + 1.5, "the flag is raised while the phone still rings")
        assert not [seen for seen in centre.floor.events() if seen.what == "answered" and seen.at > rang.at]
        assert await ringing.over()
        assert live is not None
    record = await centre.call("13900000002")
    assert (record["outcome"], record["late"], record["hung_up_by"]) == ("answered", True, "agent")
    assert record["offers"][0]["rings"] == 4
    assert {flag["clause"] for flag in await centre.flags(record["id"])} >= {"R1"}


async def test_R1_no_answer_then_a_second_agent(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": silent()})
    async with calls(centre.centre.network, [Caller("13900000003", SALES)]) as ringing:
        await centre.floor.see("ringing", "1001", caller="13900000003")
        await centre.floor.register({"1002": answers(0.5, 1)})
        await centre.shift("1002", "sales")
        await centre.api.put("/agents/1002/presence", {"state": "available"})
        await centre.floor.see("answered", "1002", within=FOURTH_RING + 6, caller="13900000003")
        assert await ringing.over()
    record = await centre.call("13900000003")
    assert [(offer["agent"], offer["outcome"]) for offer in record["offers"]] == [
        ("1001", "no_answer"),
        ("1002", "answered"),
    ]
    # The call moves on as the fourth ring begins: a few milliseconds either way decide whether its tone has begun.
    assert record["offers"][0]["rings"] in (3, 4)


@pytest.mark.parametrize(("word", "number"), [("declined", "13900000004"), ("busy", "13900000005")])
async def test_a_refused_phone_is_no_missed_ring(centre: RunningCentre, word: str, number: str) -> None:
    await centre.staff("sales", {"1001": declines() if word == "declined" else busy()})
    async with calls(centre.centre.network, [Caller(number, SALES)]) as ringing:
        await centre.floor.see(word, "1001", caller=number)
        await centre.floor.register({"1001": answers(0.2, 1)})
        assert await ringing.over()
    record = await centre.call(number)
    assert record["offers"][0]["outcome"] == word
    assert record["offers"][-1]["outcome"] == "answered"


async def test_a_caller_gives_up_in_the_queue(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": answers(0.3)})
    first, second = Caller("13900000006", SALES, talks=9), Caller("13900000007", SALES, talks=5, patience=5)
    async with calls(centre.centre.network, [first]) as talking:
        await centre.floor.see("answered", "1001", caller="13900000006")
        async with calls(centre.centre.network, [second]) as waiting:
            assert await waiting.over()
        assert await talking.over()
    record = await centre.call("13900000007")
    assert (record["outcome"], record["agent"], record["offers"]) == ("abandoned", None, [])


async def test_R1_a_caller_gives_up_after_the_third_ring(centre: RunningCentre) -> None:
    await centre.staff("orders", {"1001": silent()})
    after = THIRD_TONE_ENDS + 4
    async with calls(centre.centre.network, [Caller("13900000008", ORDERS, talks=after, patience=after)]) as ringing:
        await centre.floor.see("cancelled", "1001", within=after + 5, caller="13900000008")
        assert await ringing.over()
    record = await centre.call("13900000008")
    assert (record["outcome"], record["hung_up_by"]) == ("abandoned", "caller")
    assert [offer["outcome"] for offer in record["offers"]] == ["caller_left"]
    assert "R1" in {flag["clause"] for flag in await centre.flags(record["id"])}


async def test_R1_a_caller_who_hears_ringing_while_all_agents_are_busy_is_flagged_once(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": answers(0.3)})
    first = Caller("13900000050", SALES, talks=THIRD_TONE_ENDS + 9)
    second = Caller("13900000051", SALES, talks=THIRD_TONE_ENDS + 3)
    async with calls(centre.centre.network, [first]) as talking:
        await centre.floor.see("answered", "1001", caller="13900000050")
        async with calls(centre.centre.network, [second]) as waiting:
            assert await waiting.over(within=30)
        assert await talking.over(within=30)
    record = await centre.call("13900000051")
    (flag,) = [flag for flag in await centre.flags(record["id"]) if flag["clause"] == "R1"]
    assert (flag["agent"], flag["facts"]["side"], flag["state"]) == (None, "caller", "raised")
    heard = datetime.fromisoformat(flag["raised_at"]) - datetime.fromisoformat(record["queued_at"])
    assert abs(heard - timedelta(seconds=THIRD_TONE_ENDS)) < timedelta(seconds=0.1)
    served = await centre.call("13900000050")
    assert not [flag for flag in await centre.flags(served["id"]) if flag["clause"] == "R1"]


async def test_R5_the_agent_hangs_up_first(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": answers(0.3, talks=1)})
    async with calls(centre.centre.network, [Caller("13900000009", SALES)]) as ringing:
        assert await ringing.over()
    record = await centre.call("13900000009")
    assert record["hung_up_by"] == "agent"
    (flag,) = [flag for flag in await centre.flags(record["id"]) if flag["clause"] == "R5"]
    assert flag["state"] == "raised"
    word = {"word": "abusive", "reason": "来电人辱骂，主管同意结束"}
    await centre.api.post(f"/calls/{record['id']}/conduct-word", word)
    (flag,) = [flag for flag in await centre.flags(record["id"]) if flag["clause"] == "R5"]
    assert (flag["state"], flag["by"]) == ("annulled", "system")
    conduct: Json = {}

    async def measured() -> bool:
        conduct.update(await centre.api.get(f"/calls/{record['id']}/conduct"))
        return conduct["length"] is not None

    # A separate job stores the length, put when the record became final.
    await until(measured, 10.0, "the call's length is kept", every=0.1)
    assert (conduct["hung_up_by"], [entry["kind"] for entry in conduct["excuses"]]) == ("agent", ["abusive"])
    assert conduct["length"] == {"seconds": record["talk_seconds"], "usual": None, "long_from": 600.0, "long": False}


@pytest.mark.parametrize(("attended", "number"), [(False, "13900000010"), (True, "13900000011")])
async def test_a_transfer_reaches_the_colleague_in_one_record(
    centre: RunningCentre, attended: bool, number: str
) -> None:
    await centre.staff("sales", {"1001": transfers("1003", 0.3, 1.0, attended)})
    await centre.floor.register({"1003": answers(0.3)})
    async with calls(centre.centre.network, [Caller(number, SALES, talks=12)]) as ringing:
        await centre.floor.see("transferred", "1001", caller=number)
        await centre.floor.see("answered", "1003")
        assert await ringing.over()
    record = await centre.call(number)
    assert record["outcome"] == "answered"
    assert [transfer["kind"] for transfer in record["transfers"]] == ["attended" if attended else "blind"]
    await centre.floor.unregister(["1003"])


async def test_two_lines_ring_different_agents(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": answers(0.3, 1)})
    await centre.floor.register({"1002": answers(0.3, 1)})
    await centre.shift("1002", "orders")
    await centre.api.put("/agents/1002/presence", {"state": "available"})
    await centre.members("orders", "1002")
    pair = [Caller("13900000012", SALES), Caller("13900000013", ORDERS)]
    async with calls(centre.centre.network, pair) as ringing:
        assert await ringing.over()
    assert (await centre.call("13900000012"))["agent"] == "1001"
    assert (await centre.call("13900000013"))["agent"] == "1002"


async def test_a_shift_that_starts_while_a_caller_waits_serves_them(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": answers(0.3)})
    first, second = Caller("13900000014", SALES, talks=12), Caller("13900000015", SALES)
    async with calls(centre.centre.network, [first]) as talking:
        await centre.floor.see("answered", "1001", caller="13900000014")
        async with calls(centre.centre.network, [second]) as waiting:
            await centre.floor.register({"1002": answers(0.3, 1)})
            await centre.api.put("/agents/1002/presence", {"state": "available"})
            assert centre.floor.rang("1002", "13900000015") == 0
            await centre.shift("1002", "sales")
            assert await waiting.over()
        assert await talking.over()
    assert (await centre.call("13900000015"))["agent"] == "1002"


async def test_a_shift_that_ends_in_a_call_does_not_cut_it(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": answers(0.3)})
    async with calls(centre.centre.network, [Caller("13900000016", SALES, talks=8)]) as ringing:
        await centre.floor.see("answered", "1001", caller="13900000016")
        for shift in await centre.api.items("/shifts"):
            await centre.api.delete(f"/shifts/{shift['id']}")
        await centre.members("sales")
        assert await ringing.over()
        assert ringing.events()[-1].what == "hung_up"
    assert (await centre.call("13900000016"))["outcome"] == "answered"


async def test_R3_a_shift_that_ends_while_a_caller_waits_lets_them_hear_so(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": silent()})
    caller = Caller("13900000018", SALES, talks=60, patience=60)
    async with calls(centre.centre.network, [caller]) as waiting:
        await centre.floor.see("ringing", "1001", caller="13900000018")
        for shift in await centre.api.items("/shifts"):
            await centre.api.delete(f"/shifts/{shift['id']}")
        await waiting.over(within=45)
    record = await centre.call("13900000018")
    assert (record["outcome"], record["reason"]) == ("closed", "nobody_on_duty")


async def test_R1_a_line_with_chinas_cadence_is_flagged_at_the_end_of_its_third_tone(centre: RunningCentre) -> None:
    await centre.api.post("/queues", {"code": "slow", "move_on_at_ring": 6})
    line = {"code": "slow", "queue": "slow", "dids": ["073188880009"], "cadence_country": "cn"}
    await centre.api.post("/lines", line)
    await until(lambda: _knows(centre, "073188880009"), 10, "Asterisk knows the new line")
    await centre.staff("slow", {"1001": silent()})
    caller = Caller("13900000019", "073188880009", talks=13, patience=13)
    async with calls(centre.centre.network, [caller]) as waiting:
        await waiting.over(within=30)
    record = await centre.call("13900000019")
    offer = record["offers"][0]
    assert (offer["rings"], offer["outcome"]) == (3, "caller_left")
    (flag,) = [flag for flag in await centre.flags(record["id"]) if flag["clause"] == "R1"]
    rang, queued = datetime.fromisoformat(offer["ringing_at"]), datetime.fromisoformat(record["queued_at"])
    assert (flag["facts"]["side"], flag["agent"]) == ("both", "1001")
    assert datetime.fromisoformat(flag["facts"]["agent_late_at"]) - rang == timedelta(seconds=11)
    assert abs(datetime.fromisoformat(flag["raised_at"]) - queued - timedelta(seconds=11)) < timedelta(seconds=0.1)


async def _knows(centre: RunningCentre, did: str) -> bool:
    return did in await centre.console("dialplan show cc-inbound")


async def test_R3_a_caller_without_an_agent_on_duty_hears_it_and_the_record_has_a_reason(centre: RunningCentre) -> None:
    await centre.staff("sales", {})
    async with calls(centre.centre.network, [Caller("13900000017", SALES, talks=40, patience=40)]) as ringing:
        await ringing.over()
    record = await centre.call("13900000017")
    assert (record["outcome"], record["reason"]) == ("closed", "nobody_on_duty")


async def test_an_agent_who_pauses_or_signs_out_is_not_rung(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": answers(0.3, 1), "1002": answers(0.3, 1), "1003": answers(0.3, 1)})
    await centre.api.put("/agents/1001/presence", {"state": "paused", "reason": "meal"})
    await centre.api.put("/agents/1002/presence", {"state": "signed_out", "despite_reason": "测试"})
    await centre.members("sales", "1003")
    numbers = [f"1390000002{i}" for i in range(3)]
    async with calls(centre.centre.network, [Caller(number, SALES) for number in numbers]) as ringing:
        assert await ringing.over()
    assert {(await centre.call(number))["agent"] for number in numbers} == {"1003"}


async def test_a_phone_that_lost_its_registration_is_not_waited_for(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": answers(0.3, 1), "1002": answers(0.3, 1)})
    await centre.floor.unregister(["1001"])
    async with calls(centre.centre.network, [Caller("13900000030", SALES)]) as ringing:
        called = await ringing.see("called")
        answered = await centre.floor.see("answered", "1002", caller="13900000030")
        assert answered.at - called.at < 2 * RING + 5
        assert await ringing.over()
    assert (await centre.call("13900000030"))["agent"] == "1002"


NAMES = {
    "13900000040": "李小龙",
    "13900000041": "<script>alert(1)</script>",
    "13900000042": 'a"b\\c',
    "13900000043": "😀",
}


async def test_hostile_and_chinese_names_arrive_as_they_are(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": answers(0.2, 0.3)})
    async with calls(centre.centre.network, [Caller(n, SALES, name) for n, name in NAMES.items()]) as ringing:
        assert await ringing.over()
    for number, name in NAMES.items():
        # SIP escapes quotes and backslashes in transit (RFC 3261, 25.1); nothing unescapes them.
        assert (await centre.call(number))["caller_name"] == name


async def test_kill_9_in_the_middle_of_calls_loses_no_call_and_no_record(centre: RunningCentre) -> None:
    staff = {agent: answers(0.3, talks=2) for agent in ("1001", "1002", "1003", "1004")}
    await centre.staff("sales", staff)
    numbers = [f"139000010{i:02}" for i in range(50)]
    before = len(await centre.api.items("/calls", limit="200"))
    async with calls(centre.centre.network, [Caller(n, SALES, patience=90) for n in numbers], per_second=10) as ringing:
        await ringing.see("called", numbers[25], within=20)
        await centre.centre.kill(signal.SIGKILL)
        await centre.centre.start()
        assert await ringing.over(within=110)
        assert sum(seen.what == "was_hung_up" for seen in ringing.events()) == 50
    records = await asyncio.gather(*(centre.call(number, within=20) for number in numbers))
    assert {record["outcome"] for record in records} == {"answered"}
    assert {record["hung_up_by"] for record in records} == {"agent"}
    assert len(await centre.api.items("/calls", limit="200")) == before + 50
