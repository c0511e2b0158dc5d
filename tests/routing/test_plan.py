"""Tests who is rung (on duty, signed in, able), and the commands that bring the queues to the plan."""

from __future__ import annotations

import inspect

from hypothesis import given
from hypothesis import strategies as st

from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.routing.model import Line, Queue
from callcenter.routing.plan import Add, DutyAgent, Member, Pause, Penalty, Remove, Unpause, apply, diff, plan, step

ORDERS = Line(LineCode("orders"), QueueCode("general"))
DIALECT = Line(LineCode("changsha"), QueueCode("changsha"))
QUEUES = (Queue(QueueCode("general")), Queue(QueueCode("changsha"), skill="xiang-changsha", min_level=3))


def member(agent: str, queue: str = "general", *, penalty: int = 0, reason: str = "") -> Member:
    return Member(queue, f"PJSIP/{agent}", AgentNumber(agent), penalty, bool(reason), reason)


def agent(number: str, *, level: int = 0, signed_in: bool = True, pause: str = "", wrap_up: bool = False) -> DutyAgent:
    return DutyAgent(AgentNumber(number), f"PJSIP/{number}", {"xiang-changsha": level}, signed_in, pause, wrap_up)


def test_an_agent_on_duty_who_has_signed_in_is_rung() -> None:
    assert plan({LineCode("orders"): {AgentNumber("1001")}}, [agent("1001")], [ORDERS], QUEUES) == {member("1001")}


def test_R3_a_queue_is_empty_when_no_agent_on_duty_is_signed_in() -> None:
    people = [agent("1001", signed_in=False), agent("1002")]
    assert plan({LineCode("orders"): {AgentNumber("1001")}}, people, [ORDERS], QUEUES) == set()


def test_an_agent_signed_in_without_duty_is_not_rung() -> None:
    assert plan({}, [agent("1001")], [ORDERS], QUEUES) == set()


def test_a_pause_keeps_the_agent_in_the_queue_with_the_reason() -> None:
    assert plan({LineCode("orders"): {AgentNumber("1001")}}, [agent("1001", pause="meal")], [ORDERS], QUEUES) == {
        member("1001", reason="meal")
    }


def test_after_call_work_pauses_and_a_meal_asked_for_meanwhile_counts_more() -> None:
    people = [agent("1001", wrap_up=True), agent("1002", wrap_up=True, pause="meal")]
    assert plan({LineCode("orders"): {AgentNumber("1001"), AgentNumber("1002")}}, people, [ORDERS], QUEUES) == {
        member("1001", reason="acw"),
        member("1002", reason="meal"),
    }


def test_R8_a_dialect_queue_rings_its_speakers_the_best_first() -> None:
    people = [agent("1001", level=5), agent("1002", level=3), agent("1003", level=2)]
    assert plan(
        {LineCode("changsha"): {AgentNumber("1001"), AgentNumber("1002"), AgentNumber("1003")}},
        people,
        [DIALECT],
        QUEUES,
    ) == {
        member("1001", "changsha"),
        member("1002", "changsha", penalty=2),
    }


def test_an_agent_on_two_lines_is_in_both_queues() -> None:
    duty = {LineCode("orders"): {AgentNumber("1001")}, LineCode("changsha"): {AgentNumber("1001")}}
    assert plan(duty, [agent("1001", level=5)], [ORDERS, DIALECT], QUEUES) == {
        member("1001"),
        member("1001", "changsha"),
    }


def test_a_line_whose_queue_is_gone_and_an_agent_without_a_phone_are_left_out() -> None:
    people = [DutyAgent(AgentNumber("1001"), "")]
    assert (
        plan(
            {LineCode("orders"): {AgentNumber("1001")}, LineCode("old"): {AgentNumber("1001")}},
            people,
            [ORDERS, Line(LineCode("old"), QueueCode("gone"))],
            QUEUES,
        )
        == set()
    )


def test_R11_nothing_about_a_caller_is_asked_for() -> None:
    assert list(inspect.signature(plan).parameters) == ["duty", "agents", "lines", "queues", "team", "lent"]


def test_at_a_change_of_shift_the_relief_comes_before_the_others_leave() -> None:
    assert diff([member("1002")], [member("1001")]) == [Add(member("1002")), Remove("general", "PJSIP/1001")]


def test_an_agent_is_unpaused_before_the_last_one_is_paused() -> None:
    conditions = [member("1001"), member("1002", reason="meal")]
    actual = [member("1001", reason="meal"), member("1002")]
    assert diff(conditions, actual) == [Unpause("general", "PJSIP/1001"), Pause("general", "PJSIP/1002", "meal")]


def test_a_new_reason_is_a_new_pause_and_a_new_penalty_is_sent() -> None:
    assert diff([member("1001", reason="meal", penalty=2)], [member("1001", reason="acw")]) == [
        Penalty("general", "PJSIP/1001", 2),
        Pause("general", "PJSIP/1001", "meal"),
    ]


def test_a_phone_that_has_passed_to_another_agent_is_renamed_by_leaving_and_coming_back() -> None:
    new = Member("general", "PJSIP/1001", AgentNumber("1009"), 0, False, "")
    assert diff([new], [member("1001")]) == [Remove("general", "PJSIP/1001"), Add(new)]


def members() -> st.SearchStrategy[frozenset[Member]]:
    numbers = st.sampled_from(["1001", "1002", "1003"])
    builds = st.builds(
        lambda queue, phone, name, penalty, reason: Member(
            queue, f"PJSIP/{phone}", name, penalty, bool(reason), reason
        ),
        st.sampled_from(["general", "changsha"]),
        numbers,
        numbers,
        st.integers(0, 4),
        st.sampled_from(["", "meal", "acw"]),
    )
    return st.lists(builds, unique_by=lambda build: build.key).map(frozenset)


@given(members(), members())
def test_the_difference_applied_gives_the_plan(conditions: frozenset[Member], actual: frozenset[Member]) -> None:
    assert apply(diff(conditions, actual), actual) == conditions


@given(members())
def test_there_are_no_commands_when_the_queues_match_the_plan(conditions: frozenset[Member]) -> None:
    assert diff(conditions, conditions) == []


@given(members(), members())
def test_no_queue_that_has_people_before_and_after_is_empty_in_between(
    conditions: frozenset[Member], actual: frozenset[Member]
) -> None:
    owners = {result.key: result.agent for result in actual}
    # Renaming is the one exception that Asterisk forces on us.
    conditions = frozenset(result for result in conditions if owners.get(result.key, result.agent) == result.agent)
    there = {result.key: result for result in actual}
    for queue in ("general", "changsha"):
        for free in (False, True):
            there = {result.key: result for result in actual}
            staffed = [
                any(result.queue == queue and not (free and result.paused) for result in side)
                for side in (conditions, actual)
            ]
            for command in diff(conditions, actual):
                step(there, command)
                if all(staffed):
                    assert any(result.queue == queue and not (free and result.paused) for result in there.values())
