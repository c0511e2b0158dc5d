"""Tests plans: what publishing changes and refuses, who is notified, what routing reads afterwards; both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.catalogue import Language
from callcenter.errors import IllegalTransition
from callcenter.facts import AgentNumber, LineCode
from callcenter.kit.table_reader import table_of
from callcenter.kit.table_writer import write_xlsx
from callcenter.roster.errors import BadPlan, CoverageWouldFall, PlanOutdated, ShiftOverlaps, UnknownPlan
from callcenter.roster.leave.model import LeaveEvent, LeaveKind
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Need
from callcenter.roster.patterns.model import Pattern, check_pattern, minutes_of, shift_on
from callcenter.roster.plans.model import Days, Entry, PlanState, differences, fingerprint, long_runs
from callcenter.roster.plans.service import DraftSource
from callcenter.roster.plans.tables.model import entries_of, grid_of, head_of, layout_of
from callcenter.storage.database import Database
from callcenter.web.roles import Person, Role
from tests.roster.test_changes import HAN, LI, Team
from tests.support.rooms import BOSS, Rooms

ZONE = "Asia/Shanghai"
ORDERS = LineCode("orders")
WEEK = Days(date(2026, 11, 30), date(2026, 12, 6))
EARLY, NIGHT = Pattern("早", "早班", 8 * 60, 17 * 60), Pattern("夜", "夜班", 22 * 60, 30 * 60)
PATTERNS = {pattern.code: pattern for pattern in (EARLY, NIGHT)}
ASSISTANT = Person("p8", "assistant", "助理", frozenset({Role.ASSISTANT}))


def entry(agent: str, day: date, pattern: Pattern = EARLY) -> Entry:
    shift = shift_on(day, pattern.start, pattern.end, AgentNumber(agent), ORDERS, ZONE)
    return Entry(shift.agent, day, shift.starts_at, shift.ends_at, pattern.code)


async def opened(database: Database) -> Team:
    team = Team(Rooms(database))
    await team.rooms.furnish("1001", "1002", "1003")
    for pattern in PATTERNS.values():
        await team.room.patterns.put(pattern, BOSS)
    return team


async def published(team: Team, *entries: Entry, days: Days = WEEK, reason: str = "") -> str:
    plans = team.room.plans
    row = (await plans.draft(ORDERS, days, DraftSource.EMPTY, "", ASSISTANT)).row
    await plans.replace(row.id, "", entries, ASSISTANT)
    seen = (await team.room.reviews.of(row.id)).fingerprint
    await plans.publish(row.id, seen, BOSS, reason, despite_shortage=bool(reason), to="行政部")
    return row.id


async def test_D1_a_published_plan_is_what_routing_reads_and_each_agent_is_notified(database: Database) -> None:
    team = await opened(database)
    monday, tuesday = list(WEEK)[:2]
    first = await published(team, entry("1001", monday), entry("1002", tuesday, NIGHT))
    at = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    assert await team.rooms.roster.duty(at) == {"orders": {"1002"}}
    second = (await team.room.plans.draft(ORDERS, WEEK, DraftSource.PRESENT, "", BOSS)).row
    _, entries = await team.room.plans.plan(second.id, BOSS)
    assert [(planned.agent, planned.pattern) for planned in entries] == [("1001", "早"), ("1002", "夜")]
    before = (await team.rooms.roster.shifts(*WEEK.span(ZONE), agent=AgentNumber("1001")))[0].id
    await published(team, entries[0], entry("1002", tuesday), entry("1003", tuesday))
    assert (await team.rooms.roster.shifts(*WEEK.span(ZONE), agent=AgentNumber("1001")))[0].id == before
    assert await team.rooms.roster.duty(at) == {}
    rows = await team.room.plans.plans(BOSS, 10, state=PlanState.PUBLISHED)
    assert sorted((row.number, row.published_by_name, row.handed_to) for row in rows) == [
        (1, "主管", "行政部"),
        (2, "主管", "行政部"),
    ]
    assert [row.plan for row in await team.room.notices.notices(LI, 10)] == [first]
    newest, oldest = sorted(
        await team.room.notices.notices(HAN, 10), key=lambda row: row.changes[0]["kind"], reverse=True
    )
    assert [change["kind"] for change in (*oldest.changes, *newest.changes)] == ["added", "moved"]
    seen = await team.room.notices.see(newest.id, HAN)
    assert seen.seen_at == team.rooms.clock()
    assert [row.id for row in await team.room.notices.notices(HAN, 10, unseen=True)] == [oldest.id]


async def test_D2_a_shortage_blocks_publishing_until_a_person_accepts_it_with_a_reason(
    database: Database,
) -> None:
    team = await opened(database)
    monday = WEEK.first
    await team.room.needs.replace("orders", [Need(0, 8 * 60, 17 * 60, 2)], BOSS)
    plans = team.room.plans
    row = (await plans.draft(ORDERS, WEEK, DraftSource.EMPTY, "", ASSISTANT)).row
    await plans.replace(row.id, "", [entry("1001", monday)], ASSISTANT)
    review = await team.room.reviews.of(row.id)
    assert [(short.required, short.on_duty) for short in review.shortages] == [(2, 1)]
    for despite, reason in ((False, ""), (True, " "), (False, "不够人")):
        with pytest.raises(CoverageWouldFall):
            await plans.publish(row.id, review.fingerprint, BOSS, reason, despite_shortage=despite)
    assert await team.rooms.roster.shifts(*WEEK.span(ZONE)) == []
    stored = await plans.publish(row.id, review.fingerprint, BOSS, "新人下周到岗", despite_shortage=True)
    assert (stored.shortages, stored.despite_reason, stored.published_by_name) == (1, "新人下周到岗", "主管")
    # An agent on leave does not count, although the plan has a shift for them.
    full = (await plans.draft(ORDERS, WEEK, DraftSource.PRESENT, "", BOSS)).row
    await plans.replace(full.id, "", [entry("1001", monday), entry("1002", monday)], BOSS)
    assert (await team.room.reviews.of(full.id)).shortages == []
    start, end = WEEK.span(ZONE)
    leave = await team.room.leaves.request("1002", LeaveKind.ANNUAL, start, end, "休假", BOSS)
    await team.room.leaves.decide(leave.id, LeaveEvent.APPROVE, BOSS, "可以", despite_shortage=True)
    review = await team.room.reviews.of(full.id)
    assert [absent.agent for absent in review.on_leave] == ["1002"]
    assert len(review.shortages) == 1


def short_quarters(days: Days, entries: list[Entry], needs: list[Need]) -> int:
    """How many quarter hours of these days have fewer agents than needed, counted one by one."""
    short = 0
    for day in days:
        for need in (need for need in needs if need.weekday == day.weekday()):
            for minute in range(need.start, need.end, 15):
                at = datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(ZONE))
                present = {each.agent for each in entries if each.starts_at <= at < each.ends_at}
                short += len(present) < need.agents
    return short


async def test_D2_nothing_under_the_minimum_is_published_without_a_name_and_a_reason(database: Database) -> None:
    team, random = await opened(database), Random(20261128)
    verdicts = set()
    for week in range(24):
        days = Days(WEEK.first + timedelta(weeks=2 * week), WEEK.last + timedelta(weeks=2 * week))
        weekdays = random.sample(range(7), random.randint(1, 3))
        spans = [(random.choice([0, 480, 1320]), random.choice([960, 1020, 1440])) for _ in weekdays]
        needs = [
            Need(weekday, start, end, random.randint(1, 2))
            for weekday, (start, end) in zip(weekdays, spans, strict=True)
            if start < end
        ]
        everyone = [(agent, day) for agent in ("1001", "1002", "1003") for day in days]
        share = random.choice([0.3, 0.9, 1.0])
        entries = [
            entry(agent, day, random.choice([EARLY, EARLY, NIGHT]) if share < 1 else EARLY)
            for agent, day in everyone
            if random.random() < share
        ]
        await team.room.needs.replace("orders", needs, BOSS)
        plans = team.room.plans
        row = (await plans.draft(ORDERS, days, DraftSource.EMPTY, "", ASSISTANT)).row
        await plans.replace(row.id, "", entries, ASSISTANT)
        seen = (await team.room.reviews.of(row.id)).fingerprint
        short = short_quarters(days, entries, needs) > 0
        verdicts.add(short)
        if short:
            with pytest.raises(CoverageWouldFall):
                await plans.publish(row.id, seen, BOSS)
            assert await team.rooms.roster.shifts(*days.span(ZONE)) == []
        reason = "人手不足，已协调支援" if short else ""
        stored = await plans.publish(row.id, seen, BOSS, reason, despite_shortage=short)
        assert (stored.despite_reason, stored.published_by_name) == (reason, "主管")
    assert verdicts == {True, False}


async def test_D1_a_change_after_the_review_is_not_overwritten(database: Database) -> None:
    team = await opened(database)
    monday = WEEK.first
    await published(team, entry("1001", monday))
    plans = team.room.plans
    row = (await plans.draft(ORDERS, WEEK, DraftSource.PRESENT, "", BOSS)).row
    await plans.replace(row.id, "", [entry("1001", monday), entry("1002", monday)], BOSS)
    seen = (await team.room.reviews.of(row.id)).fingerprint
    shift = (await team.rooms.roster.shifts(*WEEK.span(ZONE)))[0]
    await team.rooms.roster.change(replace(shift, agent=AgentNumber("1003")), BOSS)
    with pytest.raises(PlanOutdated):
        await plans.publish(row.id, seen, BOSS)
    assert await team.rooms.roster.duty(shift.starts_at) == {"orders": {"1003"}}


async def test_D1_two_publications_at_once_leave_one_roster(database: Database) -> None:
    team = await opened(database)
    plans = team.room.plans
    ids, seen = [], []
    for agent in ("1001", "1002"):
        row = (await plans.draft(ORDERS, WEEK, DraftSource.EMPTY, "", BOSS)).row
        await plans.replace(row.id, "", [entry(agent, WEEK.first)], BOSS)
        ids.append(row.id)
        seen.append((await team.room.reviews.of(row.id)).fingerprint)
    results = await asyncio.gather(
        *(plans.publish(id, mark, BOSS) for id, mark in zip(ids, seen, strict=True)), return_exceptions=True
    )
    duty = (await team.rooms.roster.duty(entry("1001", WEEK.first).starts_at))[ORDERS]
    refused = [result for result in results if isinstance(result, Exception)]
    assert all(isinstance(error, PlanOutdated) for error in refused)
    assert len(duty) == len(results) - len(refused)


async def test_D1_what_is_refused(database: Database) -> None:
    team = await opened(database)
    plans = team.room.plans
    with pytest.raises(BadPlan):
        await plans.draft(ORDERS, Days(WEEK.first, WEEK.first + timedelta(days=60)), DraftSource.EMPTY, "", BOSS)
    with pytest.raises(BadPlan):
        await plans.draft(ORDERS, Days(WEEK.last, WEEK.first), DraftSource.EMPTY, "", BOSS)
    row = (await plans.draft(ORDERS, WEEK, DraftSource.EMPTY, "", BOSS)).row
    with pytest.raises(BadPlan):
        await plans.replace(row.id, "", [entry("1001", WEEK.last + timedelta(days=1))], BOSS)
    with pytest.raises(ShiftOverlaps):
        await plans.replace(row.id, "", [entry("1001", WEEK.first)] * 2, BOSS)
    with pytest.raises(UnknownPlan):
        await plans.plan(row.id, LI)
    await plans.discard(row.id, ASSISTANT)
    with pytest.raises(IllegalTransition):
        await plans.publish(row.id, (await team.room.reviews.of(row.id)).fingerprint, BOSS)
    with pytest.raises(IllegalTransition):
        await plans.hand_over(row.id, "行政部", BOSS)


async def test_D1_a_shift_that_has_begun_stays(database: Database) -> None:
    team = await opened(database)
    begun = await team.rooms.on_duty("1001")
    today = Days(date(2026, 11, 24), date(2026, 11, 24))
    await published(team, entry("1002", date(2026, 11, 24), NIGHT), days=today)
    assert await team.rooms.roster.shift(begun.id) == begun
    assert len(await team.rooms.roster.shifts(*today.span(ZONE))) == 2


def shifts() -> st.SearchStrategy[list[Shift]]:
    hours = st.integers(0, 20)
    times = st.tuples(st.sampled_from(("1001", "1002")), st.integers(0, 3), hours, st.integers(1, 8))
    base = datetime(2026, 11, 29, 16, tzinfo=UTC)

    def shift(given: tuple[str, int, int, int]) -> Shift:
        agent, day, hour, length = given
        start = base + timedelta(days=day, hours=hour)
        return Shift(AgentNumber(agent), ORDERS, start, start + timedelta(hours=length))

    return st.lists(times.map(shift), max_size=8, unique=True)


@given(shifts(), shifts())
def test_the_differences_turn_one_roster_into_the_other(present: list[Shift], planned: list[Shift]) -> None:
    changes = differences(present, planned, ZoneInfo(ZONE))
    result = set(present) - {change.before for change in changes} | {
        change.after for change in changes if change.after is not None
    }
    assert result == set(planned)
    assert differences(planned, planned, ZoneInfo(ZONE)) == []
    assert (fingerprint(changes) == fingerprint([])) is (set(present) == set(planned))


def test_D1_a_table_comes_back_as_it_went_out() -> None:
    own = entry("1002", WEEK.last)
    own = replace(own, pattern="", starts_at=own.starts_at + timedelta(minutes=30))
    entries = [entry("1001", WEEK.first), entry("1001", WEEK.first, NIGHT), own]
    names = {"1001": "李雷", "1002": "韩梅", "1003": "王芳"}
    grid = grid_of(entries, names, WEEK, ZoneInfo(ZONE))
    languages: tuple[Language, ...] = ("zh-CN", "en")
    for language in languages:
        table = table_of(write_xlsx(head_of(WEEK, language), grid), layout_of(WEEK))
        assert table.passed == []
        back = entries_of(table.rows, WEEK, PATTERNS, ORDERS, ZONE, lambda *_: BadPlan("x"))
        assert back == entries
    assert [row[0] for row in grid] == ["1001", "1002", "1003"]
    assert [row[-1] for row in grid] == [17.0, 8.5, 0.0]


def test_D1_a_cell_that_is_no_shift_is_named() -> None:
    text = "工号,12月1日,12/2\n1001,早 夜,休\n1002,中,\n".encode()
    faults: list[tuple[int, str, str]] = []

    def fault(*where: object) -> BadPlan:
        faults.append(where)  # type: ignore[arg-type]
        return BadPlan("x")

    table = table_of(text, layout_of(WEEK))
    with pytest.raises(BadPlan):
        entries_of(table.rows, WEEK, PATTERNS, ORDERS, ZONE, fault)
    assert faults == [(3, "2026-12-01", "中")]


def test_D1_patterns_pass_midnight_and_long_runs_are_named() -> None:
    assert minutes_of("22:00", "06:00") == (22 * 60, 30 * 60)
    assert (NIGHT.night, EARLY.night) == (True, False)
    assert check_pattern(NIGHT) == NIGHT
    eight = [entry("1001", WEEK.first + timedelta(days=day)).shift(ORDERS) for day in range(8)]
    (run,) = long_runs(eight, 6, ZoneInfo(ZONE))
    assert (run.agent, run.first, run.days) == ("1001", WEEK.first, 8)
    assert long_runs(eight[:6], 6, ZoneInfo(ZONE)) == []
