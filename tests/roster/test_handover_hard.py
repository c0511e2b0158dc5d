"""Tests hard cases of the handover: several shifts of a day, two lines, two signatures at once, a restart (H1-H4)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from callcenter.errors import CallCentreError
from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.roster.errors import NotTheRelief
from callcenter.roster.handover.measures.service import Measures
from callcenter.roster.handover.model import HandoverTopic
from callcenter.roster.model import Shift
from callcenter.routing.model import Line
from callcenter.storage.database import Database
from tests.roster.test_handover import HAN, LI, WANG, Change
from tests.roster.test_handover_measures import CHANGSHA
from tests.support.rooms import BOSS, CHIEF, NOON, Rooms, person

HOUR = timedelta(hours=1)


@pytest.fixture
async def change(database: Database) -> Change:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002", "1003", "1004")
    await rooms.lines.add(Line(LineCode("vip"), QueueCode("general"), dids=("4008005678",)), CHIEF)
    change = Change(rooms)
    change.handovers.prefill.clear()
    await change.here("1001")
    return change


async def shift(change: Change, agent: str, line: str, start: float, end: float) -> None:
    await change.rooms.roster.add(
        Shift(AgentNumber(agent), LineCode(line), NOON + start * HOUR, NOON + end * HOUR), BOSS
    )


async def signed(change: Change, by: str = "1002") -> str:
    """The log of Li's present shift, offered and signed by a colleague."""
    log = await change.handovers.current("1001", LI)
    await change.handovers.offer(log.id, LI)
    await change.here(by)
    return (await change.handovers.sign(log.id, "", person(by))).id


async def test_H1_a_signature_holds_where_the_agent_had_two_shifts_one_after_the_other(change: Change) -> None:
    """Four hours after the end of the first of the two, the signed log was no longer found."""
    await shift(change, "1001", "orders", -4, 0)
    await shift(change, "1001", "vip", 0, 4)
    await shift(change, "1002", "vip", 4, 12)
    change.rooms.clock.move(hours=3, minutes=58)
    log = await signed(change)
    change.rooms.clock.move(minutes=3)
    assert await change.leaves("1001") == ""
    assert (await change.handovers.handover(log)).relief == "1002"


async def test_H1_the_signature_of_the_morning_does_not_count_in_the_afternoon(change: Change) -> None:
    await shift(change, "1001", "orders", -4, 0)
    await shift(change, "1002", "orders", 0, 1)
    await shift(change, "1001", "orders", 1, 3.5)
    await shift(change, "1003", "orders", 3.5, 12)
    morning = await signed(change)
    assert await change.leaves("1001") == ""
    change.rooms.clock.move(hours=1)
    await change.here("1001")
    await change.rooms.presence.sign_out("1002", BOSS)
    change.rooms.clock.move(hours=2, minutes=30)
    await change.here("1003")
    assert await change.leaves("1001") == "relief_not_signed"
    assert await signed(change, "1003") != morning
    assert await change.leaves("1001") == ""


async def test_H1_who_came_back_for_the_afternoon_waits_for_no_relief_of_the_morning(change: Change) -> None:
    await shift(change, "1001", "orders", -4, 0)
    await shift(change, "1002", "orders", 0.5, 12)
    await shift(change, "1001", "orders", 1, 3)
    await signed(change)
    assert await change.leaves("1001") == ""
    change.rooms.clock.move(hours=1)
    await change.here("1001")
    change.rooms.clock.move(hours=2)
    assert await change.leaves("1001") == ""


async def test_H1_a_colleague_who_was_there_and_goes_on_relieves_nobody(change: Change) -> None:
    """As with one long shift: only the minimum of the line holds the other back (H4)."""
    await shift(change, "1001", "orders", -4, 0)
    await shift(change, "1002", "orders", -4, 0)
    overtime = Shift(AgentNumber("1002"), LineCode("orders"), NOON, NOON + 2 * HOUR, overtime=True)
    await change.rooms.roster.add(overtime, BOSS)
    assert await change.leaves("1001") == "line_unattended"
    await change.here("1002")
    assert await change.leaves("1001") == ""


async def test_H1_a_relief_who_comes_some_time_before_their_shift_by_an_overtime_is_one(change: Change) -> None:
    await shift(change, "1001", "orders", -4, 0)
    early = Shift(AgentNumber("1002"), LineCode("orders"), NOON - HOUR / 2, NOON, overtime=True)
    await change.rooms.roster.add(early, BOSS)
    await shift(change, "1002", "orders", 0, 8)
    await change.here("1002")
    assert await change.leaves("1001") == "relief_not_signed"


