"""Tests the timeline of a line: needed, planned, expected, present; both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.facts import LineCode
from callcenter.roster.errors import BadRange
from callcenter.roster.leave.model import LeaveEvent, LeaveKind
from callcenter.roster.needs.model import Need, SkillNeed
from callcenter.roster.timeline.service import Timelines
from callcenter.routing.errors import UnknownLine
from callcenter.storage.database import Database
from tests.roster.test_changes import HAN, LI
from tests.roster.test_plans import opened
from tests.support.rooms import BOSS, CHIEF

ORDERS = LineCode("orders")
HOUR = timedelta(hours=1)


async def test_D2_needed_planned_and_present_are_seen_by_quarter_hour(database: Database) -> None:
    team = await opened(database)
    rooms, room = team.rooms, team.room
    timelines = Timelines(
        rooms.clock, rooms.presence, rooms.roster, room.needs, rooms.roster.skills, ZoneInfo("Asia/Shanghai")
    )
    start = rooms.clock()
    # Noon of a Tuesday: two are needed for an hour.
    await room.needs.replace("orders", [Need(1, 12 * 60, 13 * 60, 2, (SkillNeed("xiang-changsha", 3, 1),))], BOSS)
    await rooms.agents.change(replace(await rooms.agents.agent("1002"), skills={"xiang-changsha": 4}), CHIEF)
    for agent in ("1001", "1002", "1003"):
        await rooms.on_duty(agent, hours=2)
    leave = await room.leaves.request("1003", LeaveKind.SICK, start, start + HOUR, "发烧", BOSS)
    await room.leaves.decide(leave.id, LeaveEvent.APPROVE, BOSS)
    await rooms.presence.sign_in("1001", LI)
    await rooms.presence.sign_in("1002", HAN)
    rooms.clock.move(minutes=10)
    await rooms.presence.pause("1002", "meal", HAN)
    rooms.clock.move(minutes=10)
    steps = await timelines.of(ORDERS, start, start + 2.5 * HOUR)
    seen = [(step.required, step.planned, step.expected, step.present, step.available) for step in steps]
    assert seen[:2] == [(2, 3, 2, 2, 2), (2, 3, 2, 2, 1)]
    speakers = [[(part.skill, part.required, part.planned, part.available) for part in step.skills] for step in steps]
    assert speakers[:2] == [[("xiang-changsha", 1, 1, 1)], [("xiang-changsha", 1, 1, 0)]]
    assert speakers[2:5] == [[("xiang-changsha", 1, 1, None)], [("xiang-changsha", 1, 1, None)], []]
    assert seen[2:4] == [(2, 3, 2, None, None)] * 2
    assert seen[4:8] == [(0, 3, 3, None, None)] * 4
    assert seen[8:] == [(0, 0, 0, None, None)] * 2
    with pytest.raises(BadRange):
        await timelines.of(ORDERS, start, start + timedelta(days=8))
    with pytest.raises(UnknownLine):
        await timelines.of(LineCode("nowhere"), start, start + HOUR)
