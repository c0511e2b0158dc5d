"""Tests the handover: who may leave the post, what the log carries, who signs; on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.agents.model import PresenceState
from callcenter.errors import IllegalTransition
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.errors import (
    BadHandover,
    NotTheRelief,
    ReliefNotArrived,
    RequestReasonMissing,
    UnknownHandover,
)
from callcenter.roster.handover.model import HandoverTopic, LiveFact
from callcenter.roster.handover.service import Handovers
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Need
from callcenter.roster.needs.service import NeedService
from callcenter.storage.database import Database
from tests.support.rooms import BOSS, NOON, Rooms, person

HOUR = timedelta(hours=1)
LI, HAN, WANG = person("1001"), person("1002"), person("1003")


class Change:
    """Li works until four o'clock after noon, Han relieves them."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.needs = NeedService(rooms.database, rooms.audit, rooms.lines)
        self.handovers = Handovers(
            rooms.database,
            rooms.clock,
            rooms.audit,
            rooms.agents,
            rooms.presence,
            rooms.roster,
            self.needs,
            ZoneInfo("Asia/Shanghai"),
            1,
        )
        self.known = [LiveFact("alarm", "a1", "trunk main", NOON)]
        self.handovers.prefill.append(self._facts)
        rooms.presence.leaving.append(self.handovers.may_leave)

    async def _facts(self, agent: str, lines: Sequence[str]) -> Sequence[LiveFact]:
        assert (agent, list(lines)) in (("1001", ["orders"]), ("1002", ["orders"]), ("1003", []))
        return self.known

    async def shift(self, agent: str, start: float, end: float) -> None:
        await self.rooms.roster.add(
            Shift(AgentNumber(agent), LineCode("orders"), NOON + start * HOUR, NOON + end * HOUR), BOSS
        )

    async def here(self, agent: str) -> None:
        await self.rooms.presence.sign_in(agent, person(agent))

    async def leaves(self, agent: str) -> str:
        """Why the agent has to stay; empty once they are signed out."""
        try:
            seen = await self.rooms.presence.sign_out(agent, person(agent))
        except ReliefNotArrived as error:
            return str(error.facts["why"])
        assert seen.state is PresenceState.SIGNED_OUT
        return ""


@pytest.fixture
async def change(database: Database) -> Change:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002", "1003")
    change = Change(rooms)
    await change.shift("1001", -4, 4)
    await change.shift("1002", 4, 12)
    await change.here("1001")
    rooms.clock.move(hours=4)
    return change


async def test_H1_the_agent_stays_until_the_relief_has_arrived_and_signed(change: Change) -> None:
    assert await change.leaves("1001") == "relief_not_signed"
    log = await change.handovers.current("1001", LI)
    assert (log.lines, log.state) == (["orders"], "draft")
    await change.here("1002")
    with pytest.raises(IllegalTransition):
        await change.handovers.sign(log.id, "", HAN)
    await change.rooms.presence.sign_out("1002", BOSS)
    await change.handovers.offer(log.id, LI)
    for by in (LI, HAN, WANG, BOSS):
        with pytest.raises(NotTheRelief):
            await change.handovers.sign(log.id, "", by)
    assert await change.leaves("1001") == "relief_not_signed"
    await change.here("1002")
    signed = await change.handovers.sign(log.id, "已看过", HAN)
    assert (signed.state, signed.relief, signed.by_name, signed.remark) == ("signed", "1002", "客服", "已看过")
    assert await change.leaves("1001") == ""


async def test_H1_a_colleague_of_another_line_does_not_sign(change: Change) -> None:
    log = await change.handovers.current("1001", LI)
    await change.handovers.offer(log.id, LI)
    await change.here("1003")
    with pytest.raises(NotTheRelief):
        await change.handovers.sign(log.id, "", WANG)


async def test_H1_a_leader_lets_the_agent_go_with_a_reason(change: Change) -> None:
    with pytest.raises(RequestReasonMissing):
        await change.handovers.release("1001", " ", BOSS)
    released = await change.handovers.release("1001", "身体不适", BOSS)
    assert (released.state, released.by_name, released.remark) == ("released", "主管", "身体不适")
    assert await change.leaves("1001") == ""