async def test_H3_a_log_begun_before_a_change_of_line_is_signed_by_the_relief_of_the_later_one(change: Change) -> None:
    await shift(change, "1001", "orders", -4, 0)
    await shift(change, "1001", "vip", 0, 4)
    await shift(change, "1002", "vip", 4, 12)
    change.rooms.clock.move(hours=-1)
    early = await change.handovers.current("1001", LI)
    item = await change.handovers.add(early.id, HandoverTopic.EQUIPMENT, "二号耳机坏了", LI)
    change.rooms.clock.move(hours=5)
    log = await change.handovers.current("1001", LI)
    assert (log.id, log.lines) == (early.id, ["orders", "vip"])
    assert await signed(change) == early.id
    later = await change.handovers.current("1002", HAN)
    assert [carried.id for carried in await change.handovers.items(later)] == [item.id]


async def test_H4_of_two_lines_each_keeps_its_minimum(change: Change) -> None:
    """The relief of one line has signed; on the other no one has come yet."""
    for line, relief in (("orders", "1002"), ("vip", "1003")):
        await shift(change, "1001", line, -4, 4)
        await shift(change, relief, line, 4, 12)
    change.rooms.clock.move(hours=4)
    await signed(change)
    assert await change.leaves("1001") in ("line_unattended", "relief_not_signed")
    await change.here("1003")
    log = (await change.handovers.handovers(1, agent="1001"))[0]
    await change.handovers.sign(log.id, "", WANG)
    assert await change.leaves("1001") == ""


async def test_H3_of_two_lines_the_relief_of_each_signs(change: Change) -> None:
    for line, relief in (("orders", "1002"), ("vip", "1003")):
        await shift(change, "1001", line, -4, 4)
        await shift(change, relief, line, 4, 12)
    change.rooms.clock.move(hours=4)
    await change.here("1003")
    await signed(change)
    assert await change.leaves("1001") == "relief_not_signed"
    log = (await change.handovers.handovers(1, agent="1001"))[0]
    await change.here("1004")
    for by in ("1002", "1004"):
        with pytest.raises(CallCentreError):
            await change.handovers.sign(log.id, "", person(by))
    await change.handovers.sign(log.id, "", WANG)
    assert await change.leaves("1001") == ""


async def test_H3_two_colleagues_who_sign_at_once_are_one_signature(change: Change) -> None:
    await shift(change, "1001", "orders", -4, 4)
    for relief in ("1002", "1003"):
        await shift(change, relief, "orders", 4, 12)
        await change.here(relief)
    change.rooms.clock.move(hours=4)
    log = await change.handovers.current("1001", LI)
    await change.handovers.offer(log.id, LI)
    results = await asyncio.gather(
        *(change.handovers.sign(log.id, by.agent or "", by) for by in (HAN, WANG)), return_exceptions=True
    )
    assert sum(isinstance(result, CallCentreError) for result in results) == 1
    row = await change.handovers.handover(log.id)
    assert row.relief == row.remark
    assert await change.leaves("1001") == ""


async def test_H1_a_signature_outlives_the_service(change: Change) -> None:
    await shift(change, "1001", "orders", -4, 4)
    await shift(change, "1002", "orders", 4, 12)
    change.rooms.clock.move(hours=4)
    await signed(change)
    restarted = Rooms(change.rooms.database)
    restarted.clock.at = change.rooms.clock.at
    after = Change(restarted)
    assert await after.leaves("1001") == ""


async def test_H1_the_relief_signs_while_signed_in_and_the_line_is_kept_until_they_are_back(change: Change) -> None:
    await shift(change, "1001", "orders", -4, 4)
    await shift(change, "1002", "orders", 4, 12)
    change.rooms.clock.move(hours=4)
    await signed(change)
    await change.rooms.presence.sign_out("1002", BOSS)
    assert await change.leaves("1001") == "line_unattended"
    log = await change.handovers.current("1001", LI)
    with pytest.raises(NotTheRelief):
        await change.handovers.sign(log.id, "", HAN)
    await change.here("1002")
    assert await change.leaves("1001") == ""


async def test_H4_each_line_is_measured_for_itself(change: Change) -> None:
    """A late relief of one line is no shortage of the other; reports by line counted it for both."""
    for line, relief in (("orders", "1002"), ("vip", "1003")):
        await shift(change, "1001", line, -4, 4)
        await shift(change, relief, line, 4, 12)
    change.rooms.clock.move(hours=4)
    rooms = change.rooms
    measures = Measures(
        rooms.database, rooms.clock, rooms.presence, rooms.roster, change.needs, CHANGSHA, 1, handover_first=False
    )
    await signed(change)
    change.rooms.clock.move(minutes=5)
    await change.here("1003")
    log = (await change.handovers.handovers(1, agent="1001"))[0]
    await change.handovers.sign(log.id, "晚了", WANG)
    assert await change.leaves("1001") == ""
    await measures.once()
    row = await change.handovers.handover(log.id)
    assert (row.below_seconds, row.below_by_line) == (300.0, {"orders": 0.0, "vip": 300.0})
    assert [(sign["agent"], sign["lines"]) for sign in row.signatures] == [("1002", ["orders"]), ("1003", ["vip"])]
    counts = {line: (await measures.of(NOON, NOON + 8 * HOUR, line)).below_seconds for line in ("orders", "vip")}
    assert counts == {"orders": 0.0, "vip": 300.0}
