"""Agents sign in and out, and pause, by codes on their phones; the phone hears what came of it (D3, D5, H1, H2)."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio

from callcenter.demo.api_client import Json, until
from callcenter.demo.seed import secret
from callcenter.facts import PhoneCode
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.support.heard import ALIKE, likeness, recording
from tests.support.sip import Station, station

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
AGENTS = ("1001", "1002")
LANGUAGES = {"1001": "en", "1002": "zh"}


@dataclass
class Team:
    """Two agents with phones; the first one, who is a supervisor too, has signed in to the pages in English."""

    running: RunningCentre
    carrier: Station
    phones: dict[str, Station]

    async def dials(self, agent: str, code: PhoneCode, *prompts: str, folder: str = "") -> None:
        """The phone dials the code, hears these prompts in its agent's language and is hung up."""
        call = await self.phones[agent].signed_call(code.value)
        answered = await call.status(200)
        await call.gone(20)
        sounds = self.running.centre.settings.pbx_home / "sounds" / (folder or LANGUAGES[agent]) / "cc"
        for prompt in prompts:
            assert likeness(recording(sounds / f"{prompt}.wav"), call.media.sound(answered)) > ALIKE, prompt

    async def state(self, agent: str) -> tuple[str, str]:
        seen = await self.running.api.get(f"/agents/{agent}/presence")
        return seen["state"], seen["reason"]

    async def on_duty(self) -> None:
        """The first agent alone takes the line's calls."""
        if not await self.running.api.items("/shifts"):
            await self.running.shift("1001", "sales")
        await self.running.api.put("/agents/1001/presence", {"state": "available"})
        await self.running.members("sales", "1001")

    async def off_duty(self) -> None:
        for shift in await self.running.api.items("/shifts"):
            await self.running.api.delete(f"/shifts/{shift['id']}")

    async def audited(self) -> list[Json]:
        return await self.running.api.items("/audit", action="presence.by_phone", limit="50")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def team(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Team]:
    folder = tmp_path_factory.mktemp("codes") / "c"
    async with running_centre(folder, {"CC_POLICY__ANNOUNCEMENTS_FIRST": "true"}, AGENTS) as running:
        ports = running.centre.ports
        address = ("127.0.0.1", ports["CC_PBX__SIP_PORT"])
        secrets = {agent: await secret(running.api, agent) for agent in AGENTS}
        password = await running.centre.account("lilei", "李雷", "supervisor", "1001")
        async with (
            station(address, port=ports["CC_PBX__TRUNK_PORT"]) as carrier,
            station(address, "1001", secrets["1001"]) as first,
            station(address, "1002", secrets["1002"]) as second,
            aiohttp.ClientSession(running.centre.origin, headers={"Accept-Language": "en"}) as page,
        ):
            words = {"login": "lilei", "password": password}
            assert (await page.post("/api/v1/session", json=words)).status == 200
            phones = {"1001": first, "1002": second}
            for phone in phones.values():
                assert await phone.register() == 200
            yield Team(running, carrier, phones)


async def test_D3_an_agent_signs_in_and_out_by_phone_and_takes_calls_in_between(team: Team) -> None:
    await team.running.shift("1001", "sales")
    await team.dials("1001", PhoneCode.STATE, "presence_out")
    await team.dials("1001", PhoneCode.BREAK, "presence_out_first")
    await team.dials("1001", PhoneCode.SIGN_IN, "presence_in")
    assert await team.state("1001") == ("available", "")
    await team.running.members("sales", "1001")
    before = len(team.phones["1001"].incoming)
    caller = await team.carrier.call(SALES, "13900005501")
    offered = await team.phones["1001"].called(before + 1)
    offered.answer()
    await offered.acknowledged()
    caller.hang_up()
    assert (await team.running.call("13900005501"))["agent"] == "1001"
    await team.dials("1001", PhoneCode.STATE, "presence_in")
    await team.off_duty()
    await team.dials("1001", PhoneCode.SIGN_OUT, "presence_out")
    assert await team.state("1001") == ("signed_out", "")


