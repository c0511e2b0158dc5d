"""Tests a supervisor on a live call, on a real Asterisk: who hears whom is measured by each side's own tone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import numpy
import pytest
import pytest_asyncio

from callcenter.demo.api_client import Json, Refused, until
from callcenter.demo.seed import secret
from tests.callbacks.console import Console
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.support.sip import Call, Station, station

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(150)]
AGENT, CUSTOMER, SUPERVISOR = 700, 1300, 1900
TONES: Final = (AGENT, CUSTOMER, SUPERVISOR)
HEARD: Final = 500.0
"""The least amplitude of a tone that is heard; each side sends about 6000."""


def tones(call: Call, since: float) -> set[int]:
    """Whose tones this side has heard since then, by the amplitude at their frequencies."""
    sound = call.media.sound(since).astype(float)
    if len(sound) < 2400:
        return set()
    turns = numpy.arange(len(sound)) / 8000
    return {hertz for hertz in TONES if abs(numpy.exp(-2j * numpy.pi * hertz * turns) @ sound) * 2 / len(sound) > HEARD}


async def hears(call: Call, *expected: int, within: float = 12.0) -> None:
    """Wait until this side has heard exactly these tones for the last half second."""

    async def heard() -> bool:
        return tones(call, time.time() - 0.5) == set(expected)

    await until(heard, within, f"{expected}; heard {tones(call, time.time() - 0.5)}", every=0.1)


@dataclass
class Floor:
    """Agent 1001 at `phone`; 1002, the supervisor, with `desk_phone` and `page`; 1003 on another line, at `helper`."""

    running: RunningCentre
    carrier: Station
    phone: Station
    desk_phone: Station
    helper: Station
    page: Console
    agents_page: Console

    async def talking(self, number: str) -> tuple[str, Call, Call]:
        """A caller and the agent in a conversation; returns the call and both sides."""
        await self.running.members("sales", "1001")
        rings = len(self.phone.incoming)
        caller = await self.carrier.call(SALES, number)
        agent = await self.phone.called(rings + 1)
        agent.answer()
        await agent.acknowledged()
        await hears(caller, AGENT)
        return await self.call_id(number), caller, agent

    async def call_id(self, number: str) -> str:
        calls: list[Json] = []

        async def known() -> bool:
            calls[:] = await self.running.calls(number)
            return bool(calls)

        await until(known, 15, "the files have the call", every=0.1)
        return str(calls[0]["id"])

    async def waits(self, number: str) -> tuple[str, Call]:
        """A caller who waits on the line of 1001, behind those who wait already."""
        ahead = len(await self.queued())
        caller = await self.carrier.call(SALES, number)

        async def queued() -> bool:
            return len(await self.queued()) == ahead + 1

        await until(queued, 15, f"{number} waits", every=0.1)
        return await self.call_id(number), caller

    async def queued(self) -> list[str]:
        """The uniqueids of the callers in the queue, by their places."""
        callers = (await self.running.console("queue show sales")).partition("Callers:")[2]
        return [line.split()[1] for line in callers.splitlines() if "PJSIP/" in line]

    async def joins(self, call: str, mode: str) -> tuple[Json, Call]:
        """The supervisor acts on a call and answers the own phone."""
        rings = len(self.desk_phone.incoming)
        begun: list[Json] = []

        async def accepted() -> bool:
            try:
                begun[:] = [await self.page.post(f"/calls/{call}/{mode}", {})]
            except Refused as error:
                # The supervisor's phone has only just ended its last call.
                if "phone_not_ready" not in str(error):
                    raise
                return False
            return True

        await until(accepted, 15, "the supervisor's phone is free", every=0.2)
        own = await self.desk_phone.called(rings + 1)
        own.answer()
        await own.acknowledged()
        return begun[0], own


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    async with running_centre(tmp_path_factory.mktemp("floor"), agents=("1001", "1002", "1003")) as running:
        ports = running.centre.ports
        address = ("127.0.0.1", ports["CC_PBX__SIP_PORT"])
        secrets = {agent: await secret(running.api, agent) for agent in running.agents}
        agent = await running.centre.account("lilei", "李雷", "agent", "1001")
        boss = await running.centre.account("hanmei", "韩梅", "supervisor", "1002")
        async with (
            station(address, port=ports["CC_PBX__TRUNK_PORT"]) as carrier,
            station(address, "1001", secrets["1001"]) as phone,
            station(address, "1002", secrets["1002"]) as desk_phone,
            station(address, "1003", secrets["1003"]) as helper,
            Console(running.centre.origin, "hanmei", boss) as page,
            Console(running.centre.origin, "lilei", agent) as agents_page,
        ):
            carrier.hum, phone.hum, desk_phone.hum = (CUSTOMER,), (AGENT,), (SUPERVISOR,)
            for station_ in (phone, desk_phone, helper):
                assert await station_.register() == 200
            for number, line in (("1001", "sales"), ("1003", "orders")):
                await running.api.put(f"/agents/{number}/presence", {"state": "available"})
                await running.shift(number, line)
            yield Floor(running, carrier, phone, desk_phone, helper, page, agents_page)


async def test_S1_a_supervisor_listens_whispers_barges_in_and_leaves_the_call_as_it_was(floor: Floor) -> None:
    call, caller, agent = await floor.talking("13974813001")
    with pytest.raises(Refused, match="not_supervising"):
        await floor.page.delete(f"/calls/{call}/listen")
    with pytest.raises(Refused, match="forbidden"):
        await floor.agents_page.post(f"/calls/{call}/listen", {})
    async with floor.agents_page.live() as seen:
        begun, own = await floor.joins(call, "listen")
        assert (begun["mode"], begun["state"], begun["agent"], begun["supervisor"]) == (
            "listen",
            "calling",
            "1001",
            "1002",
        )
        await hears(own, CUSTOMER, AGENT)
        # Listening opens no microphone.
        await hears(caller, AGENT)
        await hears(agent, CUSTOMER)
        assert (await floor.page.post(f"/calls/{call}/whisper", {}))["mode"] == "whisper"
        await hears(agent, CUSTOMER, SUPERVISOR)
        await hears(caller, AGENT)
        await hears(own, CUSTOMER, AGENT)
        assert (await floor.page.post(f"/calls/{call}/barge", {}))["mode"] == "barge"
        await hears(caller, AGENT, SUPERVISOR)
        await hears(agent, CUSTOMER, SUPERVISOR)
        assert (await floor.page.post(f"/calls/{call}/listen", {}))["mode"] == "listen"
        await hears(caller, AGENT)
        await hears(agent, CUSTOMER)
        await hears(own, CUSTOMER, AGENT)
        (running,) = (await floor.agents_page.get("/supervisions"))["items"]
        assert (running["id"], running["state"], running["mode"]) == (begun["id"], "active", "listen")
        assert (await floor.page.delete(f"/calls/{call}/listen"))["state"] == "ended"
        await own.gone()

        async def ended() -> bool:
            return any(m.get("kind") == "supervision" and m["data"]["state"] == "ended" for m in seen)

        await until(ended, 10, "the agent sees the end", every=0.1)
    modes = [m["data"]["mode"] for m in seen if m.get("kind") == "supervision" and m["data"]["state"] == "active"]
    assert modes == ["listen", "whisper", "barge", "listen"]
    assert (await floor.page.get("/supervisions"))["items"] == []
    await hears(caller, AGENT)
    caller.hang_up()
    await agent.gone()
    record = await floor.running.call("13974813001")
    assert (record["agent"], record["outcome"], record["hung_up_by"]) == ("1001", "answered", "caller")
    acts = [act["act"] for act in await floor.running.api.items(f"/calls/{call}/acts")]
    assert acts == ["listen", "whisper", "barge", "listen", "end_supervision"]
    # The supervisor's part is no call of its own.
    assert [each["id"] for each in await floor.running.api.items("/calls", limit="200")] == [call]


async def test_S1_a_supervisor_takes_a_call_over_and_the_caller_keeps_talking(floor: Floor) -> None:
    call, caller, agent = await floor.talking("13974813002")
    _, own = await floor.joins(call, "take")
    await agent.gone()
    await hears(caller, SUPERVISOR)
    await hears(own, CUSTOMER)
    # It is now the supervisor's call, with everything that an agent can do on it.
    assert (await floor.page.post(f"/calls/{call}/hold"))["outcome"] == "done"
    assert (await floor.page.post(f"/calls/{call}/unhold"))["outcome"] == "done"
    await hears(own, CUSTOMER)
    caller.hang_up()
    await own.gone()
    record = await floor.running.call("13974813002")
    assert (record["agent"], record["outcome"], record["hung_up_by"]) == ("1001", "answered", "caller")
    legs = {leg["agent"]: leg["talk_seconds"] for leg in record["legs"] if leg["agent"]}
    assert legs["1001"] is not None
    assert legs["1002"] is not None


async def test_S1_the_supervision_ends_with_the_call(floor: Floor) -> None:
    call, caller, agent = await floor.talking("13974813003")
    _, own = await floor.joins(call, "whisper")
    await hears(agent, CUSTOMER, SUPERVISOR)
    caller.hang_up()
    await own.gone()
    await agent.gone()
    with pytest.raises(Refused, match="call_over"):
        await floor.page.post(f"/calls/{call}/listen", {})
    assert (await floor.running.call("13974813003"))["hung_up_by"] == "caller"


async def test_S1_a_waiting_caller_is_let_ahead_moved_and_given_to_an_agent(floor: Floor) -> None:
    _, talking, agent = await floor.talking("13974813010")
    first, waiting = await floor.waits("13974813011")
    second, other = await floor.waits("13974813012")
    before, after = await floor.queued()
    await floor.page.post(f"/waiting/{second}/priority", {"raised": True})
    assert await floor.queued() == [after, before]
    await floor.page.post(f"/waiting/{second}/priority", {"raised": False})
    assert await floor.queued() == [before, after]
    with pytest.raises(Refused, match="same_line"):
        await floor.page.post(f"/waiting/{first}/move", {"line": "sales"})
    with pytest.raises(Refused, match="unknown_line"):
        await floor.page.post(f"/waiting/{first}/move", {"line": "nowhere"})
    with pytest.raises(Refused, match="forbidden"):
        await floor.agents_page.post(f"/waiting/{first}/priority", {"raised": True})
    await floor.running.members("orders", "1003")
    assert (await floor.page.post(f"/waiting/{first}/move", {"line": "orders"}))["outcome"] == "asked"
    taken = await floor.helper.called(1)
    taken.answer()
    await taken.acknowledged()
    with pytest.raises(Refused, match="not_waiting"):
        await floor.page.post(f"/waiting/{first}/move", {"line": "sales"})
    with pytest.raises(Refused, match="target_not_ready"):
        await floor.page.post(f"/waiting/{second}/give", {"agent": "1003"})
    waiting.hang_up()
    await taken.gone()
    record = await floor.running.call("13974813011")
    assert (record["line"], record["agent"], record["overflowed_to"]) == ("sales", "1003", "line:orders")
    # The wait counts from the caller's first queue.
    assert record["wait_seconds"] > 0
    await floor.running.members("orders", "1003")
    await floor.page.post(f"/waiting/{second}/give", {"agent": "1003"})
    refused = await floor.helper.called(2)
    refused.answer(486, "Busy Here")

    async def back() -> bool:
        return await floor.queued() == [after]

    await until(back, 15, "the caller waits on", every=0.1)
    await floor.running.members("orders", "1003")
    await floor.page.post(f"/waiting/{second}/give", {"agent": "1003"})
    given = await floor.helper.called(3)
    given.answer()
    await given.acknowledged()
    await hears(given, CUSTOMER)
    other.hang_up()
    await given.gone()
    record = await floor.running.call("13974813012")
    assert (record["agent"], record["queue"], record["outcome"]) == ("1003", "sales", "answered")
    assert {offer["queue"] for offer in record["offers"]} == {"sales"}
    assert [offer["outcome"] for offer in record["offers"]][-1] == "answered"
    talking.hang_up()
    await agent.gone()


async def test_a_caller_stays_while_the_page_of_their_agent_is_reloaded(floor: Floor) -> None:
    call, caller, _ = await floor.talking("13974813020")

    async def vanishes() -> None:
        """The page is closed and its phone falls silent without a BYE."""
        floor.phone.lose_network()
        await floor.agents_page.post("/presence/page", {"can_ring": False, "closing": True})

    async def comes_back(rings: int) -> Call:
        floor.phone.lost = False
        assert await floor.phone.register() == 200
        await floor.agents_page.post("/presence/page", {"can_ring": True})
        again = await floor.phone.called(rings + 1, within=25)
        again.answer()
        await again.acknowledged()
        return again

    await floor.agents_page.post("/presence/page", {"can_ring": True})
    async with floor.agents_page.live() as seen:
        rings = len(floor.phone.incoming)
        await vanishes()

        async def is_kept() -> bool:
            return any(m.get("kind") == "call" and m["data"]["kept_since"] for m in seen)

        await until(is_kept, 20, "the caller is kept", every=0.1)
        again = await comes_back(rings)
        invite = again.invite
        assert invite is not None
        assert invite.get("X-CC-Kept") == "1"
        await hears(caller, AGENT)
        await hears(again, CUSTOMER)

        async def over() -> bool:
            calls = [m["data"] for m in seen if m.get("kind") == "call" and m["data"]["id"] == call]
            return bool(calls) and calls[-1]["kept_since"] is None

        await until(over, 10, "the caller is no longer kept", every=0.1)
    # Without the page the caller is first in the queue.
    rings = len(floor.phone.incoming)
    await vanishes()

    async def waits() -> bool:
        return len(await floor.queued()) == 1

    await until(waits, 45, "the caller is in the queue", every=0.2)
    last = await comes_back(rings)
    await hears(caller, AGENT)
    caller.hang_up()
    await last.gone()
    record = await floor.running.call("13974813020")
    assert (record["id"], record["agent"], record["outcome"]) == (call, "1001", "answered")
    assert record["hung_up_by"] == "caller"


async def test_S1_a_restart_of_the_service_keeps_a_supervision_and_its_place_in_the_figures(floor: Floor) -> None:
    async def counted() -> bool:
        now = await floor.running.api.get("/figures/now")
        return bool(now["agents"].get("supervising") == 1 and now["agents"].get("on_call") == 1)

    call, caller, agent = await floor.talking("13974813031")
    begun, own = await floor.joins(call, "listen")
    await until(counted, 15, "the supervisor is counted apart", every=0.2)
    await floor.running.centre.kill()
    await floor.running.centre.start()
    await until(counted, 30, "the supervisor is counted apart after the restart", every=0.2)
    await hears(own, CUSTOMER, AGENT)
    (running,) = (await floor.page.get("/supervisions"))["items"]
    assert (running["id"], running["state"]) == (begun["id"], "active")
    assert (await floor.page.delete(f"/calls/{call}/listen"))["state"] == "ended"
    await own.gone()
    caller.hang_up()
    await agent.gone()
