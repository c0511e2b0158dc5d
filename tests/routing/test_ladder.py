"""Tests R8: a caller's dialect is served by a speaker first, then by one of its group, then by anyone, in time (R1)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.ring import CADENCES
from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.routing.errors import BadQueue
from callcenter.routing.ladder import (
    RUNGS,
    STEP,
    TEAM,
    base_of,
    group_of,
    openings,
    own_queue,
    own_seconds,
    queue_beside,
)
from callcenter.routing.model import Line, Queue, check_queue
from callcenter.routing.plan import DutyAgent, Member, plan

CHANGSHA = "xiang-changsha"
QUEUE = Queue(QueueCode("general"), dialects=(CHANGSHA, "yue"))
LINE = Line(LineCode("orders"), QueueCode("general"))


def agent(number: str, **skills: int) -> DutyAgent:
    return DutyAgent(
        AgentNumber(number), f"PJSIP/{number}", {tag.replace("_", "-"): level for tag, level in skills.items()}
    )


def penalties(queue: str, *agents: DutyAgent, team: tuple[AgentNumber, ...] = (), of: Queue = QUEUE) -> dict[str, int]:
    """The penalty of each member of one queue."""
    members = plan({LineCode("orders"): [agent.number for agent in agents]}, agents, [LINE], [of], team)
    return {member.agent: member.penalty for member in members if member.queue == queue}


SPEAKER, WEAKER = agent("1001", xiang_changsha=5), agent("1002", xiang_changsha=3)
NEIGHBOUR, OTHER = agent("1003", xiang_loudi=4), agent("1004", zh_cn=5)


def test_R8_the_exact_dialect_comes_before_its_group_and_both_before_the_standard_language() -> None:
    ranked = penalties("general.xiang-changsha", SPEAKER, WEAKER, NEIGHBOUR, OTHER)
    assert ranked == {"1001": 0, "1002": 2, "1003": STEP + 1, "1004": 2 * STEP}


def test_R8_a_rung_without_an_agent_on_duty_is_left_out() -> None:
    assert penalties("general.xiang-changsha", NEIGHBOUR, OTHER) == {"1003": 1, "1004": STEP}
    assert penalties("general.xiang-changsha", OTHER) == {"1004": 0}


def test_R11_callers_without_a_dialect_are_served_by_everyone_alike() -> None:
    assert penalties("general", SPEAKER, WEAKER, NEIGHBOUR, OTHER) == dict.fromkeys(["1001", "1002", "1003", "1004"], 0)


def test_an_agent_who_does_not_serve_the_queue_takes_only_callers_of_their_own_dialect() -> None:
    english = replace(QUEUE, skill="en", min_level=3)
    assert penalties("general", SPEAKER, agent("1005", en=4), of=english) == {"1005": 1}
    assert penalties("general.xiang-changsha", SPEAKER, agent("1005", en=4), of=english) == {
        "1001": 0,
        "1005": STEP + 1,
    }


def test_W5_the_team_of_key_accounts_comes_first_and_everyone_else_after_it() -> None:
    assert penalties("general.vip", SPEAKER, OTHER, team=(AgentNumber("1004"),)) == {"1001": STEP, "1004": 0}
    assert penalties("general.vip", SPEAKER, OTHER) == {}
    assert penalties("general.vip", SPEAKER, team=(AgentNumber("1004"),)) == {"1001": 0}, "none of the team is on duty"


def test_a_pause_holds_in_the_ladders_too() -> None:
    resting = replace(SPEAKER, pause="meal")
    members = plan({LineCode("orders"): [AgentNumber("1001")]}, [resting], [LINE], [QUEUE])
    assert {(member.queue, member.reason) for member in members} == {
        ("general", "meal"),
        ("general.xiang-changsha", "meal"),
        ("general.yue", "meal"),
    }
    assert Member("general.yue", "PJSIP/1001", AgentNumber("1001"), 0, True, "meal") in members


@pytest.mark.parametrize(
    ("dialect", "group"),
    [(CHANGSHA, "xiang"), ("Xiang-Loudi", "xiang"), ("yue", "yue"), ("zh-CN", "zh-cn"), ("en", "en")],
)
def test_a_group_is_the_first_part_of_a_dialect_and_a_language_is_its_own(dialect: str, group: str) -> None:
    assert group_of(dialect) == group


@given(st.integers(0, 600), st.integers(1, 20), st.sampled_from(sorted(CADENCES)), st.integers(2, 3))
def test_R1_no_rung_keeps_a_caller_past_the_start_of_the_last_ring(
    seconds: int, limit: int, country: str, rungs: int
) -> None:
    period = CADENCES[country].period
    opens = openings(seconds, limit, period, rungs)
    assert len(opens) == rungs - 1
    assert list(opens) == sorted(opens)
    assert 0 <= opens[-1] <= (limit - 1) * period


def test_a_rung_has_the_caller_for_the_time_that_is_set() -> None:
    assert openings(4, 3, 5.0) == (4, 8)
    assert openings(60, 3, 5.0) == (5, 10)


def test_the_name_of_a_ladder_leads_back_to_its_queue() -> None:
    assert base_of(queue_beside(QueueCode("general"), "Xiang-Changsha")) == base_of("general") == "general"
    assert queue_beside(QueueCode("general"), TEAM) == "general.vip"


@pytest.mark.parametrize("dialects", [("长沙话",), ("x" * 40,), (CHANGSHA, "Xiang-Changsha")])
def test_a_dialect_that_is_no_tag_or_named_twice_is_refused(dialects: tuple[str, ...]) -> None:
    with pytest.raises(BadQueue):
        check_queue(replace(QUEUE, dialects=dialects))


@given(st.permutations([SPEAKER, WEAKER, NEIGHBOUR, OTHER]))
def test_the_plan_does_not_depend_on_the_order_of_agents(agents: list[DutyAgent]) -> None:
    assert penalties("general.yue", *agents) == dict.fromkeys(["1001", "1002", "1003", "1004"], 0)


def test_R1_an_agent_who_has_just_not_answered_is_rung_after_everyone_else() -> None:
    silent = replace(SPEAKER, missed=True)
    assert penalties("general.xiang-changsha", silent, WEAKER, OTHER) == {
        "1001": RUNGS * STEP,
        "1002": 2,
        "1004": STEP,
    }
    assert penalties("general", silent, OTHER) == {"1001": STEP, "1004": 0}
    english = replace(QUEUE, skill="en")
    best, second = replace(agent("1005", en=5), missed=True), agent("1006", en=3)
    assert penalties("general", best, second, of=english) == {"1005": STEP, "1006": 2}
    assert penalties("general.vip", replace(OTHER, missed=True), SPEAKER, team=(AgentNumber("1004"),)) == {
        "1001": STEP,
        "1004": RUNGS * STEP,
    }


def test_R3_an_agent_who_has_just_not_answered_is_still_rung_where_no_other_is_there() -> None:
    silent = replace(SPEAKER, missed=True)
    assert penalties("general.xiang-changsha", silent) == {"1001": 0}
    assert penalties("general", silent) == {"1001": 0}


def test_a_callers_own_agent_is_alone_in_a_queue_beside_the_lines_queue() -> None:
    line = replace(LINE, own_agent_seconds=5)
    members = plan(
        {LineCode("orders"): [AgentNumber("1001"), AgentNumber("1004")]},
        [SPEAKER, replace(OTHER, pause="meal", missed=True)],
        [line],
        [QUEUE],
    )
    own = {(member.queue, member.agent, member.penalty, member.reason) for member in members if ".own-" in member.queue}
    assert own == {("general.own-1001", "1001", 0, ""), ("general.own-1004", "1004", 0, "meal")}
    assert base_of(own_queue(QueueCode("general"), AgentNumber("1001"))) == "general"
    without = plan({LineCode("orders"): [AgentNumber("1001")]}, [SPEAKER], [LINE], [QUEUE])
    assert not any(".own-" in member.queue for member in without)


@given(st.integers(0, 60), st.integers(0, 600), st.integers(1, 20), st.sampled_from(sorted(CADENCES)))
def test_R1_own_agent_and_rungs_together_end_before_the_last_ring_begins(
    own: int, rung: int, limit: int, country: str
) -> None:
    period = CADENCES[country].period
    alone = own_seconds(own, limit, period)
    opens = openings(rung, limit, period, spent=alone)
    assert alone <= own
    assert alone + opens[-1] <= (limit - 1) * period
    assert list(opens) == sorted(opens)


def test_R8_a_queue_that_calls_back_has_no_ladder_without_a_speaker_of_the_dialect_or_its_group() -> None:
    called_back = replace(QUEUE, no_speaker="callback")
    assert penalties("general.xiang-changsha", OTHER, of=called_back) == {}
    assert penalties("general.xiang-changsha", NEIGHBOUR, OTHER, of=called_back) == {"1003": 1, "1004": STEP}
    assert penalties("general", OTHER, of=called_back) == {"1004": 0}
    with pytest.raises(BadQueue):
        check_queue(replace(QUEUE, no_speaker="nobody"))
