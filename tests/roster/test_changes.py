"""Tests leave and swaps: who may decide what, what routing reads at every instant, what is refused; both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.errors import CallCentreError, IllegalTransition
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.attendance.model import AttendanceRules
from callcenter.roster.breaks.turn import BreakRules
from callcenter.roster.effects import Limits
from callcenter.roster.errors import (
    BadLeave,
    BadSwap,
    CoverageWouldFall,
    LeaveOverlaps,
    NotYourRequest,
    OwnRequest,
    RequestReasonMissing,
    ShiftOverlaps,
    SwapOutdated,
    SwapPending,
    UnknownLeave,
)
from callcenter.roster.history import RosterRequestDelta
from callcenter.roster.leave.model import LeaveEvent, LeaveKind, OwnedCase
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Need, SkillNeed
from callcenter.roster.room import RosterRoom, open_roster
from callcenter.roster.swaps.model import SwapEvent
from callcenter.storage.database import Database
from callcenter.web.ports import Audience, DeltaKind, Shape
from callcenter.web.roles import Person, Role
from tests.support.rooms import BOSS, CHIEF, NOON, Rooms, person

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LI, HAN, WANG = person("1001"), person("1002"), person("1003")
LEADING_LI = Person("p9", "lilei", "李雷", frozenset({Role.AGENT, Role.SUPERVISOR}), AgentNumber("1001"))
ALL_DAY = [Need(weekday, 0, 24 * 60, 1) for weekday in range(7)]


class Team:
    """Three agents on one line, and the roster's room on them."""

    def __init__(self, rooms: Rooms, country: str = "", zone: str = "Asia/Shanghai") -> None:
        self.rooms = rooms
        self.kinds: list[str] = []
        self.published: list[tuple[RosterRequestDelta, Audience]] = []
        self.room: RosterRoom = open_roster(
            database=rooms.database,
            clock=rooms.clock,
            audit=rooms.audit,
            agents=rooms.agents,
            presence=rooms.presence,
            lines=rooms.lines,
            roster=rooms.roster,
            skill_of=self._any_agent,
            zone=ZoneInfo(zone),
            limits=Limits(least=0),
            break_rules=BreakRules({}),
            attendance_rules=AttendanceRules(),
            policy_version="2026-11",
            answer_within_seconds=15,
            publish=self._publish,
            changed=rooms.roster.wake,
            country=country,
        )

    async def _any_agent(self, line: str) -> tuple[str, int] | None:
        return None

    def _publish(self, kind: DeltaKind[Shape], data: Shape, agents: Audience = None) -> None:
        self.kinds.append(kind)
        if kind != "roster_request":
            return
        self.published.append((data, agents))  # type: ignore[arg-type]

    async def shift(self, agent: str, start: float, end: float) -> Shift:
        """Hours from noon."""
        return await self.rooms.roster.add(
            Shift(AgentNumber(agent), LineCode("orders"), NOON + start * HOUR, NOON + end * HOUR), BOSS
        )

    async def duty(self, hours: float) -> set[AgentNumber]:
        return (await self.rooms.roster.duty(NOON + hours * HOUR)).get(LineCode("orders"), set())

    async def leave(self, by: Person, start: float, end: float, kind: LeaveKind = LeaveKind.PERSONAL) -> str:
        agent = by.agent or "1001"
        span = (NOON + start * HOUR, NOON + end * HOUR)
        return (await self.room.leaves.request(agent, kind, *span, "家里有事", by)).id


@pytest.fixture
async def team(database: Database) -> Team:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002", "1003")
    return Team(rooms)


