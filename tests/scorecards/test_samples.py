"""Tests drawing calls to grade (S2): portions, filters, late draws, replacement, graders; on both databases."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from callcenter.calls.model import Direction
from callcenter.flags.rows import FlagRow
from callcenter.scorecards.rows import SampleDrawRow, SamplePickRow
from callcenter.scorecards.sampling.model import key_of, rank_of
from callcenter.scorecards.sampling.plans import PlanDefinition
from callcenter.storage.database import Database
from tests.scorecards.grading import FULL, Grading, a_call, all_of, day, open_grading

MONTH = "2026-11"


@pytest_asyncio.fixture
async def grading(database: Database) -> AsyncIterator[Grading]:
    async with open_grading(database) as opened:
        opened.web.time.now = day(1)
        yield opened


async def plan(grading: Grading, **more: object) -> None:
    values = {"per_agent": 4, "graders": ["supervisor", "manager"], **more}
    boss = await grading.person("manager")
    await grading.room.plans.put("quality", "月度抽查", PlanDefinition.model_validate(values), boss)


async def calls_of_month(grading: Grading, per_day: int = 1, agents: tuple[str, ...] = ("1001", "1002")) -> list[str]:
    times = [(place, agent, number) for number in range(28 * per_day) for place, agent in enumerate(agents)]
    return await grading.keep(
        a_call(
            f"pbx1-1795400000.{number * 10 + place}", agent, day(number // per_day + 1) + timedelta(minutes=place), 300
        )
        for place, agent, number in times
    )


async def picks(grading: Grading) -> list[SamplePickRow]:
    return await all_of(grading.web.database, SamplePickRow)


async def test_S2_grading_goes_on_during_the_month_and_each_agent_ends_with_exactly_n(grading: Grading) -> None:
    await plan(grading)
    await calls_of_month(grading)
    grading.web.time.now = day(7, 16)
    assert await grading.room.sampling.draw_due() == 0  # The week is over, but its last calls may not be final.
    grading.web.time.now = day(7, 22)
    assert await grading.room.sampling.draw_due() == 2
    assert await grading.room.sampling.draw_due() == 0  # Drawn is drawn.
    first = {pick.call for pick in await picks(grading)}
    grading.web.time.now = day(1, 0, 12)
    assert await grading.room.sampling.draw_due() == 6
    drawn = await picks(grading)
    assert Counter(entry.agent for entry in drawn) == {"1001": 4, "1002": 4}
    assert first <= {entry.call for entry in drawn}
    assert sorted(entry.portion for entry in drawn if entry.agent == "1001") == [1, 2, 3, 4]
    assert max(Counter(entry.grader for entry in drawn).values()) == 4
    for entry in drawn:
        assert entry.rank == rank_of(key_of("quality", MONTH, entry.agent), entry.call)


async def test_a_service_that_was_down_draws_late_what_it_would_have_drawn_in_time(grading: Grading) -> None:
    await plan(grading)
    await calls_of_month(grading)
    for number in (8, 15, 22):
        grading.web.time.now = day(number, 22)
        await grading.room.sampling.draw_due()
    in_time = {pick.call for pick in await picks(grading)}
    boss = await grading.person("manager")
    grading.web.time.now = day(2)
    await grading.room.plans.put("late", "停机", PlanDefinition(per_agent=4), boss)
    grading.web.time.now = day(22, 22)
    await grading.room.sampling.draw_due()
    # The other plan ranks otherwise, but the same portions were made good in one go.
    late = [pick for pick in await picks(grading) if pick.plan == "late"]
    assert sorted({entry.portion for entry in late}) == [1, 2, 3]
    assert Counter(entry.agent for entry in late) == Counter({"1001": 3, "1002": 3})
    assert len(in_time) == 6


async def test_two_processes_draw_a_portion_once(grading: Grading) -> None:
    await plan(grading)
    await calls_of_month(grading)
    grading.web.time.now = day(8)
    drawn = await asyncio.gather(*(grading.room.sampling.draw_due() for _ in range(3)))
    assert sorted(drawn) == [0, 0, 2]
    assert len(await all_of(grading.web.database, SampleDrawRow)) == 1
    assert len(await picks(grading)) == 2


async def test_late_calls_change_nothing_and_the_explanation_shows_them(grading: Grading) -> None:
    await plan(grading, per_agent=8)
    for number in range(1, 6):
        await grading.call(number, at=day(number))
    grading.web.time.now = day(8)
    await grading.room.sampling.draw_due()
    (before,) = await grading.room.worklist.explain("quality", MONTH, "1001")
    assert (before.same_calls, len(before.places), sum(place.state == "open" for place in before.places)) == (
        True,
        5,
        2,
    )
    assert [place.rank for place in before.places] == sorted(place.rank for place in before.places)
    assert [place.state for place in before.places] == ["open", "open", None, None, None]
    drawn = {pick.call for pick in await picks(grading)}
    await grading.call(77, at=day(6))
    assert await grading.room.sampling.draw_due() == 0
    assert {pick.call for pick in await picks(grading)} == drawn
    (after,) = await grading.room.worklist.explain("quality", MONTH, "1001")
    assert (after.same_calls, after.calls_then, after.calls_now) == (False, 5, 6)


async def test_the_filter_lets_through_long_recorded_calls_of_the_line_and_direction(grading: Grading) -> None:
    await plan(grading, per_agent=40, flagged_most=0, lines=["orders"], min_talk_seconds=30)
    good = await grading.call(1, at=day(2))
    await grading.call(2, at=day(2), talk=10)
    await grading.call(3, at=day(2), line="market")
    await grading.call(4, at=day(2), direction=Direction.OUTBOUND)
    grading.recordings.pop(await grading.call(5, at=day(2)))
    grading.web.time.now = day(8)
    await grading.room.sampling.draw_due()
    assert [pick.call for pick in await picks(grading)] == [good]


async def test_flagged_calls_are_drawn_beside_the_random_ones_but_not_annulled_flags(grading: Grading) -> None:
    await plan(grading, per_agent=0, flagged_most=1)
    calls = [await grading.call(number, at=day(number)) for number in range(1, 5)]
    await grading.flag("C2", calls[0])
    await grading.flag("C2", calls[1])
    await grading.flag("C2", calls[2], agent="1002")
    async with grading.web.database.write() as session:
        (await session.get_one(FlagRow, f"C2:{calls[1]}:1001")).state = "annulled"
    grading.web.time.now = day(8)
    await grading.room.sampling.draw_due()
    (result,) = await picks(grading)
    assert (result.call, result.why, result.flag) == (calls[0], "flagged", f"C2:{calls[0]}:1001")


async def test_a_call_that_cannot_be_graded_is_replaced_by_the_next_in_rank_with_its_reason(grading: Grading) -> None:
    await plan(grading, per_agent=4)
    for number in range(1, 4):
        await grading.call(number, at=day(number))
    grading.web.time.now = day(8)
    await grading.room.sampling.draw_due()
    (first,) = await picks(grading)
    (explained,) = await grading.room.worklist.explain("quality", MONTH, "1001")
    order = [place.call for place in explained.places]
    assert first.call == order[0]
    # Its recording is erased: the sweep sees it.
    grading.recordings.pop(first.call)
    assert await grading.room.worklist.sweep() == 1
    assert await grading.room.worklist.sweep() == 0
    by_call = {pick.call: pick for pick in await picks(grading)}
    assert (by_call[order[0]].state, by_call[order[0]].reason) == ("replaced", "there is no recording any more")
    second = by_call[order[1]]
    assert (second.state, second.why, second.replaces, second.grader) == ("open", "replacement", first.id, first.grader)
    # A grader cannot hear it; then the last one; then there is none left.
    await grading.as_("supervisor")
    status, answer = await grading.ask("POST", f"/sample-picks/{second.id}/replace", {"reason": "方言听不懂"})
    assert (status, answer["replacement"]["call"]) == (200, order[2])
    status, answer = await grading.ask(
        "POST", f"/sample-picks/{answer['replacement']['id']}/replace", {"reason": "同上"}
    )
    assert (status, answer["replacement"]) == (200, None)
    assert Counter(pick.state for pick in await picks(grading)) == {"replaced": 2, "dropped": 1}
    assert (await grading.ask("POST", f"/sample-picks/{first.id}/replace", {"reason": "x"}))[1]["code"] == (
        "illegal_transition"
    )


async def test_a_drawn_call_leaves_the_list_when_it_is_graded_and_counts_as_progress(grading: Grading) -> None:
    await plan(grading, graders=["supervisor"])
    await calls_of_month(grading)
    grading.web.time.now = day(8)
    await grading.room.sampling.draw_due()
    await grading.as_("manager")
    assert (await grading.ask("GET", "/sample-picks"))[1]["items"] == []
    assert len((await grading.ask("GET", "/sample-picks?everybody=true"))[1]["items"]) == 2
    await grading.as_("supervisor")
    mine = (await grading.ask("GET", "/sample-picks"))[1]["items"]
    assert len(mine) == 2
    score = await grading.submitted(mine[0]["call"])
    assert len((await grading.ask("GET", "/sample-picks"))[1]["items"]) == 1
    _, progress = await grading.ask("GET", f"/sample-plans/quality/progress?month={MONTH}")
    assert Counter((entry["open"], entry["graded"]) for entry in progress["items"]) == {(0, 1): 1, (1, 0): 1}
    _, drawn = await grading.ask("GET", f"/sample-plans/quality/picks?month={MONTH}")
    assert [entry["score"] for entry in drawn["items"] if entry["state"] == "graded"] == [score]


async def test_what_was_graded_before_it_was_drawn_counts_as_graded(grading: Grading) -> None:
    call = await grading.call(1, at=day(2))
    await grading.as_("supervisor")
    score = await grading.submitted(call)
    await plan(grading)
    grading.web.time.now = day(8)
    await grading.room.sampling.draw_due()
    (result,) = await picks(grading)
    assert (result.state, result.score, result.settled_by) == ("graded", score, "supervisor")


async def test_plans_and_teams_over_http_and_a_leader_does_not_grade_their_own_team(grading: Grading) -> None:
    await grading.as_("supervisor")
    body = {"title": "月度抽查", "per_agent": 4, "graders": ["supervisor", "zhou"], "not_own_team": True}
    assert (await grading.ask("PUT", "/sample-plans/quality", body))[0] == 403
    await grading.as_("manager")
    assert (await grading.ask("PUT", "/sample-plans/quality", {**body, "form": "none"}))[0] == 404
    status, plan = await grading.ask("PUT", "/sample-plans/quality", body)
    assert (status, plan["code"], plan["recorded_only"]) == (200, "quality", True)
    team = {"name": "一班", "agents": ["1001"], "leaders": ["supervisor"]}
    assert (await grading.ask("PUT", "/score-teams/a", team))[0] == 200
    assert (await grading.ask("PUT", "/score-teams/b", team))[1]["code"] == "agent_in_two_teams"
    await grading.ask("PUT", "/score-teams/b", {"name": "二班", "agents": ["1002", "1003"], "leaders": ["zhou"]})
    await calls_of_month(grading, agents=("1001", "1002", "1003"))
    grading.web.time.now = day(22, 22)
    await grading.room.sampling.draw_due()
    given = {(entry.agent, entry.grader) for entry in await picks(grading)}
    assert given == {("1001", "zhou"), ("1002", "supervisor"), ("1003", "supervisor")}
    pick = next(entry for entry in await picks(grading) if entry.agent == "1003")
    await grading.as_("manager")
    refused = await grading.ask("POST", f"/sample-picks/{pick.id}/give", {"grader": "zhou"})
    assert refused[1]["code"] == "own_call"
    assert (await grading.ask("POST", f"/sample-picks/{pick.id}/give", {"grader": "lilei"}))[1][
        "code"
    ] == "no_such_grader"
    assert (await grading.ask("POST", f"/sample-picks/{pick.id}/give", {"grader": "manager"}))[1]["grader"] == "manager"
    # The score records the team of that day.
    await grading.as_("zhou")
    mine = next(entry for entry in (await grading.ask("GET", "/sample-picks"))[1]["items"] if entry["agent"] == "1001")
    _, begun = await grading.ask("POST", "/scores", {"call": mine["call"]})
    assert (begun["team"], set(FULL) == set(begun["missing"]["answers"])) == ("a", True)
    plan = await grading.ask("GET", f"/sample-plans/quality/explanation?month={MONTH}&agent=1001")
    assert [entry["same_calls"] for entry in plan[1]["items"]] == [True, True, True]
