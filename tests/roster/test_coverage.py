"""Tests coverage against a slow recount, needs over a clock change, limits of hours, and the rank of substitutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.coverage import Away, Strain, shortages, strains, without, worse
from callcenter.roster.errors import BadNeeds
from callcenter.roster.model import Shift, duty_at
from callcenter.roster.needs.model import Need, SkillNeed, check_week, need_at, quarter_of, quarters_of, required_at
from callcenter.roster.substitutes.model import Candidate, lacking_skills, substitutes

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CHANGSHA, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
AGENTS = st.sampled_from(["1001", "1002", "1003"])
STARTS = st.integers(0, 40 * 12).map(lambda fives: MONDAY + fives * 5 * MINUTE)
LENGTHS = st.integers(1, 24 * 12).map(lambda fives: fives * 5 * MINUTE)
SHIFTS = st.lists(
    st.builds(
        lambda agent, line, start, length: Shift(agent, line, start, start + length),
        AGENTS,
        st.sampled_from(["orders", "vip"]),
        STARTS,
        LENGTHS,
    ),
    max_size=8,
)
AWAY = st.lists(
    st.builds(lambda agent, start, length: Away(agent, start, start + length), AGENTS, STARTS, LENGTHS), max_size=4
)
NEEDS = {"orders": [Need(0, 8 * 60, 18 * 60, 2), Need(1, 0, 24 * 60, 1)]}


def on_duty(shifts: list[Shift], away: list[Away], line: LineCode, at: datetime) -> set[AgentNumber]:
    """The slow recount: who has a shift at this instant and is not away."""
    gone = {absence.agent for absence in away if absence.starts_at <= at < absence.ends_at}
    return duty_at(shifts, at).get(line, set()) - {AgentNumber(agent) for agent in gone}


@given(SHIFTS, AWAY)
def test_D2_a_shortage_is_exactly_where_a_recount_finds_fewer_agents_than_needed(
    shifts: list[Shift], away: list[Away]
) -> None:
    end = MONDAY + 48 * HOUR
    short = shortages(without(shifts, away), NEEDS, MONDAY, end, CHANGSHA)
    at = MONDAY
    while at < end:
        here = [gap for gap in short if gap.line == "orders" and gap.starts_at <= at < gap.ends_at]
        count, required = len(on_duty(shifts, away, LineCode("orders"), at)), required_at(NEEDS["orders"], at, CHANGSHA)
        assert [(gap.on_duty, gap.required) for gap in here] == ([(count, required)] if count < required else [])
        at += 5 * MINUTE
    assert all(gap.line != "vip" for gap in short)


@given(SHIFTS, AWAY)
def test_D2_a_shortage_of_a_skill_is_exactly_where_a_recount_finds_fewer_speakers(
    shifts: list[Shift], away: list[Away]
) -> None:
    skilled = [
        Need(0, 8 * 60, 18 * 60, 2, (SkillNeed("en", 3, 1), SkillNeed("xiang", 1, 2))),
        Need(1, 0, 24 * 60, 1, (SkillNeed("en", 3, 1),)),
    ]
    levels = {"1001": {"en": 3}, "1002": {"en": 2, "xiang": 1}, "1003": {"xiang": 5}}
    end = MONDAY + 48 * HOUR
    short = shortages(without(shifts, away), {"orders": skilled}, MONDAY, end, CHANGSHA, skills=levels)
    at = MONDAY
    while at < end:
        here = {
            (gap.skill, gap.level): (gap.on_duty, gap.required)
            for gap in short
            if gap.skill is not None and gap.starts_at <= at < gap.ends_at
        }
        need = need_at(skilled, at, CHANGSHA)
        duty = on_duty(shifts, away, LineCode("orders"), at)
        expected = {}
        for asked in need.skills if need else ():
            count = sum(levels[agent].get(asked.skill, 0) >= asked.level for agent in duty)
            if count < asked.agents:
                expected[asked.skill, asked.level] = (count, asked.agents)
        assert here == expected
        at += 5 * MINUTE
    plain = [gap for gap in short if gap.skill is None]
    assert plain == shortages(without(shifts, away), NEEDS, MONDAY, end, CHANGSHA)


@given(SHIFTS, AWAY)
def test_D4_only_what_an_absence_makes_worse_counts_as_its_effect(shifts: list[Shift], away: list[Away]) -> None:
    end = MONDAY + 48 * HOUR
    effect = worse(shifts, without(shifts, away), NEEDS, MONDAY, end, CHANGSHA, least=1)
    at = MONDAY
    while at < end:
        for line in ("orders", "vip"):
            here = [gap for gap in effect if gap.line == line and gap.starts_at <= at < gap.ends_at]
            was, now = len(on_duty(shifts, [], LineCode(line), at)), len(on_duty(shifts, away, LineCode(line), at))
            required = required_at(NEEDS[line], at, CHANGSHA) if line in NEEDS else 1
            expected = [(now, was)] if now < required and now < was else []
            assert [(gap.on_duty, gap.before) for gap in here] == expected
        at += 5 * MINUTE


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 95), st.integers(0, 95), st.integers(0, 9)), max_size=20),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - a time of the zone follows.
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Asia/Kathmandu"]),
)
def test_the_needs_of_a_week_by_quarter_hour_are_those_of_every_instant(
    spans: list[tuple[int, int, int, int]], at: datetime, zone: str
) -> None:
    needs: list[Need] = []
    for weekday, first, last, agents in spans:
        need = Need(weekday, 15 * min(first, last), 15 * max(first, last) + 15, agents)
        if not any(other.weekday == weekday and need.start < other.end and other.start < need.end for other in needs):
            needs.append(need)
    instant = at.replace(tzinfo=UTC)
    assert quarters_of(needs)[quarter_of(instant, ZoneInfo(zone))] == need_at(needs, instant, ZoneInfo(zone))


def test_a_need_follows_the_local_clock_when_it_changes() -> None:
    night = [Need(6, 2 * 60, 4 * 60, 1)]
    spring = datetime(2026, 3, 29, tzinfo=BERLIN)
    start = spring.astimezone(UTC)
    assert [(gap.starts_at, gap.ends_at) for gap in shortages([], {"a": night}, start, start + 23 * HOUR, BERLIN)] == [
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2026, 3, 29, 2, 0, tzinfo=UTC))
    ]
    autumn = datetime(2026, 10, 25, tzinfo=BERLIN).astimezone(UTC)
    (gap,) = shortages([], {"a": night}, autumn, autumn + 25 * HOUR, BERLIN)
    assert gap.ends_at - gap.starts_at == 3 * HOUR


@pytest.mark.parametrize(
    "needs",
    [
        [Need(0, 5, 60, 1)],
        [Need(0, 60, 60, 1)],
        [Need(7, 0, 60, 1)],
        [Need(0, 0, 24 * 60 + 15, 1)],
        [Need(0, 0, 60, -1)],
        [Need(0, 0, 60, 1), Need(0, 45, 90, 2)],
        [Need(0, 0, 60, 1, (SkillNeed("en", 0, 1),))],
        [Need(0, 0, 60, 1, (SkillNeed("en", 1, 2),))],
        [Need(0, 0, 60, 1, (SkillNeed("长沙话", 1, 1),))],
        [Need(0, 0, 60, 2, (SkillNeed("en", 1, 1), SkillNeed("EN", 1, 2)))],
    ],
)
def test_needs_that_cannot_be_are_refused(needs: list[Need]) -> None:
    with pytest.raises(BadNeeds):
        check_week(needs)


def test_the_skills_of_a_need_are_compared_in_lower_case() -> None:
    (need,) = check_week([Need(0, 0, 60, 2, (SkillNeed("zh-CN", 2, 1), SkillNeed("en", 1, 1)))])
    assert need.skills == (SkillNeed("en", 1, 1), SkillNeed("zh-cn", 2, 1))


def shift(agent: str, day: int, start: float, end: float, line: str = "orders", id: int = 0) -> Shift:
    """Hours of a day in Changsha, from Monday 2026-11-23."""
    begins = datetime(2026, 11, 23, tzinfo=CHANGSHA).astimezone(UTC) + timedelta(days=day)
    return Shift(AgentNumber(agent), LineCode(line), begins + start * HOUR, begins + end * HOUR, id)


def test_a_short_rest_and_a_long_week_are_named_with_their_hours() -> None:
    late_then_early = [shift("1001", 0, 14, 23), shift("1001", 1, 7, 15), shift("1001", 1, 16, 18)]
    assert strains(late_then_early, "1001", 11, 44, CHANGSHA) == [
        Strain("1001", "short_rest", late_then_early[1].starts_at, 8.0)
    ]
    week = [shift("1001", day, 8, 17) for day in range(6)]
    assert [(strain.rule, strain.hours) for strain in strains(week, "1001", 11, 44, CHANGSHA)] == [("long_week", 54.0)]


def test_D4_substitutes_are_ranked_by_hours_then_the_line_then_the_load_then_the_skill() -> None:
    sick = shift("1001", 2, 8, 16, id=9)
    people = [
        Candidate(AgentNumber("1001"), "自己", {"en": 5}),
        Candidate(AgentNumber("1002"), "同时上班", {"en": 5}),
        Candidate(AgentNumber("1003"), "不会英语", {"en": 2}),
        Candidate(AgentNumber("1004"), "昨夜值班", {"en": 5}),
        Candidate(AgentNumber("1005"), "新人", {"en": 5}),
        Candidate(AgentNumber("1006"), "老手", {"en": 3}),
        Candidate(AgentNumber("1007"), "老手，工时多", {"en": 3}),
        Candidate(AgentNumber("1008"), "请假", {"en": 5}),
    ]
    shifts = [
        sick,
        shift("1002", 2, 10, 12, "vip"),
        shift("1004", 1, 16, 24),
        shift("1006", -6, 8, 16),
        shift("1007", -6, 8, 16),
        shift("1007", 0, 8, 16),
    ]
    away = [Away("1008", sick.starts_at - 24 * HOUR, sick.ends_at)]
    ranked = substitutes(sick, people, shifts, away, ("en", 3), (11, 44), CHANGSHA)
    assert [free.agent for free in ranked] == ["1006", "1007", "1005", "1004"]
    assert [free.week_hours for free in ranked] == [0.0, 8.0, 0.0, 8.0]
    assert [free.line_shifts for free in ranked] == [1, 2, 0, 1]
    assert [strain.rule for strain in ranked[-1].breaks] == ["short_rest"]
    assert ranked[-1].rest_hours == 8.0
    # The line needs a speaker of Xiang whom the sick agent was.
    need = [Need(2, 8 * 60, 16 * 60, 1, (SkillNeed("xiang", 2, 1),))]
    levels = {"1001": {"xiang": 3}, "1005": {"xiang": 2}}
    lacking = lacking_skills(sick, without(shifts, away), need, levels, CHANGSHA)
    assert lacking == [("xiang", 2)]
    speaking = [replace(person, skills={**person.skills, **levels.get(person.number, {})}) for person in people]
    ranked = substitutes(sick, speaking, shifts, away, ("en", 3), (11, 44), CHANGSHA, lacking)
    assert [(free.agent, free.fills) for free in ranked] == [
        ("1005", ("xiang",)),
        ("1006", ()),
        ("1007", ()),
        ("1004", ()),
    ]
    assert lacking_skills(sick, [sick], [Need(2, 8 * 60, 16 * 60, 1)], levels, CHANGSHA) == []