async def test_D4_an_agent_on_approved_leave_is_not_on_duty_and_routing_is_woken_at_its_edges(team: Team) -> None:
    await team.shift("1001", 2, 10)
    leave = await team.leave(LI, 4, 6)
    assert await team.duty(5) == {"1001"}
    team.rooms.changes.clear()
    await team.room.leaves.decide(leave, LeaveEvent.APPROVE, BOSS)
    assert team.rooms.changes == ["roster"]
    assert [hour for hour in range(12) if await team.duty(hour)] == [2, 3, 6, 7, 8, 9]
    edges, at = [], NOON
    while (change := await team.rooms.roster.next_change(at)) is not None:
        edges.append((change - NOON) / HOUR)
        at = change
    assert edges == [2, 4, 6, 10]
    assert [
        (gap.starts_at, gap.ends_at)
        for gap in await team.rooms.roster.gaps(LineCode("orders"), NOON, NOON + DAY / 2, 1)
    ] == [
        (NOON, NOON + 2 * HOUR),
        (NOON + 4 * HOUR, NOON + 6 * HOUR),
        (NOON + 10 * HOUR, NOON + 12 * HOUR),
    ]
    await team.room.leaves.decide(leave, LeaveEvent.CANCEL, BOSS, "回来上班")
    assert await team.duty(5) == {"1001"}
    steps = (await team.room.history.steps("leave", [leave]))[leave]
    assert [(step.event, step.by_name) for step in steps] == [
        ("request", "客服"),
        ("approve", "主管"),
        ("cancel", "主管"),
    ]
    assert [(delta["state"], agents) for delta, agents in team.published] == [
        (state, frozenset({"1001"})) for state in ("requested", "approved", "cancelled")
    ]


async def test_D4_leave_is_requested_in_advance_and_only_sickness_may_have_begun(team: Team) -> None:
    with pytest.raises(BadLeave):
        await team.leave(LI, -1, 6)
    sick = await team.leave(BOSS, -1, 6, LeaveKind.SICK)
    await team.shift("1001", -2, 8)
    await team.room.leaves.decide(sick, LeaveEvent.APPROVE, BOSS)
    assert await team.duty(0) == set()
    with pytest.raises(LeaveOverlaps):
        await team.leave(LI, 5, 7)
    for start, end in ((3, 2), (1, 1 + 24 * 367)):
        with pytest.raises(BadLeave):
            await team.leave(HAN, start, end)


async def test_D4_no_one_decides_on_their_own_leave_or_reads_a_colleagues(team: Team) -> None:
    leave = await team.leave(LI, 4, 6)
    for by, refusal in ((LI, NotYourRequest), (LEADING_LI, OwnRequest), (HAN, UnknownLeave)):
        with pytest.raises(refusal):
            await team.room.leaves.decide(leave, LeaveEvent.APPROVE, by)
    with pytest.raises(UnknownLeave):
        await team.room.leaves.leave(leave, HAN)
    assert await team.room.leaves.leaves(HAN, 10) == []
    with pytest.raises(NotYourRequest):
        await team.room.leaves.request("1001", LeaveKind.SICK, NOON, NOON + HOUR, "x", HAN)
    with pytest.raises(RequestReasonMissing):
        await team.room.leaves.decide(leave, LeaveEvent.REFUSE, BOSS)
    await team.room.leaves.decide(leave, LeaveEvent.WITHDRAW, LI)
    with pytest.raises(IllegalTransition):
        await team.room.leaves.decide(leave, LeaveEvent.APPROVE, BOSS)


async def test_D2_a_leave_that_leaves_a_line_short_takes_a_reason_from_a_named_person(team: Team) -> None:
    await team.room.needs.replace("orders", ALL_DAY, BOSS)
    await team.shift("1001", 2, 10)
    await team.shift("1002", 2, 5)
    leave = await team.leave(LI, 4, 6)
    (short,) = (await team.room.leaves.effect(leave, BOSS)).shortages
    assert (short.starts_at, short.ends_at, short.on_duty, short.before) == (NOON + 5 * HOUR, NOON + 6 * HOUR, 0, 1)
    for reason, despite in (("", False), ("", True), ("没有别人", False)):
        with pytest.raises(CoverageWouldFall):
            await team.room.leaves.decide(leave, LeaveEvent.APPROVE, BOSS, reason, despite_shortage=despite)
    await team.room.leaves.decide(leave, LeaveEvent.APPROVE, BOSS, "没有别人", despite_shortage=True)
    assert await team.duty(5.5) == set()


