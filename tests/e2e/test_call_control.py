"""Tests call control on a real Asterisk: an agent starts, holds, mutes and ends calls by the API, with a desk phone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from callcenter import clock
from callcenter.demo.api_client import Json, NotYet, Refused, until
from callcenter.demo.seed import secret
from tests.callbacks.console import Console
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.support.sip import Call, Station, station
from tests.support.waiting import until as until_state

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
ZONE = ZoneInfo("Asia/Shanghai")
AGENT_HERTZ, CUSTOMER_HERTZ, COLLEAGUE_HERTZ = 700, 1300, 1900


@dataclass
class CallCentre:
    """Agent 1001 (`phone`, `page`) and a colleague 1002; `carrier` is the outside world."""

    running: RunningCentre
    carrier: Station
    phone: Station
    colleague: Station
    page: Console
    other_page: Console

    async def live_call(self, call: str) -> Json:
        return await self.running.api.get(f"/calls/{call}")

    async def finished(self, call: str) -> Json:
        """The record of a call once the PBX's files have ended it."""
        rows: list[Json] = []

        async def whole() -> bool:
            try:
                rows[:] = [await self.running.api.get(f"/calls/{call}")]
            except Refused:
                return False
            legs = rows[0]["legs"]
            return rows[0]["outcome"] is not None and bool(legs) and all(leg["ended_at"] for leg in legs)

        await until(whole, 15, f"the record of {call}", every=0.1)
        return rows[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CallCentre]:
    async with running_centre(tmp_path_factory.mktemp("control"), agents=("1001", "1002")) as running:
        ports = running.centre.ports
        address = ("127.0.0.1", ports["CC_PBX__SIP_PORT"])
        secrets = {agent: await secret(running.api, agent) for agent in running.agents}
        first = await running.centre.account("lilei", "李雷", "agent", "1001")
        second = await running.centre.account("hanmei", "韩梅", "agent", "1002")
        async with (
            station(address, port=ports["CC_PBX__TRUNK_PORT"]) as carrier,
            station(address, "1001", secrets["1001"]) as phone,
            station(address, "1002", secrets["1002"]) as colleague,
            Console(running.centre.origin, "lilei", first) as page,
            Console(running.centre.origin, "hanmei", second) as other_page,
        ):
            carrier.hum, phone.hum, colleague.hum = (CUSTOMER_HERTZ,), (AGENT_HERTZ,), (COLLEAGUE_HERTZ,)
            for station_ in (phone, colleague):
                assert await station_.register() == 200
            for agent in running.agents:
                await running.api.put(f"/agents/{agent}/presence", {"state": "available"})
            await running.shift("1001", "sales")
            yield CallCentre(running, carrier, phone, colleague, page, other_page)


async def started(centre: CallCentre, number: str) -> tuple[str, Call, Call]:
    """Start a call from the page; the agent's phone and the customer answer. Returns its id and both sides."""
    calls, rings = len(centre.carrier.incoming), len(centre.phone.incoming)
    asked: list[Json] = []

    async def accepted() -> bool:
        try:
            asked[:] = [await centre.page.post("/calls", {"number": number, "line": "sales"})]
        except Refused as error:
            # The phone's last call has only just ended, or the service has not seen the phone yet.
            refusals.append(str(error))
            return False
        return True

    refusals: list[str] = []
    try:
        await until(accepted, 20, "the phone is free", every=0.2)
    except NotYet:
        raise AssertionError(refusals[-1]) from None
    own = await centre.phone.called(rings + 1)
    own.answer()
    customer = await centre.carrier.called(calls + 1)
    customer.answer()
    await customer.acknowledged()
    return asked[0]["call"], own, customer


async def hears(call: Call) -> None:
    """Wait until this side has heard something for a while from now on."""
    begin = time.time()
    await until_state(lambda: call.media.loud_seconds(begin) > 0.3, 8)


async def heard(call: Call, seconds: float = 0.6) -> float:
    """For how many seconds of the next ones this side heard something."""
    begin = time.time()
    await until_state(lambda: time.time() - begin > seconds, seconds + 5)
    return call.media.loud_seconds(begin, begin + seconds)


async def test_an_agent_starts_a_call_holds_the_customer_and_ends_it_with_a_reason(centre: CallCentre) -> None:
    call, own, customer = await started(centre, "13974812001")
    await hears(customer)
    held = await centre.page.post(f"/calls/{call}/hold")
    assert (held["act"], held["outcome"]) == ("hold", "done")
    # The customer hears music and no longer the agent; the agent hears nothing.
    assert await heard(own) < 0.1
    assert (await centre.page.post(f"/calls/{call}/hold"))["outcome"] == "done"
    assert (await centre.page.post(f"/calls/{call}/unhold"))["outcome"] == "done"
    await hears(own)
    with pytest.raises(Refused, match="hangup_reason_missing"):
        await centre.page.post(f"/calls/{call}/hangup", {})
    ended = await centre.page.post(f"/calls/{call}/hangup", {"reason": "caller_asked"})
    assert ended["reason"] == "caller_asked"
    await own.gone()
    await customer.gone()
    record = await centre.finished(call)
    assert (record["direction"], record["agent"], record["called_number"]) == ("outbound", "1001", "13974812001")
    assert (record["outcome"], record["hung_up_by"]) == ("answered", "agent")
    assert len(record["holds"]) == 1
    with pytest.raises(Refused, match="call_over"):
        await centre.page.post(f"/calls/{call}/hold")
    acts = await centre.running.api.items(f"/calls/{call}/acts")
    assert [act["act"] for act in acts] == ["originate", "hold", "hold", "unhold", "hangup"]


