"""Tests what one agent away from the desk does to lines, dialects and the service level (D2, D5), also over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.clock import now
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.breaks.turn import BreakRules
from callcenter.roster.needs.model import Need, SkillNeed
from callcenter.roster.staffing.model import Load, outcome
from callcenter.roster.staffing.without.model import left_without
from callcenter.roster.staffing.without.service import Without
from callcenter.storage.database import Database
from tests.roster.test_breaks import Turn
from tests.roster.test_changes_http import Floor, floor
from tests.roster.test_day_http import HOUR, on_duty, shift
from tests.support.rooms import BOSS, NOON, Rooms, person

__all__ = ["floor"]
CHANGSHA = ZoneInfo("Asia/Shanghai")
DIALECT = "xiang-changsha"
NUMBERS = ("1001", "1002", "1003")
levels = st.dictionaries(st.sampled_from(NUMBERS), st.integers(1, 5))


@given(
    st.sets(st.sampled_from(NUMBERS)), st.sets(st.sampled_from(NUMBERS)), levels, st.integers(1, 5), st.integers(0, 3)
)
def test_D2_the_counts_of_a_skill_are_those_of_a_plain_recount(
    duty: set[str], serving: set[str], speaks: Mapping[str, int], level: int, required: int
) -> None:
    needs = {"orders": [Need(1, 0, 24 * 60, required, (SkillNeed(DIALECT, level, 1),))]}
    skills = {agent: {DIALECT: known} for agent, known in speaks.items()}
    on_line = {LineCode("orders"): {AgentNumber(agent) for agent in duty}}
    result = left_without(AgentNumber("1001"), on_line, serving, needs, skills, 1, NOON, CHANGSHA)
    if "1001" not in duty:
        assert result == []
        return
    (line,) = result
    there = sorted(duty & serving)
    others = [agent for agent in there if agent != "1001"]
    assert (line.agents.required, line.agents.before, line.agents.left) == (max(1, required), len(there), len(others))
    (skill,) = line.skills
    assert skill.agents.before == sum(speaks.get(agent, 0) >= level for agent in there)
    assert skill.agents.left == sum(speaks.get(agent, 0) >= level for agent in others)
    assert skill.agents.short == (skill.agents.left == 0)


@pytest.fixture
async def turn(database: Database) -> Turn:
    rooms = Rooms(database)
    await rooms.furnish(*NUMBERS)
    for number in NUMBERS:
        await rooms.on_duty(number, 12)
        await rooms.presence.sign_in(number, person(number))
    return Turn(rooms)


async def test_D5_the_only_speaker_of_a_dialect_at_lunch_is_seen_though_enough_agents_stay(turn: Turn) -> None:
    speaker = replace(await turn.rooms.agents.agent("1002"), skills={DIALECT: 4})
    await turn.rooms.agents.change(speaker, BOSS)
    await turn.needs.replace("orders", [Need(1, 0, 24 * 60, 2, (SkillNeed(DIALECT, 3, 1),))], BOSS)
    load = Load(30, 120)

    async def load_of(line: str, at: datetime) -> Load | None:
        assert (line, at) == ("orders", turn.rooms.clock())
        return load

    async def skills() -> Mapping[str, Mapping[str, int]]:
        return {agent.number: agent.skills for agent in await turn.rooms.agents.agents()}

    without = Without(turn.rooms.clock, turn.rooms.agents, turn.breaks, skills, load_of, CHANGSHA, 15)
    (lunch,) = await without.of("1002")
    assert (lunch.left.agents.left, lunch.left.agents.short) == (2, 0)
    assert [(each.skill, each.agents.left, each.agents.short) for each in lunch.left.skills] == [(DIALECT, 0, 1)]
    assert (lunch.before, lunch.after) == (outcome(load, 3, 15), outcome(load, 2, 15))
    (other,) = await without.of("1003")
    assert [each.agents.short for each in other.left.skills] == [0]
    granted = await turn.breaks.ask("1003", "meal", person("1003"))
    assert granted.state == "granted"
    (then,) = await without.of("1002")
    assert (then.left.agents.before, then.left.agents.left, then.left.agents.short) == (2, 1, 1)
    assert turn.breaks.rules == BreakRules(turn.breaks.rules.limits, grant=turn.breaks.rules.grant)


async def test_D5_leaders_read_it_over_http_and_without_a_history_the_service_level_is_unknown(floor: Floor) -> None:
    await on_duty(floor, shift("1001", now() - HOUR, now() + HOUR))
    await floor.done("lilei", "POST", "/agents/1001/presence/sign-in", {})
    (line,) = (await floor.done("boss", "GET", "/staffing/without?agent=1001"))["items"]
    assert (line["line"], line["required"], line["before"], line["left"], line["short"]) == ("orders", 1, 1, 0, 1)
    assert (line["calls"], line["with_agent"], line["without_agent"]) == (None, None, None)
    assert (await floor.ask("lilei", "GET", "/staffing/without?agent=1001"))[0] == 403
    assert (await floor.ask("boss", "GET", "/staffing/without?agent=9999"))[0] == 404
