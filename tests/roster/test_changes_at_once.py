"""Tests changes of the roster that are decided at once: together they keep what each alone would keep (D2-D4)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from callcenter.errors import CallCentreError
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.errors import CoverageWouldFall, SwapOutdated
from callcenter.roster.leave.model import LeaveEvent, LeaveKind
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Need
from callcenter.roster.overtime.model import OvertimeEvent
from callcenter.roster.plans.model import Days
from callcenter.roster.plans.service import DraftSource
from callcenter.roster.swaps.model import SwapEvent
from callcenter.storage.database import Database
from tests.roster.test_changes import HAN, LI, Team
from tests.support.rooms import BOSS, CHIEF, NOON, Rooms, person

HOUR = timedelta(hours=1)
TUESDAY = date(2026, 11, 24)


@pytest.fixture
async def team(database: Database) -> Team:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002", "1003")
    team = Team(rooms)
    await team.room.needs.replace("orders", [Need(1, 14 * 60, 18 * 60, 1)], BOSS)
    return team


async def test_D2_two_leaves_approved_at_once_do_not_empty_the_line(team: Team) -> None:
    for agent in ("1001", "1002"):
        await team.shift(agent, 2, 6)
    leaves = [await team.leave(by, 2, 6) for by in (LI, HAN)]
    results = await asyncio.gather(
        *(
            team.room.leaves.decide(leave, LeaveEvent.APPROVE, by)
            for leave, by in zip(leaves, (BOSS, CHIEF), strict=True)
        ),
        return_exceptions=True,
    )
    assert [type(result) for result in results if isinstance(result, CallCentreError)] == [CoverageWouldFall]
    assert len(await team.duty(3)) == 1


async def test_D2_D3_a_swap_and_a_leave_approved_at_once_do_not_leave_the_line_to_who_is_away(team: Team) -> None:
    """Han takes Li's shift and goes on leave: one of the two is refused, whichever comes second."""
    shift = await team.shift("1001", 2, 6)
    swap = (await team.room.swaps.ask(shift.id, "1002", None, "", LI)).id
    await team.room.swaps.decide(swap, SwapEvent.AGREE, HAN)
    leave = await team.leave(HAN, 2, 6)
    results = await asyncio.gather(
        team.room.swaps.decide(swap, SwapEvent.APPROVE, BOSS),
        team.room.leaves.decide(leave, LeaveEvent.APPROVE, CHIEF),
        return_exceptions=True,
    )
    refused = [type(result) for result in results if isinstance(result, CallCentreError)]
    assert len(refused) == 1
    assert set(refused) <= {CoverageWouldFall, SwapOutdated}
    assert len(await team.duty(3)) == 1


async def test_D2_a_publication_and_a_leave_at_once_do_not_empty_the_line(team: Team) -> None:
    for agent in ("1001", "1002"):
        await team.shift(agent, 2, 6)
    days = Days(TUESDAY, TUESDAY)
    row = (await team.room.plans.draft(LineCode("orders"), days, DraftSource.PRESENT, "", BOSS)).row
    entries = [entry for entry in (await team.room.plans.plan(row.id, BOSS))[1] if entry.agent == "1001"]
    await team.room.plans.replace(row.id, None, entries, BOSS)
    seen = (await team.room.reviews.of(row.id)).fingerprint
    leave = await team.leave(LI, 2, 6)
    results = await asyncio.gather(
        team.room.plans.publish(row.id, seen, BOSS),
        team.room.leaves.decide(leave, LeaveEvent.APPROVE, CHIEF),
        return_exceptions=True,
    )
    assert [type(result) for result in results if isinstance(result, CallCentreError)] == [CoverageWouldFall]
    assert len(await team.duty(3)) == 1


async def test_D4_overtime_and_leave_at_once_are_not_both_agreed_unseen(team: Team) -> None:
    """Where the leave comes first, the overtime is refused; where it comes second, the agent is on leave."""
    extra = await team.room.overtimes.ask("1001", "orders", NOON + 2 * HOUR, NOON + 6 * HOUR, "忙", BOSS)
    await team.room.overtimes.decide(extra.id, OvertimeEvent.AGREE, LI)
    leave = (await team.room.leaves.request("1001", LeaveKind.SICK, NOON, NOON + 8 * HOUR, "发烧", LI)).id
    await asyncio.gather(
        team.room.leaves.decide(leave, LeaveEvent.APPROVE, CHIEF, "病", despite_shortage=True),
        team.room.overtimes.decide(extra.id, OvertimeEvent.APPROVE, BOSS),
        return_exceptions=True,
    )
    assert await team.duty(3) == set()


async def test_D3_a_swap_whose_shift_was_changed_or_removed_after_the_colleague_agreed(team: Team) -> None:
    for change in ("moved", "removed"):
        shift = await team.shift("1001", 2, 6)
        swap = (await team.room.swaps.ask(shift.id, "1002", None, "", LI)).id
        await team.room.swaps.decide(swap, SwapEvent.AGREE, HAN)
        if change == "moved":
            moved = Shift(shift.agent, shift.line, shift.starts_at, shift.ends_at - HOUR, shift.id)
            await team.rooms.roster.change(moved, BOSS)
        else:
            await team.rooms.roster.remove(shift.id, BOSS)
        with pytest.raises(SwapOutdated):
            await team.room.swaps.decide(swap, SwapEvent.APPROVE, BOSS)
        for left in await team.rooms.roster.shifts(agent=AgentNumber("1001")):
            await team.rooms.roster.remove(left.id, BOSS)
        await team.room.swaps.decide(swap, SwapEvent.REFUSE, BOSS, "过期")


async def test_D3_the_approval_of_one_swap_by_two_persons_counts_once(team: Team) -> None:
    shift = await team.shift("1001", 2, 6)
    swap = (await team.room.swaps.ask(shift.id, "1002", None, "", LI)).id
    await team.room.swaps.decide(swap, SwapEvent.AGREE, person("1002"))
    results = await asyncio.gather(
        *(team.room.swaps.decide(swap, SwapEvent.APPROVE, by) for by in (BOSS, CHIEF)), return_exceptions=True
    )
    assert sum(isinstance(result, CallCentreError) for result in results) == 1
    steps = (await team.room.history.steps("swap", [swap]))[swap]
    assert [step.event for step in steps] == ["ask", "agree", "approve"]
    assert await team.duty(3) == {"1002"}
