"""Tests who acts by when: warnings, escalations and digests are neither lost nor repeated when a process was down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.complaints.deadlines.digests import Item, digests
from callcenter.complaints.deadlines.model import Due, Reminder, deadlines_of, next_owner, reminder
from callcenter.complaints.departments.service import Department
from callcenter.complaints.model import Case, Event, Level, Severity, State
from callcenter.facts import CaseNumber
from callcenter.kit.work_calendar import worktime_of
from callcenter.settings import ComplaintSettings
from tests.complaints.room import ANGRY, Room

WEEKDAYS = worktime_of(["mon-fri 09:00-17:00"], "", {}, "Asia/Shanghai")
RULES = deadlines_of(ComplaintSettings(), WEEKDAYS)
MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Nine in the morning in Changsha."""
HOUR = timedelta(hours=1)


def a_case(severity: Severity = Severity.NORMAL, state: State = State.RECEIVED) -> Case:
    facts = replace(ANGRY, severity=severity)
    return RULES.timed(Case(CaseNumber("TS20261123-0001"), facts, state, MONDAY, "p1", "李", "p1"), MONDAY)


@pytest.mark.parametrize(
    ("severity", "until"),
    [
        (Severity.CRITICAL, MONDAY + timedelta(minutes=30)),
        (Severity.SERIOUS, MONDAY + 2 * HOUR),
        (Severity.NORMAL, MONDAY + 4 * HOUR),
        (Severity.MINOR, MONDAY + 8 * HOUR),
    ],
)
def test_K4_the_graver_the_case_the_sooner_it_is_due(severity: Severity, until: datetime) -> None:
    case = a_case(severity)
    assert (case.due_step, case.due_at) == (Due.ACKNOWLEDGE, until)


def test_closed_hours_do_not_count() -> None:
    friday = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
    case = RULES.timed(replace(a_case(), due_step=None), friday)
    assert case.due_at == datetime(2026, 11, 30, 4, 0, tzinfo=UTC), "an hour on Friday, three on Monday"


def test_each_step_has_its_own_deadline_and_a_return_restarts_it() -> None:
    case = RULES.timed(replace(a_case(), state=State.INVESTIGATING), MONDAY + 2 * HOUR)
    assert (case.due_step, case.due_from) == (Due.INVESTIGATE, MONDAY + 2 * HOUR)
    on = RULES.timed(replace(case, state=State.PROPOSED), MONDAY + 3 * HOUR)
    back = RULES.timed(replace(on, state=State.INVESTIGATING), MONDAY + 5 * HOUR)
    assert back.due_from == MONDAY + 5 * HOUR


def test_K4_a_case_that_turns_out_graver_is_due_sooner_counted_from_when_the_step_began() -> None:
    graver = RULES.timed(replace(a_case(), facts=replace(ANGRY, severity=Severity.SERIOUS)), MONDAY + HOUR)
    assert graver.due_at == MONDAY + 2 * HOUR


def test_an_edit_that_changes_neither_step_nor_severity_keeps_the_escalation() -> None:
    case = replace(a_case(), escalation_level=2, remind_at=MONDAY + 40 * HOUR)
    assert RULES.timed(case, MONDAY + HOUR) == case


def test_a_closed_case_is_due_no_more() -> None:
    over = RULES.timed(replace(a_case(), state=State.CLOSED), MONDAY)
    assert (over.due_at, over.due_step, over.remind_at) == (None, None, None)


def test_K4_a_warning_then_one_level_higher_after_each_further_working_day() -> None:
    case, seen = a_case(), []
    now = MONDAY
    while case.remind_at is not None:
        now = case.remind_at
        result = reminder(RULES, case, now)
        assert result is not None
        seen.append((result.level, now))
        case = replace(case, remind_at=result.next_at)
    day = timedelta(days=1)
    assert seen == [
        (Level.AGENT, MONDAY + 3 * HOUR),
        (Level.SUPERVISOR, MONDAY + 4 * HOUR),
        (Level.MANAGER, MONDAY + day + 4 * HOUR),
        (Level.LEADER, MONDAY + 2 * day + 4 * HOUR),
    ]


@given(st.integers(0, 60 * 24 * 14))
def test_however_late_the_check_the_highest_due_level_is_notified_once(minutes: int) -> None:
    case, now = a_case(), MONDAY + timedelta(minutes=minutes)
    result = reminder(RULES, case, now)
    if result is None:
        assert case.remind_at is not None
        assert now < case.remind_at
        return
    assert result.next_at is None or result.next_at > now
    assert reminder(RULES, replace(case, remind_at=result.next_at), now) is None


def test_the_case_of_an_absent_owner_goes_to_the_person_with_the_fewest_cases() -> None:
    assert next_owner("p1", {"p2": 3, "p3": 1, "p4": 1}) == "p3"
    assert next_owner("p1", {"p1": 9, "p2": 0}) is None
    assert next_owner("p1", {}) is None


