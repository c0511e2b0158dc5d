"""Tests the state that is chosen for after the call, and what outlives a restart of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import facts
from callcenter.agents.errors import NotYourPresence
from callcenter.agents.model import Agent, Phone, PresenceState
from callcenter.agents.ports import Departure
from callcenter.calls.after_call.model import AfterCall, NextState
from callcenter.calls.after_call.service import AfterCalls
from callcenter.calls.effects import AgentChanged, AgentNow
from callcenter.calls.floor import Floor
from callcenter.demo.api_client import until as eventually
from callcenter.errors import Conflict
from callcenter.facts import AgentNumber
from callcenter.storage.database import Database
from callcenter.web.audit import Fact
from tests.calls.test_floor import CALL, answers, arrives, at, ends, new_floor, rings
from tests.support.rooms import BOSS, Rooms, person
from tests.support.waiting import until

LILEI, HANMEI = person("1001"), person("1002")


class AppliedFloor:
    """A real floor; facts are applied at once, and its agents are listened to as in the service."""

    def __init__(self) -> None:
        self.floor: Floor = new_floor()
        self.listeners: list[AfterCalls] = []
        self.floor.apply(facts.FloorSeen(at(0), (), (), (), (), (), restarted=False))

    def agents_now(self) -> Mapping[str, AgentNow]:
        return {agent.number: agent for agent in self.floor.agents.all()}

    def submit_soon(self, fact: facts.Fact) -> None:
        for effect in self.floor.apply(fact):
            if isinstance(effect, AgentChanged):
                for listener in self.listeners:
                    listener.seen(effect.agent)

    def current(self) -> bool:
        return self.floor.link.connected

    @property
    def agent(self) -> AgentNow:
        return self.agents_now()["1001"]


class Centre:
    def __init__(self, database: Database) -> None:
        self.rooms = Rooms(database)
        self.rooms.clock.at = at(0)
        self.live = AppliedFloor()
        self.after = self.service()

    def service(self) -> AfterCalls:
        rooms = self.rooms
        after_calls = AfterCalls(rooms.database, rooms.clock, rooms.audit, rooms.presence, self.live)
        self.live.listeners = [after_calls]
        return after_calls

    async def open(self) -> None:
        await self.rooms.agents.add(Agent(AgentNumber("1001"), "李雷", phones=(Phone("1001"),)), None)
        await self.rooms.presence.sign_in("1001", LILEI)

    def calling(self) -> None:
        for fact in (arrives(), rings(), answers(5)):
            play_into(self.live, fact)

    def hangs_up(self) -> None:
        play_into(self.live, ends(CALL, "caller"))


def play_into(live: AppliedFloor, happened: facts.Fact | list[facts.Fact] | tuple[facts.Fact, ...]) -> None:
    for fact in happened if isinstance(happened, (list, tuple)) else [happened]:
        live.submit_soon(fact)


async def running(service: AfterCalls) -> asyncio.Task[None]:
    return asyncio.create_task(service.run())


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def centre(database: Database) -> Centre:
    centre = Centre(database)
    await centre.open()
    return centre


async def test_a_pause_that_is_chosen_in_a_call_begins_after_its_wrap_up(centre: Centre) -> None:
    task = await running(centre.after)
    centre.calling()
    chosen = await centre.after.choose("1001", NextState.PAUSED, "meal", LILEI)
    assert (chosen.state, chosen.reason, chosen.by) == (NextState.PAUSED, "meal", "")
    assert (centre.live.agent.state, centre.live.agent.after_call) == ("on_call", "paused")
    centre.hangs_up()
    assert centre.live.agent.state == "wrap_up"
    assert (await centre.rooms.presence.presence("1001")).state is PresenceState.AVAILABLE
    centre.live.submit_soon(facts.WrapUpChanged(at(99), "1001", None))

    async def paused() -> bool:
        return (await centre.rooms.presence.presence("1001")).reason == "meal"

    await settled(paused)
    assert (await centre.after.of("1001")) == AfterCall("1001")
    await until(lambda: centre.live.agent.after_call == "", 5)
    await stopped(task)


async def settled(condition: Callable[[], Awaitable[bool]]) -> None:
    await eventually(condition, 10, "the state is stored", every=0.01)


async def test_it_is_revoked_and_a_colleague_may_not_choose(centre: Centre) -> None:
    centre.calling()
    with pytest.raises(NotYourPresence):
        await centre.after.choose("1001", NextState.PAUSED, "meal", HANMEI)
    chosen = await centre.after.choose("1001", NextState.SIGNED_OUT, "", BOSS)
    assert chosen.by == "boss"
    await centre.after.revoke("1001", LILEI)
    await centre.after.revoke("1001", LILEI)
    assert (await centre.after.of("1001")).state is None
    assert centre.live.agent.after_call == ""
    acts = [row.action for row in await centre.rooms.audit.page(10)]
    assert acts.count("presence.after_call") == 1
    assert acts.count("presence.after_call_revoked") == 1


async def test_without_a_call_it_happens_at_once(centre: Centre) -> None:
    assert (await centre.after.choose("1001", NextState.PAUSED, "break", LILEI)).state is None
    assert (await centre.rooms.presence.presence("1001")).reason == "break"


async def test_H1_nobody_leaves_after_the_call_without_their_relief(centre: Centre) -> None:
    async def stays(agent: str, at_: datetime) -> None:
        raise Conflict("the relief has not arrived")

    centre.rooms.presence.leaving.append(stays)
    centre.calling()
    with pytest.raises(Conflict):
        await centre.after.choose("1001", NextState.SIGNED_OUT, "", LILEI)
    assert (await centre.after.choose("1001", NextState.SIGNED_OUT, "", BOSS)).state is NextState.SIGNED_OUT


async def test_D5_a_leader_who_leaves_a_line_short_after_the_call_states_why_over_a_restart(
    centre: Centre,
) -> None:
    stated: list[str] = []

    async def short(session: AsyncSession, departure: Departure) -> dict[str, Fact]:
        if not departure.despite:
            raise Conflict("the line would be left short")
        stated.append(departure.despite)
        return {}

    centre.rooms.presence.departing.append(short)
    centre.calling()
    with pytest.raises(Conflict):
        await centre.after.choose("1001", NextState.PAUSED, "other", BOSS)
    await centre.after.choose("1001", NextState.PAUSED, "other", BOSS, "送医")
    centre.hangs_up()
    stated.clear()
    task = await running(centre.service())
    centre.live.submit_soon(facts.WrapUpChanged(at(99), "1001", None))

    async def paused() -> bool:
        return (await centre.rooms.presence.presence("1001")).state is PresenceState.PAUSED

    await settled(paused)
    await stopped(task)
    assert stated == ["送医"]
    row = next(row for row in await centre.rooms.audit.page(10) if row.action == "presence.pause")
    assert "送医" in row.facts


async def test_a_restart_keeps_the_wrap_up_the_page_and_the_choice(centre: Centre) -> None:
    task = await running(centre.after)
    centre.live.submit_soon(facts.PageSeen(at(1), "1001", can_ring=True, closing=False))
    centre.calling()
    await centre.after.choose("1001", NextState.PAUSED, "meal", BOSS)
    centre.hangs_up()
    before = centre.live.agent
    assert (before.state, before.page) == ("wrap_up", "ready")

    async def stored() -> bool:
        return centre.after._stored.get("1001") is not None and centre.after._stored["1001"].wrap_up_until is not None

    await settled(stored)
    await stopped(task)
    centre.live = AppliedFloor()
    again = centre.service()
    task = await running(again)
    await until(lambda: centre.live.agent.after_call == "paused", 5)
    after = centre.live.agent
    assert (after.state, after.since, after.wrap_up_until) == ("wrap_up", before.since, before.wrap_up_until)
    assert (after.page, after.after_reason) == ("ready", "meal")
    centre.live.submit_soon(facts.WrapUpChanged(at(99), "1001", None))

    async def paused() -> bool:
        presence = await centre.rooms.presence.presence("1001")
        return (presence.reason, presence.by) == ("meal", "boss")

    await settled(paused)
    await stopped(task)


async def test_an_agent_sees_who_paused_them_and_why(centre: Centre) -> None:
    paused = await centre.rooms.presence.pause("1001", "training", BOSS, "十分钟，会议室")
    assert (paused.by, paused.note) == ("boss", "十分钟，会议室")
    assert centre.rooms.heard[-1].set_by == "boss"
    own = await centre.rooms.presence.resume("1001", LILEI)
    assert (own.by, own.note) == ("", "")
