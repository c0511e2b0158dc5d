"""Tests the planner: its plans against the rules, against brute force on small cases, as a process, and on a draft."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.facts import LineCode
from callcenter.roster.errors import BadPlan, PlannerBusy, UnknownPlanning
from callcenter.roster.needs.model import Need, SkillNeed
from callcenter.roster.planner import solver
from callcenter.roster.planner.model import (
    DAY,
    Breach,
    Demand,
    Option,
    Plan,
    Problem,
    Rule,
    Wish,
    Worker,
    breaches,
    cost,
)
from callcenter.roster.planner.plain.model import plain_plan
from callcenter.roster.planner.problems.model import Given, entries_of, problem_of
from callcenter.roster.planner.process import decoded, encoded, planned, planning, result_of
from callcenter.roster.planner.service import RunState
from callcenter.roster.plans.model import Days
from callcenter.roster.plans.service import DraftSource
from callcenter.storage.database import Database
from tests.roster.test_plans import EARLY, NIGHT, WEEK, entry, opened
from tests.support.rooms import BOSS

HOUR = 60
needs_solver = pytest.mark.skipif(not solver.installed(), reason="the extra `planning` is not installed")


def options_of(days: int, *patterns: tuple[str, int, int], weekday: int = 0) -> tuple[Option, ...]:
    return tuple(
        Option(day, code, day * DAY + start * HOUR, day * DAY + end * HOUR, end > 24, (weekday + day) % 7 >= 5)
        for day in range(days)
        for code, start, end in patterns
    )


def own_breaches(problem: Problem, plan: Plan) -> set[tuple[Rule, int, int]]:
    """The broken rules of agents that are not broken without the plan."""
    nothing = tuple(frozenset[int]() for _ in problem.workers)
    return {_key(breach) for breach in breaches(problem, plan)} - {_key(b) for b in breaches(problem, nothing)}


def _key(breach: Breach) -> tuple[Rule, int, int]:
    return breach.rule, breach.worker, breach.at if breach.worker >= 0 else 0


def every_plan(problem: Problem) -> Iterator[Plan]:
    """Every assignment with at most one option per agent and day."""
    by_day = [
        [(), *((index,) for index, option in enumerate(problem.options) if option.day == day)]
        for day in range(problem.days)
    ]
    rows = [frozenset(itertools.chain(*chosen)) for chosen in itertools.product(*by_day)]
    yield from itertools.product(rows, repeat=len(problem.workers))


@st.composite
def small_problems(draw: st.DrawFn) -> Problem:
    days, weekday = draw(st.integers(1, 3)), draw(st.integers(0, 6))
    options = options_of(days, ("d", 8, 16), ("n", 22, 30), weekday=weekday)
    spans = st.tuples(st.integers(-12, days * 24), st.integers(2, 10)).map(
        lambda span: (span[0] * HOUR, (span[0] + span[1]) * HOUR)
    )
    worker = st.builds(
        Worker,
        number=st.just("1001"),
        busy=st.lists(spans, max_size=1).map(tuple),
        away=st.lists(spans, max_size=1).map(tuple),
        nights=st.integers(0, 2),
        weekends=st.integers(0, 2),
    )
    workers = tuple(draw(st.lists(worker, min_size=1, max_size=2)))
    every = st.sampled_from(options)
    speakers = st.none() | st.sets(st.integers(0, len(workers) - 1)).map(lambda places: tuple(sorted(places)))
    demand = st.tuples(every, st.integers(0, 2), speakers).map(
        lambda given: Demand(given[0].start, given[0].end, given[1], given[2])
    )
    wish = st.builds(
        Wish,
        worker=st.integers(0, len(workers) - 1),
        options=st.integers(0, len(options) - 1).map(lambda option: (option,)),
        weight=st.sampled_from((-1, 1)),
    )
    return Problem(
        days,
        weekday,
        workers,
        options,
        tuple(draw(st.lists(demand, max_size=4))),
        tuple(draw(st.lists(wish, max_size=2))),
        week_minutes=draw(st.sampled_from((16, 44))) * HOUR,
        run_days=draw(st.integers(1, 6)),
    )


@given(small_problems())
def test_the_plain_plan_breaks_no_rule_of_an_agent(problem: Problem) -> None:
    assert {broken for broken in own_breaches(problem, plain_plan(problem)) if broken[0] is not Rule.COVERAGE} == set()


@needs_solver
@given(small_problems())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_solver_finds_what_brute_force_finds(problem: Problem) -> None:
    plan = solver.solve(problem, 20, lambda *_: None)
    assert plan is not None
    assert {broken for broken in own_breaches(problem, plan) if broken[0] is not Rule.COVERAGE} == set()
    allowed = [
        other
        for other in every_plan(problem)
        if not {broken for broken in own_breaches(problem, other) if broken[0] is not Rule.COVERAGE}
    ]
    assert cost(problem, plan).order == min(cost(problem, other).order for other in allowed)


@pytest.mark.parametrize("planner", ["plain", pytest.param("cp_sat", marks=needs_solver)])
def test_D2_a_plan_keeps_the_needs_by_skill_and_takes_no_agent_too_many(planner: str) -> None:
    given = Given(
        line=LineCode("orders"),
        days=Days(date(2026, 11, 30), date(2026, 12, 1)),
        zone=ZoneInfo("Asia/Shanghai"),
        agents=["1001", "1002", "1003"],
        patterns=[EARLY],
        needs=[Need(day, 8 * HOUR, 17 * HOUR, 2, (SkillNeed("xiang", 3, 1),)) for day in (0, 1)],
        shifts=[],
        skills={"1001": {"xiang": 2}, "1003": {"xiang": 3}},
    )
    problem = problem_of(given)
    plan = plain_plan(problem) if planner == "plain" else solver.solve(problem, 5, lambda *_: None)
    assert plan is not None
    assert breaches(problem, plan) == []
    chosen = [(entry.day.day, entry.agent) for entry in entries_of(given, problem, plan)]
    assert [day for day, agent in sorted(chosen) if agent == "1003"] == [1, 30]
    assert len(chosen) == 4
    unskilled = replace(given, skills={"1001": {"xiang": 2}})
    alone = problem_of(unskilled)
    left = [breach for breach in breaches(alone, plain_plan(alone)) if breach.rule is Rule.COVERAGE]
    assert [breach.amount for breach in left] == [1, 1]
    # A speaker who has a fixed shift is counted already.
    fixed = entry("1003", date(2026, 11, 30)).shift(LineCode("orders"))
    demands = problem_of(replace(given, shifts=[fixed])).demands
    assert [(demand.start // DAY, demand.agents, demand.among) for demand in demands] == [
        (0, 1, None),
        (1, 2, None),
        (1, 1, (2,)),
    ]


def month(agents: int = 30, days: int = 28) -> Problem:
    """Three shifts a day for thirty people."""
    options = options_of(days, ("d", 8, 16), ("e", 14, 22), ("n", 22, 30))
    wishes = tuple(Wish(place, (place % len(options),), -1) for place in range(agents))
    workers = tuple(Worker(str(1001 + place)) for place in range(agents))
    demands = tuple(Demand(option.start, option.end, 4) for option in options)
    return Problem(days, 0, workers, options, demands, wishes)


@needs_solver
def test_a_month_of_thirty_people_is_covered_fair_and_reports_its_progress() -> None:
    problem = month()
    lines: list[Any] = []
    done = planned(problem, 10, lines.append)
    assert (done.by, done.missing, done.clashes) == ("cp_sat", 0, ())
    assert own_breaches(problem, done.plan) == set()
    assert cost(problem, done.plan).order <= cost(problem, plain_plan(problem)).order
    assert lines[0]["missing"] >= lines[-1]["missing"] == 0


def test_the_plain_plan_of_a_month_covers_what_it_can() -> None:
    problem = month()
    plan = plain_plan(problem)
    assert own_breaches(problem, plan) == set()
    assert decoded(encoded(problem)) == problem


@needs_solver
def test_D2_the_rules_that_clash_are_named() -> None:
    options = options_of(2, ("d", 8, 16), ("n", 22, 30))
    night_then_day = (Demand(22 * HOUR, 30 * HOUR, 1), Demand(DAY + 8 * HOUR, DAY + 16 * HOUR, 1))
    alone = Problem(2, 0, (Worker("1001"),), options, night_then_day)
    assert planned(alone, 4, lambda _: None).clashes == (Rule.REST,)
    away = replace(alone, workers=(Worker("1001", away=((0, 2 * DAY),)),), demands=night_then_day[:1])
    assert planned(away, 4, lambda _: None).clashes == (Rule.AVAILABLE,)
    nobody_else = replace(alone, demands=(Demand(8 * HOUR, 16 * HOUR, 2),))
    result = planned(nobody_else, 4, lambda _: None)
    assert (result.missing, result.clashes) == (8 * HOUR, ())


async def test_a_cancelled_planning_leaves_no_process() -> None:
    async with planning(month(), 120) as lines:
        first = await anext(lines)
    assert first["missing"] >= 0
    assert _planners() == []


def _planners() -> list[str]:
    return [process.name for process in Path("/proc").glob("[0-9]*") if _is_ours(process)]


def _is_ours(process: Path) -> bool:
    try:
        parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
        return int(parent) == os.getpid() and b"planner.process" in (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_the_process_plans_what_it_reads() -> None:
    problem = month(6, 2)
    async with planning(problem, 1) as lines:
        results = [result_of(line) async for line in lines if "plan" in line]
    assert [own_breaches(problem, result.plan) - {(Rule.COVERAGE, -1, 0)} for result in results] == [set()]


async def test_D1_a_draft_is_planned_with_its_fixed_shifts_and_wishes(database: Database) -> None:
    team = await opened(database)
    room = team.room
    await room.needs.replace("orders", [Need(day, 8 * HOUR, 17 * HOUR, 1) for day in range(7)], BOSS)
    await room.wishes.add("1001", WEEK.first + timedelta(days=1), "", BOSS, want=False)
    row = (await room.plans.draft(LineCode("orders"), WEEK, DraftSource.EMPTY, "", BOSS)).row
    fixed = replace(entry("1002", WEEK.first), fixed=True)
    await room.plans.replace(row.id, "", [fixed, entry("1001", WEEK.first, NIGHT)], BOSS)
    run = await room.planner.start(row.id, 2, BOSS)
    with pytest.raises(PlannerBusy):
        await room.planner.start(row.id, 2, BOSS)
    await room.planner.do(run)
    assert (run.state, run.missing, run.fault) == (RunState.DONE, 0, None)
    _, entries = await room.plans.plan(row.id, BOSS)
    assert fixed in entries
    assert {planned.pattern for planned in entries} == {EARLY.code}
    assert len(entries) == 7
    assert (await room.reviews.of(row.id)).shortages == []
    assert ("1001", WEEK.first + timedelta(days=1)) not in {(planned.agent, planned.day) for planned in entries}
    with pytest.raises(UnknownPlanning):
        room.planner.run_of("x")


async def test_D1_a_cancelled_run_leaves_the_draft_as_it_is(sqlite_database: Database) -> None:
    team = await opened(sqlite_database)
    room = team.room
    row = (await room.plans.draft(LineCode("orders"), WEEK, DraftSource.EMPTY, "", BOSS)).row
    run = await room.planner.start(row.id, 60, BOSS)
    room.planner.cancel(row.id)
    await room.planner.do(run)
    assert run.state is RunState.CANCELLED
    again = await room.planner.start(row.id, 1, BOSS)
    await room.planner.do(again)
    assert (again.state, again.fault) == (RunState.FAILED, BadPlan.code)
    assert (await room.plans.plan(row.id, BOSS))[1] == []


async def test_everyone_sees_how_nights_and_weekends_are_shared(sqlite_database: Database) -> None:
    team = await opened(sqlite_database)
    saturday = date(2026, 12, 5)
    for planned_entry in (entry("1001", saturday, NIGHT), entry("1001", saturday - timedelta(days=1))):
        await team.rooms.roster.add(planned_entry.shift(LineCode("orders")), BOSS)
    shares = await team.room.fairness.of(Days(date(2026, 10, 1), date(2026, 12, 31)))
    assert [(share.agent, share.nights, share.weekends, share.hours) for share in shares] == [
        ("1001", 1, 1, 17.0),
        ("1002", 0, 0, 0.0),
        ("1003", 0, 0, 0.0),
    ]