async def test_D2_a_leave_or_a_swap_that_leaves_no_speaker_of_a_dialect_is_seen_and_refused(team: Team) -> None:
    agent = await team.rooms.agents.agent("1001")
    await team.rooms.agents.change(replace(agent, skills={"xiang-changsha": 4}), CHIEF)
    speaker = (SkillNeed("Xiang-Changsha", 3, 1),)
    await team.room.needs.replace("orders", [Need(day, 0, 24 * 60, 1, speaker) for day in range(7)], BOSS)
    mine = await team.shift("1001", 2, 10)
    await team.shift("1002", 2, 10)
    leave = await team.leave(LI, 4, 6)
    (short,) = (await team.room.leaves.effect(leave, BOSS)).shortages
    assert (short.skill, short.level, short.on_duty, short.before, short.required) == ("xiang-changsha", 3, 0, 1, 1)
    with pytest.raises(CoverageWouldFall) as refused:
        await team.room.leaves.decide(leave, LeaveEvent.APPROVE, BOSS)
    assert refused.value.facts["skill"] == "xiang-changsha"
    swap = (await team.room.swaps.ask(mine.id, "1003", None, "", LI)).id
    await team.room.swaps.decide(swap, SwapEvent.AGREE, WANG)
    with pytest.raises(CoverageWouldFall):
        await team.room.swaps.decide(swap, SwapEvent.APPROVE, BOSS)
    shortages = await team.room.effects.shortages(NOON, NOON + 4 * HOUR)
    assert {(gap.skill, gap.ends_at) for gap in shortages} == {
        (None, NOON + 2 * HOUR),
        ("xiang-changsha", NOON + 2 * HOUR),
    }
    assert (await team.room.needs.of_line("orders"))[0].skills == (SkillNeed("xiang-changsha", 3, 1),)


async def test_D3_shifts_change_hands_when_both_agree_and_a_leader_approves(team: Team) -> None:
    mine, theirs = await team.shift("1001", 2, 10), await team.shift("1002", 26, 34)
    swap = (await team.room.swaps.ask(mine.id, "1002", theirs.id, "看牙", LI)).id
    for by, event, refusal in (
        (LI, SwapEvent.AGREE, NotYourRequest),
        (BOSS, SwapEvent.AGREE, NotYourRequest),
        (WANG, SwapEvent.WITHDRAW, NotYourRequest),
        (BOSS, SwapEvent.APPROVE, IllegalTransition),
    ):
        with pytest.raises(refusal):
            await team.room.swaps.decide(swap, event, by)
    await team.room.swaps.decide(swap, SwapEvent.AGREE, HAN)
    for by in (LI, HAN, WANG):
        with pytest.raises(CallCentreError):
            await team.room.swaps.decide(swap, SwapEvent.APPROVE, by)
    with pytest.raises(OwnRequest):
        await team.room.swaps.decide(swap, SwapEvent.APPROVE, LEADING_LI)
    assert await team.duty(3) == {"1001"}
    team.rooms.changes.clear()
    await team.room.swaps.decide(swap, SwapEvent.APPROVE, BOSS)
    assert "roster" in team.rooms.changes
    assert (await team.duty(3), await team.duty(27)) == ({"1002"}, {"1001"})
    steps = (await team.room.history.steps("swap", [swap]))[swap]
    assert [step.event for step in steps] == ["ask", "agree", "approve"]
    assert {agents for _, agents in team.published} == {frozenset({"1001", "1002"})}


async def test_D3_two_shifts_of_the_same_hours_are_swapped_at_once(team: Team) -> None:
    mine, theirs = await team.shift("1001", 2, 10), await team.shift("1002", 6, 14)
    swap = (await team.room.swaps.ask(mine.id, "1002", theirs.id, "", LI)).id
    await team.room.swaps.decide(swap, SwapEvent.AGREE, HAN)
    await team.room.swaps.decide(swap, SwapEvent.APPROVE, BOSS)
    assert [await team.duty(hour) for hour in (3, 8, 12)] == [{"1002"}, {"1001", "1002"}, {"1001"}]


async def test_D3_no_agent_gets_two_shifts_at_one_time(team: Team) -> None:
    mine, other = await team.shift("1001", 2, 10), await team.shift("1002", 4, 6)
    swap = (await team.room.swaps.ask(mine.id, "1002", None, "", LI)).id
    await team.room.swaps.decide(swap, SwapEvent.AGREE, HAN)
    with pytest.raises(ShiftOverlaps):
        await team.room.swaps.decide(swap, SwapEvent.APPROVE, BOSS)
    assert (await team.room.swaps.swap(swap, LI)).state == "agreed"
    assert await team.duty(3) == {"1001"}
    await team.rooms.roster.remove(other.id, BOSS)
    await team.room.swaps.decide(swap, SwapEvent.APPROVE, BOSS)
    assert await team.duty(3) == {"1002"}