async def test_D5_the_last_agent_hears_their_place_in_the_turn_even_as_a_supervisor(team: Team) -> None:
    """The phone is known, the person is not: it has no leader's rights."""
    for agent in AGENTS:
        await team.running.shift(agent, "sales")
        await team.dials(agent, PhoneCode.SIGN_IN, "presence_in")
    await team.dials("1001", PhoneCode.MEAL, "presence_paused")
    assert await team.state("1001") == ("paused", "meal")
    await team.dials("1002", PhoneCode.BREAK, "presence_waiting-1", "say/n1")
    assert await team.state("1002") == ("available", "")
    breaks = await team.running.api.items("/breaks", open="true")
    assert {(row["agent"], row["state"]) for row in breaks} == {("1001", "taken"), ("1002", "waiting")}
    await team.dials("1001", PhoneCode.RESUME, "presence_in")
    assert await team.state("1001") == ("available", "")
    await team.running.api.put("/agents/1002/presence", {"state": "signed_out"})
    await team.dials("1001", PhoneCode.SIGN_OUT, "presence_stay")
    await team.dials("1001", PhoneCode.OTHER, "presence_last")
    assert await team.state("1001") == ("available", "")


async def test_H2_required_reading_comes_before_the_sign_in_by_phone(team: Team) -> None:
    notice = {"title": "新话术", "body": "今天起使用新话术。", "must_read": True}
    await team.running.api.post("/announcements", notice)
    await team.dials("1002", PhoneCode.SIGN_IN, "presence_read")
    assert (await team.state("1002"))[0] == "signed_out"


async def test_a_code_is_no_call_of_the_centre_and_is_on_record_with_its_phone(team: Team) -> None:
    calls = await team.running.api.items("/calls", limit="200")
    assert [call for call in calls if "*" in call["called_number"]] == []
    rows = [json.loads(row["facts"]) for row in await team.audited()]
    assert {row["phone"] for row in rows} == set(AGENTS)
    assert {row.get("refused") for row in rows} >= {None, "break_must_wait", "relief_not_arrived"}
    assert all(row["code"] != PhoneCode.STATE.value for row in rows)


async def test_R3_a_customer_who_is_transferred_to_a_code_comes_back_and_signs_nobody_out(team: Team) -> None:
    await team.on_duty()
    before = await team.state("1001")
    arrived = len(team.phones["1001"].incoming)
    caller = await team.carrier.call(SALES, "13900005502")
    offered = await team.phones["1001"].called(arrived + 1)
    offered.answer()
    await offered.acknowledged()
    offered.refer(PhoneCode.SIGN_OUT.value)
    back = await team.phones["1001"].called(arrived + 2)
    back.answer()
    await back.acknowledged()
    assert not caller.ended
    caller.hang_up()

    async def returned() -> bool:
        seen = (await team.running.call("13900005502"))["transfers"]
        return [(each["target"], each["result"], each["returned_to"]) for each in seen] == [
            ("*62", "unknown_number", "agent")
        ]

    await until(returned, 15, "the transfer on the record")
    assert await team.state("1001") == before


async def test_R3_a_customer_who_is_handed_to_a_code_by_an_attended_transfer_comes_back(team: Team) -> None:
    """The customer takes the place of the phone that hears the answer, and was hung up at its end."""
    await team.on_duty()
    arrived = len(team.phones["1001"].incoming)
    caller = await team.carrier.call(SALES, "13900005503")
    offered = await team.phones["1001"].called(arrived + 1)
    offered.answer()
    await offered.acknowledged()
    code = await team.phones["1001"].signed_call(PhoneCode.STATE.value)
    await code.status(200)
    offered.refer_to(code)
    back = await team.phones["1001"].called(arrived + 2)
    back.answer()
    await back.acknowledged()
    assert not caller.ended
    caller.hang_up()


async def test_while_the_service_stands_still_the_phone_hears_that_nothing_is_confirmed(team: Team) -> None:
    """What was dialled is carried out when it goes on: nothing is lost, and the pages show it."""
    await team.on_duty()
    await team.off_duty()
    pid = team.running.centre.service_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        await team.dials("1001", PhoneCode.OTHER, "presence_unknown", folder="zh")
    finally:
        os.kill(pid, signal.SIGCONT)

    async def paused() -> bool:
        return await team.state("1001") == ("paused", "other")

    await until(paused, 15, "the pause that was dialled")
    await team.dials("1001", PhoneCode.STATE, "presence_paused")