def test_K5_the_digest_names_what_is_due_to_the_owner_and_to_the_departments_manager() -> None:
    items = [
        Item(CaseNumber("TS2"), "answer", MONDAY + HOUR, "li", "delivery"),
        Item(CaseNumber("TS1"), "question", MONDAY - HOUR, "li"),
        Item(CaseNumber("TS3"), "close", MONDAY, "system", "kitchen"),
    ]
    by_person = digests(items, [Department("delivery", "配送", manager="wu"), Department("kitchen", "后厨")], MONDAY)
    assert [(line["number"], line["overdue"], line["as"]) for line in by_person["li"]] == [
        ("TS1", True, "owner"),
        ("TS2", False, "owner"),
    ]
    assert [(line["number"], line["as"]) for line in by_person["wu"]] == [("TS2", "department")]
    assert set(by_person) == {"li", "wu"}


# With the database: nothing depends on a process being up at the instant.


async def reminders_of(room: Room, number: str) -> list[tuple[str, Any]]:
    """The reminders on the case's chain."""
    history = await room.queries.history(CaseNumber(number))
    return [(entry.action, entry.facts) for entry in history if entry.action in ("warned", "escalated")]


async def test_a_service_that_was_down_over_all_deadlines_reminds_once(room: Room) -> None:
    case = await room.opening.open(ANGRY, await room.person("boss"))
    room.web.time.pass_by(days=3)
    reminders = room.complaints.reminders
    assert await reminders.once() == 1
    assert await reminders.once() == 0
    ((action, facts),) = await reminders_of(room, case.number)
    assert action == "escalated"
    assert '"level":"leader"' in facts
    assert (await room.cases.case(case.number)).escalation_level == Level.LEADER
    assert (await room.verify())[1] is None, "the chain is whole (K7)"


async def test_two_concurrent_processes_remind_once(room: Room) -> None:
    case = await room.opening.open(ANGRY, await room.person("boss"))
    first, now = await room.cases.case(case.number), room.web.time
    now.pass_by(hours=3, minutes=30)
    reminders = room.complaints.reminders
    assert await reminders.once() == 1
    # The other process had read the case before the first one spoke.
    stale = Reminder(Level.AGENT, first.due_at)
    assert not await reminders.remind(first, stale)
    assert [action for action, _ in await reminders_of(room, case.number)] == ["warned"]


async def test_a_reminder_causes_no_edit_conflict(room: Room) -> None:
    boss = await room.person("boss")
    case = await room.opening.open(ANGRY, boss)
    await room.web.sign_in("boss")
    _, answer, headers = await room.ask("GET", f"/cases/{case.number}")
    room.web.time.pass_by(hours=5)
    assert await room.complaints.reminders.once() == 1
    # A session that was not used for five hours has ended.
    await room.web.sign_in("boss")
    body = {"what_happened": "酱板鸭漏气", "severity": "normal", "phone": answer["phone"]}
    status, _, _ = await room.ask("PUT", f"/cases/{case.number}", body, **{"If-Match": headers["ETag"]})
    assert status == 200


async def test_K4_an_overdue_case_goes_to_the_manager_of_its_department(room: Room) -> None:
    manager = await room.person("manager")
    await room.complaints.departments.put(Department("delivery", "配送", manager=manager.id), manager)
    case = await room.opening.open(ANGRY, await room.person("boss"))
    for hours in (4, 8):
        room.web.time.pass_by(hours=hours)
        await room.complaints.reminders.once()
    result = await room.cases.case(case.number)
    assert (result.escalation_level, result.escalated_to) == (Level.MANAGER, manager.id)
    await room.web.sign_in("boss")
    listed = (await room.ask("GET", "/cases?escalated=true"))[1]["items"]
    assert [entry["number"] for entry in listed] == [case.number]


async def test_a_step_taken_in_time_sends_no_warning(room: Room) -> None:
    boss = await room.person("boss")
    case = await room.opening.open(ANGRY, boss)
    await room.cases.step(case.number, Event.ASSESS, boss)
    room.web.time.pass_by(hours=5)
    assert await room.complaints.reminders.once() == 0


async def test_W3_an_overdue_question_is_notified_once(room: Room) -> None:
    boss = await room.person("boss")
    case = await room.opening.open(ANGRY, boss)
    due = room.web.time() + timedelta(hours=1)
    await room.complaints.questions.ask(case.number, "春节送货吗", boss.id, due, boss)
    room.web.time.pass_by(hours=2)
    await room.complaints.reminders.once()
    await room.complaints.reminders.once()
    entries = [entry.action for entry in await room.queries.history(case.number)]
    assert entries.count("question_overdue") == 1


async def test_K5_the_digest_is_made_once_a_day_also_when_the_service_comes_up_late(room: Room) -> None:
    boss = await room.person("boss")
    await room.opening.open(ANGRY, boss)
    maker = room.complaints.digests
    room.web.time.pass_by(days=1)
    room.web.time.now = room.web.time.now.replace(hour=0, minute=0)
    assert await maker.once() == 0, "eight in the morning in Changsha: too early"
    room.web.time.pass_by(hours=6)
    assert await maker.once() == 1
    assert await maker.once() == 0
    await room.web.sign_in("boss")
    status, digest, _ = await room.ask("GET", "/case-digest")
    assert status == 200
    assert [(entry["what"], entry["overdue"], entry["as"]) for entry in digest["items"]] == [
        ("acknowledge", True, "owner")
    ]