async def test_muting_keeps_the_agent_from_the_customer_and_keys_reach_them(centre: CallCentre) -> None:
    call, own, customer = await started(centre, "13974812002")
    await hears(customer)
    await centre.page.post(f"/calls/{call}/mute")
    assert await heard(customer) < 0.1
    await hears(own)
    await centre.page.post(f"/calls/{call}/unmute")
    await hears(customer)
    await centre.page.post(f"/calls/{call}/dtmf", {"keys": "12#"})
    with pytest.raises(Refused, match="not_on_call"):
        await centre.other_page.post(f"/calls/{call}/hold")
    with pytest.raises(Refused, match="call_not_ringing"):
        await centre.page.post(f"/calls/{call}/answer")
    customer.hang_up()
    await own.gone()
    assert (await centre.finished(call))["hung_up_by"] == "caller"


async def test_only_the_agent_whose_phone_rings_sees_the_caller_before_the_answer(centre: CallCentre) -> None:
    number = "13974812004"
    customer = await centre.running.api.post("/customers", {"name": "王芳", "numbers": [number], "aliases": ["王先生"]})
    case = await centre.running.api.post(
        "/cases", {"what_happened": "螃蟹坏了", "severity": "minor", "customer": customer["id"], "phone": number}
    )
    await centre.running.members("sales", "1001")
    rings = len(centre.phone.incoming)
    async with centre.page.live() as mine, centre.other_page.live() as others:
        caller = await centre.carrier.call(SALES, number)
        own = await centre.phone.called(rings + 1)
        await until_state(lambda: any(message.get("kind") == "pop" for message in mine), 5)
        pop = next(message["data"] for message in mine if message.get("kind") == "pop")
        assert (pop["agent"], pop["number"], pop["identified_by"]) == ("1001", number, "number")
        assert [(c["id"], c["people"]) for c in pop["customers"]] == [(customer["id"], ["王芳", "王先生"])]
        assert [c["number"] for c in pop["open_cases"]] == [case["number"]]
        assert pop["attempts_today"] == 1
        assert pop["place"]
        read = await centre.page.get(f"/calls/{pop['call']}/pop")
        assert {**read, "as_of": None, "queued_at": None} == {**pop, "as_of": None, "queued_at": None}
        with pytest.raises(Refused, match="not_your_call"):
            await centre.other_page.get(f"/calls/{pop['call']}/pop")
        # The line has answered for the queue: a CANCEL would come too late (RFC 3261, 9.1).
        await caller.status(200)
        caller.hang_up()
        await own.gone()
        # The colleague's page has heard of the call, and nothing of the caller.
        await until_state(lambda: any(message.get("kind") == "call" for message in others), 5)
        assert not any(message.get("kind") == "pop" for message in others)
        assert number not in str(others)


@pytest.mark.parametrize("returned", [False, True])
async def test_a_customer_who_hangs_up_on_hold_or_as_they_return_ends_the_call(
    centre: CallCentre, returned: bool
) -> None:
    call, own, customer = await started(centre, "13974812005")
    await centre.page.post(f"/calls/{call}/hold")
    if returned:
        await centre.page.post(f"/calls/{call}/unhold")
    customer.hang_up()
    await own.gone()
    assert (await centre.finished(call))["hung_up_by"] == "caller"


async def consulting(centre: CallCentre, call: str) -> Call:
    """Consult agent 1002, who answers; returns the colleague's side."""
    rings = len(centre.colleague.incoming)
    await centre.page.post(f"/calls/{call}/consult", {"agent": "1002"})
    colleague = await centre.colleague.called(rings + 1, within=15)
    colleague.answer()
    await colleague.acknowledged()
    return colleague


async def test_a_call_is_passed_to_a_colleague_at_once(centre: CallCentre) -> None:
    call, own, customer = await started(centre, "13974812010")
    with pytest.raises(Refused, match="bad_transfer_target"):
        await centre.page.post(f"/calls/{call}/transfer", {})
    with pytest.raises(Refused, match="call_not_consulting"):
        await centre.page.post(f"/calls/{call}/consult/complete")
    rings = len(centre.colleague.incoming)
    await centre.page.post(f"/calls/{call}/transfer", {"agent": "1002"})
    await own.gone()
    colleague = await centre.colleague.called(rings + 1)
    colleague.answer()
    await colleague.acknowledged()
    await hears(customer)
    customer.hang_up()
    await colleague.gone()
    transfers = (await centre.finished(call))["transfers"]
    assert [(t["kind"], t["target"], t["result"]) for t in transfers] == [("blind", "1002", "answered")]


