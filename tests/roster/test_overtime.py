"""Tests overtime: who takes which step, its effect, its shift, its hours for the payroll; both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.clock import now
from callcenter.errors import CallCentreError, IllegalTransition
from callcenter.facts import AgentNumber, LineCode
from callcenter.kit.pay_days import PaidSeconds
from callcenter.roster.errors import (
    BadOvertime,
    BadSwap,
    NotYourRequest,
    OvertimeOutdated,
    OwnRequest,
    RequestReasonMissing,
    ShiftIsOvertime,
    ShiftOverlaps,
    UnknownOvertime,
)
from callcenter.roster.leave.model import LeaveEvent, LeaveKind
from callcenter.roster.needs.model import Need
from callcenter.roster.overtime.exports import OvertimeExport, overtime_list
from callcenter.roster.overtime.hours import Paid
from callcenter.roster.overtime.model import OvertimeEvent, OvertimeState
from callcenter.roster.plans.service import DraftSource
from callcenter.storage.database import Database
from callcenter.web.roles import Person, Role
from tests.roster.test_changes import ALL_DAY, HAN, LEADING_LI, LI, Team
from tests.roster.test_changes_http import Floor, floor
from tests.roster.test_plans import WEEK, entry, opened, published
from tests.support.rooms import BOSS, CHIEF, NOON, Rooms

__all__ = ["floor"]
HOUR = timedelta(hours=1)
OTHER_BOSS = Person("p7", "second", "副主管", frozenset({Role.SUPERVISOR}))


@pytest.fixture
async def team(database: Database) -> Team:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002", "1003")
    return Team(rooms)


async def ask(team: Team, by: Person, start: float, end: float, agent: str = "1001") -> str:
    span = (NOON + start * HOUR, NOON + end * HOUR)
    return (await team.room.overtimes.ask(agent, "orders", *span, "订单多", by)).id


async def approved(team: Team, start: float, end: float) -> str:
    id = await ask(team, LI, start, end)
    await team.room.overtimes.decide(id, OvertimeEvent.AGREE, BOSS)
    await team.room.overtimes.decide(id, OvertimeEvent.APPROVE, BOSS)
    return id


async def test_D1_what_a_leader_asks_for_the_agent_agrees_and_a_leader_approves(team: Team) -> None:
    id = await ask(team, BOSS, 2, 5)
    decide = team.room.overtimes.decide
    for by, event, refusal in (
        (BOSS, OvertimeEvent.AGREE, NotYourRequest),
        (HAN, OvertimeEvent.AGREE, UnknownOvertime),
        (LI, OvertimeEvent.APPROVE, NotYourRequest),
        (LI, OvertimeEvent.WITHDRAW, NotYourRequest),
        (BOSS, OvertimeEvent.APPROVE, IllegalTransition),
        (BOSS, OvertimeEvent.REFUSE, RequestReasonMissing),
    ):
        with pytest.raises(refusal):
            await decide(id, event, by)
    assert await team.duty(3) == set()
    await decide(id, OvertimeEvent.AGREE, LI)
    with pytest.raises(OwnRequest):
        await decide(id, OvertimeEvent.APPROVE, LEADING_LI)
    team.rooms.changes.clear()
    await decide(id, OvertimeEvent.APPROVE, BOSS)
    assert "roster" in team.rooms.changes
    assert [hour for hour in range(8) if await team.duty(hour)] == [2, 3, 4]
    (shift,) = await team.rooms.roster.shifts()
    assert shift.overtime
    steps = (await team.room.history.steps("overtime", [id]))[id]
    assert [(step.event, step.state, step.by_name) for step in steps] == [
        ("ask", "asked", "主管"),
        ("agree", "agreed", "客服"),
        ("approve", "approved", "主管"),
    ]
    assert [(delta["kind"], agents) for delta, agents in team.published] == [("overtime", frozenset({"1001"}))] * 3


async def test_D1_what_an_agent_offers_a_leader_agrees_to_and_nobody_decides_on_their_own(team: Team) -> None:
    id = await ask(team, LEADING_LI, 2, 5)
    decide = team.room.overtimes.decide
    for by, event, refusal in (
        (LEADING_LI, OvertimeEvent.AGREE, OwnRequest),
        (BOSS, OvertimeEvent.WITHDRAW, NotYourRequest),
        (BOSS, OvertimeEvent.APPROVE, IllegalTransition),
    ):
        with pytest.raises(refusal):
            await decide(id, event, by)
    await decide(id, OvertimeEvent.AGREE, BOSS)
    await decide(id, OvertimeEvent.WITHDRAW, LI)
    with pytest.raises(IllegalTransition):
        await decide(id, OvertimeEvent.APPROVE, BOSS)
    assert await team.rooms.roster.shifts() == []
    with pytest.raises(NotYourRequest):
        await ask(team, HAN, 2, 5)
    assert [row.id for row in await team.room.overtimes.overtimes(LI, 10)] == [id]
    assert await team.room.overtimes.overtimes(HAN, 10) == []


async def test_what_cannot_be_overtime_is_refused(team: Team) -> None:
    for start, end in ((-1, 2), (3, 3), (5, 2), (1, 26), (24 * 93, 24 * 93 + 2)):
        with pytest.raises(BadOvertime):
            await ask(team, BOSS, start, end)
    with pytest.raises(BadOvertime):
        await team.room.overtimes.ask("1001", "orders", NOON + HOUR, NOON + 2 * HOUR, "  ", BOSS)
    for agent, line in (("1009", "orders"), ("1001", "nowhere")):
        with pytest.raises(CallCentreError):
            await team.room.overtimes.ask(agent, line, NOON + HOUR, NOON + 2 * HOUR, "忙", BOSS)
    await team.shift("1001", 2, 4)
    with pytest.raises(ShiftOverlaps):
        await ask(team, BOSS, 3, 6)
    leave = await team.leave(LI, 8, 10)
    await team.room.leaves.decide(leave, LeaveEvent.APPROVE, BOSS)
    with pytest.raises(BadOvertime):
        await ask(team, BOSS, 9, 12)
    await team.rooms.agents.change(replace(await team.rooms.agents.agent("1003"), active=False), CHIEF)
    with pytest.raises(BadOvertime):
        await ask(team, BOSS, 2, 4, "1003")


async def test_D2_the_effect_on_coverage_rest_and_the_week_is_seen_before_the_yes(team: Team) -> None:
    await team.room.needs.replace("orders", ALL_DAY, BOSS)
    await team.shift("1001", 14, 23)
    id = await ask(team, BOSS, 2, 5)
    before = await team.room.overtimes.effect(id, LI)
    assert [(gap.on_duty, gap.required) for gap in before.before] == [(0, 1)]
    assert before.after == []
    assert [(strain.rule, strain.hours) for strain in before.strains] == [("short_rest", 9.0)]
    assert (before.week_hours_before, before.week_hours_after) == (9.0, 12.0)
    with pytest.raises(UnknownOvertime):
        await team.room.overtimes.effect(id, HAN)


async def test_two_leaders_who_approve_at_once_make_one_shift(team: Team) -> None:
    first, second = await ask(team, BOSS, 2, 5), await ask(team, OTHER_BOSS, 4, 6)
    for id in (first, second):
        await team.room.overtimes.decide(id, OvertimeEvent.AGREE, LI)
    results = await asyncio.gather(
        *(
            team.room.overtimes.decide(id, OvertimeEvent.APPROVE, by)
            for id in (first, second)
            for by in (BOSS, OTHER_BOSS)
        ),
        return_exceptions=True,
    )
    assert len([result for result in results if not isinstance(result, BaseException)]) == 1
    refusals = [result for result in results if isinstance(result, BaseException)]
    assert all(isinstance(refusal, IllegalTransition | ShiftOverlaps) for refusal in refusals)
    assert len(await team.rooms.roster.shifts()) == 1


async def test_a_shift_of_overtime_is_cancelled_and_not_swapped_moved_or_removed(team: Team) -> None:
    id = await approved(team, 2, 5)
    (shift,) = await team.rooms.roster.shifts()
    for deed in (
        team.rooms.roster.remove(shift.id, BOSS),
        team.rooms.roster.change(replace(shift, agent=AgentNumber("1002")), BOSS),
    ):
        with pytest.raises(ShiftIsOvertime):
            await deed
    with pytest.raises(BadSwap):
        await team.room.swaps.ask(shift.id, "1002", None, "", LI)
    with pytest.raises(RequestReasonMissing):
        await team.room.overtimes.decide(id, OvertimeEvent.CANCEL, BOSS)
    await team.room.overtimes.decide(id, OvertimeEvent.CANCEL, BOSS, "单少了")
    assert await team.rooms.roster.shifts() == []
    begun = await approved(team, 2, 5)
    team.rooms.clock.move(hours=3)
    with pytest.raises(OvertimeOutdated):
        await team.room.overtimes.decide(begun, OvertimeEvent.CANCEL, BOSS, "晚了")
    late = await ask(team, HAN, 4, 5, "1002")
    await team.room.overtimes.decide(late, OvertimeEvent.AGREE, BOSS)
    team.rooms.clock.move(hours=3)
    with pytest.raises(OvertimeOutdated):
        await team.room.overtimes.decide(late, OvertimeEvent.APPROVE, BOSS)


async def test_D1_publishing_a_plan_leaves_overtime_as_it_is(database: Database) -> None:
    team = await opened(database)
    await team.room.needs.replace("orders", [Need(0, 8 * 60, 17 * 60, 1)], BOSS)
    monday = entry("1001", WEEK.first)
    extra = await team.room.overtimes.ask("1002", "orders", monday.starts_at, monday.ends_at, "缺人", BOSS)
    await team.room.overtimes.decide(extra.id, OvertimeEvent.AGREE, HAN)
    await team.room.overtimes.decide(extra.id, OvertimeEvent.APPROVE, BOSS)
    draft = (await team.room.plans.draft(LineCode("orders"), WEEK, DraftSource.PRESENT, "", BOSS)).row
    assert (await team.room.plans.plan(draft.id, BOSS))[1] == []
    # The overtime covers Monday, so an empty plan lacks nobody.
    review = await team.room.reviews.of(draft.id)
    assert (review.shortages, review.differences) == ([], [])
    await published(team, entry("1003", WEEK.first + timedelta(days=1)))
    assert [(shift.agent, shift.overtime) for shift in await team.rooms.roster.shifts()] == [
        ("1002", True),
        ("1003", False),
    ]
    with pytest.raises(ShiftOverlaps):
        await published(team, entry("1002", WEEK.first))


async def test_overtime_hours_are_in_adherence_and_in_the_list_for_the_payroll(team: Team) -> None:
    await team.shift("1001", 0, 2)
    await approved(team, 2, 5)
    await team.rooms.presence.sign_in("1001", LI)
    team.rooms.clock.move(hours=4)
    await team.rooms.presence.sign_out("1001", LI)
    team.rooms.clock.move(hours=4)
    seconds = (await team.room.adherence.of(NOON, NOON + 8 * HOUR))["1001"]
    assert (seconds.planned / 3600, seconds.overtime / 3600, seconds.overtime_present / 3600) == (5, 3, 2)
    listed = overtime_list(team.room.overtime_reading, "Asia/Shanghai")

    async def cells(month: str) -> list[Mapping[str, object]]:
        pages = listed.pages(OvertimeExport(month=month))
        return [dict(zip(listed.columns["en"], row, strict=True)) async for page in pages for row in page]

    (row,) = await cells("2026-11")
    assert (row["agent"], row["hours"], row["signed_in_hours"]) == ("1001", 3.0, 2.0)
    assert (row["offered_by_agent"], row["approved_by"]) == (True, "主管")
    assert await cells("2026-10") == []
    # What is to come has no hours signed in yet, and sickness lowers the hours.
    later = await approved(team, 20, 24)
    sick = await team.room.leaves.request("1001", LeaveKind.SICK, NOON + 21 * HOUR, NOON + 30 * HOUR, "病", BOSS)
    await team.room.leaves.decide(sick.id, LeaveEvent.APPROVE, BOSS)
    rows = {cell["overtime"]: (cell["hours"], cell["signed_in_hours"]) for cell in await cells("2026-11")}
    assert rows[later] == (1.0, None)
    # Without a calendar of holidays no one knows what kind of day it was: the cells are empty, not 0.
    assert {cell["workday_hours"] for cell in await cells("2026-11")} == {None}
    assert (await team.room.overtimes.overtime(later, LI)).state == OvertimeState.APPROVED


async def test_the_payrolls_list_from_a_day_on_or_until_one_has_no_other(team: Team) -> None:
    """One end alone was ignored, and the list had everything."""
    first, second = await approved(team, 2, 5), await approved(team, 50, 53)
    listed = overtime_list(team.room.overtime_reading, "Asia/Shanghai")

    async def ids(since: datetime | None = None, until: datetime | None = None) -> set[object]:
        pages = listed.pages(OvertimeExport(since=since, until=until))
        return {row[0] for page in [page async for page in pages] for row in page}

    between = NOON + 24 * HOUR
    assert await ids() == {first, second}
    assert (await ids(since=between), await ids(until=between)) == ({second}, {first})
    assert await ids(between, between + 24 * HOUR) == set()


async def test_the_payroll_has_overtime_by_the_kind_of_day(database: Database) -> None:
    """From Friday evening into Saturday, half of it signed in; a night into New Year's Day is still ahead."""
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002")
    team = Team(rooms, "CN")
    friday = datetime(2026, 11, 27, 22, tzinfo=ZoneInfo("Asia/Shanghai"))
    new_year = datetime(2026, 12, 31, 22, tzinfo=ZoneInfo("Asia/Shanghai"))
    for start, length in ((friday, 6), (friday - timedelta(days=1), 1), (new_year, 8)):
        offset = (start - NOON) / HOUR
        await approved(team, offset, offset + length)
    rooms.clock.move(hours=(friday - NOON) / HOUR + 1)
    await rooms.presence.sign_in("1001", LI)
    rooms.clock.move(hours=3)
    await rooms.presence.sign_out("1001", LI)
    rooms.clock.move(hours=3)
    reading = team.room.overtime_reading
    mine = (await reading.by_agent("2026-11"))["1001"]
    assert (mine.count, mine.ahead, mine.planned.seconds, mine.present.seconds) == (2, 0, 7 * 3600, 3 * 3600)
    assert mine.planned.by_day == PaidSeconds(3 * 3600, 4 * 3600, 0)
    assert mine.present.by_day == PaidSeconds(3600, 2 * 3600, 0)
    # It belongs to the month in which it begins. The make-up days of the next year are not stated yet.
    night = (await reading.by_agent("2026-12"))["1001"]
    assert (night.count, night.ahead, night.planned.seconds, night.planned.by_day) == (1, 1, 8 * 3600, None)
    assert (night.present, await reading.by_agent("2026-11", "1002")) == (Paid(), {})
    listed = overtime_list(reading, "Asia/Shanghai")
    pages = listed.pages(OvertimeExport(month="2026-11"))
    rows = [dict(zip(listed.columns["en"], row, strict=True)) async for page in pages for row in page]
    (row,) = [row for row in rows if row["hours"] == 6.0]
    kinds = ("workday_hours", "rest_day_hours", "holiday_hours")
    assert [row[name] for name in kinds] == [2.0, 4.0, 0.0]
    assert [row[f"signed_in_{name}"] for name in kinds] == [1.0, 2.0, 0.0]