async def test_D3_a_swap_of_a_shift_that_has_changed_or_begun_is_not_approved(team: Team) -> None:
    mine, later = await team.shift("1001", 2, 10), await team.shift("1001", 26, 34)
    swaps = [(await team.room.swaps.ask(shift.id, "1002", None, "", LI)).id for shift in (mine, later)]
    for swap in swaps:
        await team.room.swaps.decide(swap, SwapEvent.AGREE, HAN)
    changed = Shift(AgentNumber("1001"), LineCode("orders"), later.starts_at, later.ends_at + HOUR, later.id)
    await team.rooms.roster.change(changed, BOSS)
    team.rooms.clock.move(hours=3)
    for swap in swaps:
        with pytest.raises(SwapOutdated):
            await team.room.swaps.decide(swap, SwapEvent.APPROVE, BOSS)
    await team.rooms.roster.remove(later.id, BOSS)
    with pytest.raises(SwapOutdated):
        await team.room.swaps.decide(swaps[1], SwapEvent.APPROVE, BOSS)


async def test_D3_what_cannot_be_swapped_is_refused_when_it_is_asked(team: Team) -> None:
    mine, theirs = await team.shift("1001", 2, 10), await team.shift("1002", 26, 34)
    begun = await team.shift("1001", -1, 1)
    for shift, colleague, back, by, refusal in (
        (mine, "1001", None, LI, BadSwap),
        (mine, "1003", theirs.id, LI, BadSwap),
        (begun, "1002", None, LI, BadSwap),
        (theirs, "1001", None, LI, NotYourRequest),
    ):
        with pytest.raises(refusal):
            await team.room.swaps.ask(shift.id, colleague, back, "", by)
    await team.room.swaps.ask(mine.id, "1002", None, "", LI)
    with pytest.raises(SwapPending):
        await team.room.swaps.ask(mine.id, "1003", None, "", LI)


async def test_D3_two_leaders_who_decide_at_once_decide_once(team: Team) -> None:
    mine = await team.shift("1001", 2, 10)
    swap = (await team.room.swaps.ask(mine.id, "1002", None, "", LI)).id
    await team.room.swaps.decide(swap, SwapEvent.AGREE, HAN)
    results = await asyncio.gather(
        *(team.room.swaps.decide(swap, event, BOSS, "原因") for event in (SwapEvent.APPROVE, SwapEvent.REFUSE) * 2),
        return_exceptions=True,
    )
    decided = [result for result in results if not isinstance(result, BaseException)]
    assert len(decided) == 1
    state = (await team.room.swaps.swap(swap, LI)).state
    assert await team.duty(3) == ({"1002"} if state == "approved" else {"1001"})


async def test_a_swap_shows_the_hours_that_it_would_break(team: Team) -> None:
    late = await team.shift("1001", 2, 10)
    await team.shift("1002", 14, 20)
    swap = await team.room.swaps.ask(late.id, "1002", None, "", LI)
    effect = await team.room.swaps.effect(swap.id, HAN)
    assert [(strain.agent, strain.rule, strain.hours) for strain in effect.strains] == [("1002", "short_rest", 4.0)]
    assert list(effect.shortages) == []


async def test_D4_K4_leaders_are_notified_of_the_cases_of_an_agent_who_goes_on_leave(team: Team) -> None:
    late, soon = NOON + 9 * DAY, NOON + 2 * DAY

    async def owned(agent: str) -> list[OwnedCase]:
        assert agent == "1001"
        return [OwnedCase("TS3", None), OwnedCase("TS2", late), OwnedCase("TS1", soon)]

    team.room.leaves.owned_cases = owned
    leave = await team.room.leaves.request("1001", LeaveKind.ANNUAL, NOON + DAY, NOON + 5 * DAY, "探亲", LI)
    assert [case.number for case in await team.room.leaves.cases(leave.id, BOSS)] == ["TS1", "TS3"]
    assert "leave_cases" not in team.kinds
    await team.room.leaves.decide(leave.id, LeaveEvent.APPROVE, BOSS)
    assert team.kinds.count("leave_cases") == 1
