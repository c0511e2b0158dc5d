"""Tests agents who no longer work here: their shifts cover nothing, they relieve nobody and take no shift (D2, H1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.errors import BadPlan, NotTheRelief, SwapOutdated
from callcenter.roster.handover.posts import Posts
from callcenter.roster.leave.model import LeaveEvent, LeaveKind
from callcenter.roster.needs.model import Need
from callcenter.roster.plans.model import Days, Entry
from callcenter.roster.plans.service import DraftSource
from callcenter.roster.swaps.model import SwapEvent
from callcenter.storage.database import Database
from tests.roster.test_changes import ALL_DAY, HAN, LI, Team
from tests.roster.test_handover import Change, change
from tests.support.rooms import BOSS, CHIEF, NOON, Rooms, person

__all__ = ["change"]
HOUR = timedelta(hours=1)
TUESDAY = date(2026, 11, 24)


@pytest.fixture
async def team(database: Database) -> Team:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002", "1003")
    return Team(rooms)


async def gone(rooms: Rooms, agent: str) -> None:
    await rooms.agents.change(replace(await rooms.agents.agent(agent), active=False), CHIEF)


async def test_D2_the_shifts_of_an_agent_who_left_cover_nothing(team: Team) -> None:
    await team.room.needs.replace("orders", ALL_DAY, BOSS)
    await team.shift("1002", 2, 6)
    span = (NOON + 2 * HOUR, NOON + 6 * HOUR)
    assert await team.room.effects.shortages(*span) == []
    await gone(team.rooms, "1002")
    assert [(gap.starts_at, gap.ends_at, gap.on_duty) for gap in await team.room.effects.shortages(*span)] == [
        (*span, 0)
    ]
    assert await team.duty(3) == set()
    assert [gap.on_duty for gap in await team.rooms.roster.gaps(LineCode("orders"), *span, 1)] == [0]


async def test_D2_a_plan_with_an_agent_who_left_is_short(team: Team) -> None:
    await team.room.needs.replace("orders", [Need(1, 14 * 60, 18 * 60, 1)], BOSS)
    days = Days(TUESDAY, TUESDAY)
    row = (await team.room.plans.draft(LineCode("orders"), days, DraftSource.EMPTY, "", BOSS)).row
    entry = Entry(AgentNumber("1002"), TUESDAY, NOON + 2 * HOUR, NOON + 6 * HOUR)
    await team.room.plans.replace(row.id, None, [entry], BOSS)
    assert (await team.room.reviews.of(row.id)).shortages == []
    await gone(team.rooms, "1002")
    assert [gap.on_duty for gap in (await team.room.reviews.of(row.id)).shortages] == [0]


async def test_D3_a_swap_with_a_colleague_who_has_left_meanwhile_is_outdated(team: Team) -> None:
    shift = await team.shift("1001", 2, 6)
    swap = (await team.room.swaps.ask(shift.id, "1002", None, "", LI)).id
    await team.room.swaps.decide(swap, SwapEvent.AGREE, HAN)
    await gone(team.rooms, "1002")
    with pytest.raises(SwapOutdated):
        await team.room.swaps.decide(swap, SwapEvent.APPROVE, BOSS)
    assert await team.duty(3) == {"1001"}


async def test_D3_a_swap_with_a_colleague_who_is_on_leave_then_is_outdated(team: Team) -> None:
    shift = await team.shift("1001", 2, 6)
    await team.shift("1003", 2, 6)
    swap = (await team.room.swaps.ask(shift.id, "1002", None, "", LI)).id
    await team.room.swaps.decide(swap, SwapEvent.AGREE, HAN)
    leave = await team.leave(HAN, 5, 20)
    await team.room.leaves.decide(leave, LeaveEvent.APPROVE, BOSS)
    with pytest.raises(SwapOutdated):
        await team.room.swaps.decide(swap, SwapEvent.APPROVE, BOSS)
    assert await team.duty(3) == {"1001", "1003"}


async def test_H4_a_relief_who_left_after_the_signature_does_not_hold_the_line(change: Change) -> None:
    await change.needs.replace("orders", [Need(1, 0, 24 * 60, 1)], BOSS)
    log = await change.handovers.current("1001", LI)
    await change.handovers.offer(log.id, LI)
    await change.here("1002")
    await change.handovers.sign(log.id, "", HAN)
    await gone(change.rooms, "1002")
    assert await change.leaves("1001") == "line_unattended"


async def test_H1_an_agent_who_left_signs_no_log_and_nobody_waits_for_them(change: Change) -> None:
    log = await change.handovers.current("1001", LI)
    await change.handovers.offer(log.id, LI)
    await change.here("1002")
    await gone(change.rooms, "1002")
    with pytest.raises(NotTheRelief):
        await change.handovers.sign(log.id, "", HAN)
    assert await change.leaves("1001") == ""


async def test_H1_a_relief_on_leave_is_not_waited_for_and_a_new_one_is(change: Change) -> None:
    team = Team(change.rooms)
    leave = await team.room.leaves.request("1002", LeaveKind.SICK, NOON + 3 * HOUR, NOON + 12 * HOUR, "发烧", BOSS)
    await team.room.leaves.decide(leave.id, LeaveEvent.APPROVE, BOSS)
    await change.shift("1003", 4, 12)
    assert await change.leaves("1001") == "relief_not_signed"
    log = await change.handovers.current("1001", LI)
    await change.handovers.offer(log.id, LI)
    await change.here("1002")
    with pytest.raises(NotTheRelief):
        await change.handovers.sign(log.id, "", HAN)
    await change.here("1003")
    await change.handovers.sign(log.id, "", person("1003"))
    assert await change.leaves("1001") == ""


async def test_H4_an_agent_who_left_does_not_stay_at_the_post_for_a_late_relief(change: Change) -> None:
    """The routing rings nobody who left, so the line is unattended and must not look attended."""
    rooms = change.rooms
    posts = Posts(rooms.database, rooms.presence, rooms.roster, change.needs, ZoneInfo("Asia/Shanghai"), 1)
    assert (await posts.duty(rooms.clock()))[LineCode("orders")] == {"1001", "1002"}
    await gone(rooms, "1001")
    assert (await posts.duty(rooms.clock()))[LineCode("orders")] == {"1002"}


async def test_D1_a_plan_takes_no_shift_of_an_agent_who_left(team: Team) -> None:
    row = (await team.room.plans.draft(LineCode("orders"), Days(TUESDAY, TUESDAY), DraftSource.EMPTY, "", BOSS)).row
    await gone(team.rooms, "1002")
    entry = Entry(AgentNumber("1002"), TUESDAY, NOON + 2 * HOUR, NOON + 6 * HOUR)
    with pytest.raises(BadPlan) as refused:
        await team.room.plans.replace(row.id, None, [entry], BOSS)
    assert (refused.value.facts["fault"], refused.value.facts["agent"]) == ("agent", "1002")