async def test_the_hours_of_the_month_over_http_are_for_leaders(floor: Floor) -> None:
    reading = floor.centre.contributions.roster.overtime_reading
    assert await reading.by_agent("2026-11") == {}
    report = await floor.done("boss", "GET", "/reports/overtime?month=2026-11")
    nothing = {"seconds": 0.0, "workday_seconds": 0.0, "rest_day_seconds": 0.0, "holiday_seconds": 0.0}
    assert report["total"] == {"agent": None, "count": 0, "ahead": 0, "planned": nothing, "signed_in": nothing}
    start = now() + HOUR
    span = {"starts_at": start.isoformat(), "ends_at": (start + 2 * HOUR).isoformat()}
    asked = await floor.done("lilei", "POST", "/overtime", {"line": "orders", "reason": "忙", **span})
    for step in ("agree", "approve"):
        await floor.done("boss", "POST", f"/overtime/{asked['id']}/{step}", {})
    month = f"{start.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m}"
    report = await floor.done("boss", "GET", f"/reports/overtime?month={month}&agent=1001")
    (mine,) = report["items"]
    assert (mine["agent"], mine["ahead"], mine["planned"]["seconds"]) == ("1001", 1, 7200.0)
    # This centre has not said whose holidays it follows.
    assert mine["planned"]["workday_seconds"] is None
    assert (await floor.ask("lilei", "GET", f"/reports/overtime?month={month}"))[0] == 403
    assert (await floor.ask("boss", "GET", "/reports/overtime?month=2026-13"))[0] == 422