async def test_a_call_is_passed_to_a_queue_that_a_colleague_is_lent_to(centre: CallCentre) -> None:
    running = centre.running
    until_then = (clock.now() + timedelta(hours=1)).isoformat()
    await running.api.post("/queues", {"code": "experts"})
    loan = await running.api.post("/agents/1002/loans", {"queue": "experts", "until": until_then})
    await running.members("experts", "1002", within=20)
    call, own, customer = await started(centre, "13974812013")
    rings = len(centre.colleague.incoming)
    with pytest.raises(Refused, match="unknown_queue"):
        await centre.page.post(f"/calls/{call}/transfer", {"queue": "nowhere"})
    await centre.page.post(f"/calls/{call}/transfer", {"queue": "experts"})
    await own.gone()
    colleague = await centre.colleague.called(rings + 1, within=15)
    colleague.answer()
    await colleague.acknowledged()
    await hears(customer)
    await running.api.delete(f"/agents/1002/loans/{loan['id']}")
    # A talk is not cut off when the loan ends.
    await running.members("experts")
    await hears(customer)
    customer.hang_up()
    await colleague.gone()
    record = await centre.finished(call)
    assert [(t["kind"], t["target"]) for t in record["transfers"]] == [("blind", "experts")]
    (leg,) = [leg for leg in record["legs"] if leg["agent"] == "1002" and leg["answered_at"]]
    day = await centre.other_page.get(f"/agents/1002/timeline?day={clock.now().astimezone(ZONE).date()}")
    talks = [span for span in day["spans"] if span["state"] == "on_call" and span["call"] == call]
    assert [(span["since"], span["until"]) for span in talks] == [(leg["answered_at"], leg["ended_at"])]
    with pytest.raises(Refused, match="not_your_presence"):
        await centre.page.get(f"/agents/1002/timeline?day={clock.now().astimezone(ZONE).date()}")


async def test_a_colleague_is_consulted_the_consultation_cancelled_and_then_completed(centre: CallCentre) -> None:
    call, own, customer = await started(centre, "13974812011")
    colleague = await consulting(centre, call)
    await hears(own)
    await centre.page.post(f"/calls/{call}/consult/cancel")
    await colleague.gone()
    await hears(customer)
    colleague = await consulting(centre, call)
    await centre.page.post(f"/calls/{call}/consult/complete")
    await own.gone()
    await hears(colleague)
    customer.hang_up()
    await colleague.gone()
    transfers = (await centre.finished(call))["transfers"]
    assert ("attended", "1002") in [(t["kind"], t["target"]) for t in transfers]


async def test_three_talk_and_one_is_removed(centre: CallCentre) -> None:
    call, own, customer = await started(centre, "13974812012")
    colleague = await consulting(centre, call)
    await centre.page.post(f"/calls/{call}/conference")
    await hears(customer)
    await hears(colleague)
    with pytest.raises(Refused, match="several_parties"):
        await centre.page.post(f"/calls/{call}/hold")
    with pytest.raises(Refused, match="unknown_party"):
        await centre.page.delete(f"/calls/{call}/parties/pbx1-1.1")
    legs = (await centre.live_call(call))["legs"]
    party = next(leg["uniqueid"] for leg in legs if leg["agent"] == "1002" and leg["answered_at"])
    removed = await centre.page.delete(f"/calls/{call}/parties/{party}")
    assert removed["outcome"] == "done"
    await colleague.gone()
    # The two others go on talking.
    await hears(customer)
    await hears(own)
    with pytest.raises(Refused, match=r"several_parties|unknown_party"):
        await centre.page.delete(f"/calls/{call}/parties/{party}")
    customer.hang_up()
    await own.gone()


async def test_R3_a_declined_ring_goes_on_to_a_colleague(centre: CallCentre) -> None:
    await centre.running.members("sales", "1001")
    rings = len(centre.phone.incoming)
    async with centre.page.live() as mine:
        caller = await centre.carrier.call(SALES, "13974812003")
        own = await centre.phone.called(rings + 1)
        await until_state(lambda: any(message.get("kind") == "pop" for message in mine), 5)
        call = next(message["data"]["call"] for message in mine if message.get("kind") == "pop")
    with pytest.raises(Refused, match="answered_by_hand"):
        await centre.page.post(f"/calls/{call}/answer")
    with pytest.raises(Refused, match="call_not_talking"):
        await centre.page.post(f"/calls/{call}/hold")
    await centre.page.post(f"/calls/{call}/decline", {"reason": "finishing_a_record"})
    await own.gone()
    again = await centre.phone.called(rings + 2)
    again.answer()
    await caller.status(200)
    await again.acknowledged()
    await centre.page.post(f"/calls/{call}/hold")
    assert (await centre.live_call(call))["ended_at"] is None
    await centre.page.post(f"/calls/{call}/unhold")
    caller.hang_up()
    await again.gone()
    record = await centre.finished(call)
    assert [offer["outcome"] for offer in record["offers"]] == ["declined", "answered"]
    assert record["hung_up_by"] == "caller"