async def test_H4_the_line_keeps_enough_agents_when_the_post_is_left(change: Change) -> None:
    await change.needs.replace("orders", [Need(1, 0, 24 * 60, 2)], BOSS)
    log = await change.handovers.current("1001", LI)
    await change.handovers.offer(log.id, LI)
    await change.here("1002")
    await change.handovers.sign(log.id, "", HAN)
    assert await change.leaves("1001") == "line_unattended"
    await change.shift("1003", 0, 12)
    await change.here("1003")
    assert await change.leaves("1001") == ""


async def test_H1_no_one_waits_for_a_relief_that_the_roster_does_not_have(change: Change) -> None:
    await change.here("1002")
    change.rooms.clock.move(hours=8)
    assert await change.leaves("1002") == ""
    assert await change.leaves("1003") == ""


async def test_H1_leaving_during_the_shift_needs_a_colleague_on_the_line(change: Change) -> None:
    change.rooms.clock.at = NOON
    for shift in await change.rooms.roster.shifts(agent=AgentNumber("1002")):
        await change.rooms.roster.remove(shift.id, BOSS)
    assert await change.leaves("1001") == "line_unattended"
    await change.shift("1003", -4, 4)
    await change.here("1003")
    assert await change.leaves("1001") == ""


async def test_H3_the_log_has_what_the_centre_knows_as_it_was_when_it_was_offered(change: Change) -> None:
    log = await change.handovers.current("1001", LI)
    assert await change.handovers.facts(log) == change.known
    change.known = [LiveFact("case", "TS1", "open", None)]
    offered = await change.handovers.offer(log.id, LI)
    change.known = []
    assert await change.handovers.facts(offered) == [LiveFact("case", "TS1", "open", None)]


async def test_H3_what_is_open_is_carried_to_the_next_log_until_a_person_closes_it(change: Change) -> None:
    first = await change.handovers.current("1001", LI)
    broken = await change.handovers.add(first.id, HandoverTopic.EQUIPMENT, "二号耳机坏了", LI)
    done = await change.handovers.add(first.id, HandoverTopic.PROBLEM, "等快递回话", LI)
    with pytest.raises(BadHandover):
        await change.handovers.add(first.id, HandoverTopic.OTHER, "别人写的", HAN)
    await change.handovers.offer(first.id, LI)
    await change.here("1002")
    added = await change.handovers.add(first.id, HandoverTopic.OTHER, "接班补充", HAN)
    first = await change.handovers.sign(first.id, "", HAN)
    with pytest.raises(BadHandover):
        await change.handovers.add(first.id, HandoverTopic.OTHER, "太晚", HAN)
    change.rooms.clock.move(hours=1)
    second = await change.handovers.current("1002", HAN)
    assert {item.id for item in await change.handovers.items(second)} == {broken.id, done.id, added.id}
    await change.handovers.close_item(done.id, "已回话", HAN)
    change.rooms.clock.move(hours=20)
    third = await change.handovers.current("1003", WANG)
    assert [item.id for item in await change.handovers.items(third)] == []
    await change.shift("1001", 25, 33)
    change.rooms.clock.move(hours=1)
    fourth = await change.handovers.current("1001", LI)
    assert fourth.id != first.id
    assert {item.id for item in await change.handovers.items(fourth)} == {broken.id, added.id}
    texts = {item.text for item in await change.handovers.items(first)}
    assert texts == {"二号耳机坏了", "等快递回话", "接班补充"}
    with pytest.raises(UnknownHandover):
        await change.handovers.close_item(done.id, "再关一次", HAN)
    with pytest.raises(BadHandover):
        await change.handovers.add(fourth.id, HandoverTopic.OTHER, "  ", LI)


async def test_H3_asking_for_the_log_again_returns_the_same_one(change: Change) -> None:
    first = await change.handovers.current("1001", LI)
    assert (await change.handovers.current("1001", LI)).id == first.id
    assert [row.id for row in await change.handovers.handovers(10, agent="1001")] == [first.id]
    with pytest.raises(BadHandover):
        await change.handovers.current("1001", HAN)
    with pytest.raises(UnknownHandover):
        await change.handovers.handover("0")
