"""Tests the steps of a case, its chain and its signatures, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.complaints.errors import BadCase, FieldsMissing, IllegalStep, NotYourStep, ReasonMissing
from callcenter.complaints.file_types import media_type, safe_title
from callcenter.complaints.history import chain
from callcenter.complaints.model import (
    STATEMENTS,
    Case,
    Event,
    Facts,
    Kind,
    Level,
    Severity,
    State,
    Statement,
    case_number,
    check_facts,
)
from callcenter.complaints.signatures import model as signing
from callcenter.complaints.signatures.model import Delegated, Place, Signature, Signers, Verdict
from callcenter.complaints.steps.model import (
    APPROVAL,
    OVER,
    PATHS,
    TABLES,
    after,
    check_merge,
    check_ready,
    check_severity,
    needed_level,
    returned,
)
from callcenter.facts import CaseNumber

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def case(state: State = State.RECEIVED, kind: Kind = Kind.COMPLAINT, **facts: object) -> Case:
    given_facts = replace(Facts(kind=kind, what_happened="漏气"), **facts)  # type: ignore[arg-type]
    return Case(CaseNumber("TS20261123-0001"), given_facts, state, AT, "p1", "刘婷", "p1")


def statement(text: str) -> Statement:
    return Statement(text, "p1", "刘婷", AT)


def test_K3_a_complaint_goes_through_every_step_in_order() -> None:
    entry, passed = case(), [State.RECEIVED]
    while entry.state is not State.ARCHIVED:
        [event] = TABLES[Kind.COMPLAINT][entry.state].keys() - {Event.WITHDRAW, Event.MERGE, Event.REOPEN}
        entry = replace(entry, state=after(entry, event))
        passed.append(entry.state)
    assert tuple(passed) == PATHS[Kind.COMPLAINT]


@given(st.sampled_from(Kind), st.sampled_from(State), st.sampled_from(Event), st.sampled_from([*State, None]))
def test_any_request_keeps_a_case_on_its_path_or_changes_nothing(
    kind: Kind, state: State, event: Event, goal: State | None
) -> None:
    try:
        reached = after(case(state, kind), event, goal)
    except IllegalStep:
        return
    assert reached in (*PATHS[kind], State.WITHDRAWN, State.MERGED)


@given(
    st.sampled_from(Kind),
    st.sampled_from(sorted(OVER)),
    st.sampled_from(sorted(set(Event) - {Event.REOPEN, Event.ARCHIVE})),
)
def test_K7_from_a_closed_case_nothing_but_archiving_and_reopening_leads_anywhere(
    kind: Kind, state: State, event: Event
) -> None:
    with pytest.raises(IllegalStep):
        after(case(state, kind), event, State.RECEIVED)


@pytest.mark.parametrize("kind", Kind)
def test_a_case_returns_to_every_earlier_step_and_to_no_later_one(kind: Kind) -> None:
    path = [state for state in PATHS[kind] if state not in OVER]
    for place, state in enumerate(path):
        for earlier in path[:place]:
            assert returned(case(state, kind), earlier) is earlier
        for other in (*path[place:], State.CLOSED, None):
            with pytest.raises(IllegalStep):
                returned(case(state, kind), other)


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.MINOR, Level.SUPERVISOR),
        (Severity.NORMAL, Level.SUPERVISOR),
        (Severity.SERIOUS, Level.MANAGER),
        (Severity.CRITICAL, Level.LEADER),
        (None, Level.LEADER),
    ],
)
def test_K4_the_graver_the_case_the_higher_its_approval(severity: Severity | None, level: Level) -> None:
    assert needed_level(case(severity=severity), Event.APPROVE) is level


def test_K2_what_a_form_asks_for_is_written_before_the_step() -> None:
    investigated = case(State.INVESTIGATING)
    with pytest.raises(FieldsMissing, match="investigation"):
        check_ready(investigated, Event.PROPOSE)
    check_ready(replace(investigated, statements={"investigation": statement("仓库温度过高")}), Event.PROPOSE)
    with pytest.raises(FieldsMissing, match="severity"):
        check_ready(case(), Event.ASSESS)
    with pytest.raises(ReasonMissing):
        check_ready(investigated, Event.RETURN, "  ")


def test_an_anonymous_complainant_has_no_name_and_a_case_needs_what_happened() -> None:
    check_facts(Facts(anonymous=True, what_happened="不愿留名"))
    for wrong in (
        Facts(anonymous=True, customer_name="王芳", what_happened="x"),
        Facts(what_happened=" "),
        Facts(what_happened="x" * 100_001),
        Facts(what_happened="a\0b"),
    ):
        with pytest.raises(BadCase):
            check_facts(wrong)


def test_a_number_is_read_out_in_groups() -> None:
    assert case_number(AT.date(), 7) == "TS20261123-0007"
    assert case_number(AT.date(), 12345) == "TS20261123-12345"


# --- the chain (K7) ---


def history(steps: int) -> tuple[Case, list[chain.Entry]]:
    entry, entries = case(), []
    last: chain.Entry | None = None
    for place in range(steps):
        entry = replace(
            entry, statements={**entry.statements, STATEMENTS[place % len(STATEMENTS)]: statement(f"第{place}次")}
        )
        last = chain.following(last, entry, AT + timedelta(minutes=place), ("p1", "刘婷"), "stated", {"n": place})
        entries.append(last)
    return entry, entries


@given(st.integers(1, 12), st.data())
def test_K7_whatever_is_changed_in_a_history_is_found(steps: int, data: st.DataObject) -> None:
    entry, entries = history(steps)
    assert chain.check(entry, entries) is None
    place = data.draw(st.integers(0, steps - 1))
    change = data.draw(st.sampled_from(["action", "facts", "by_name", "at", "content", "hash", "drop", "swap"]))
    tampered = list(entries)
    if change == "drop":
        del tampered[place]
    elif change == "swap":
        tampered[place], tampered[place - 1] = tampered[place - 1], tampered[place]
    elif change == "at":
        tampered[place] = replace(entries[place], at=entries[place].at + timedelta(seconds=1))
    else:
        tampered[place] = replace(entries[place], **{change: getattr(entries[place], change) + "x"})
    if tampered != entries:
        assert chain.check(entry, tampered) is not None


@given(st.integers(1, 6))
def test_K7_a_case_that_was_changed_behind_its_history_is_found(steps: int) -> None:
    entry, entries = history(steps)
    assert chain.check(replace(entry, facts=replace(entry.facts, what_happened="没有漏气")), entries) is not None
    assert chain.check(replace(entry, state=State.CLOSED), entries) is not None


# --- the signatures (K1) ---

_DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("sign"), st.sampled_from(Place)),
        st.tuples(st.just("write"), st.sampled_from([*STATEMENTS, "what_happened"])),
    ),
    max_size=30,
)


@given(_DEEDS, st.sampled_from(Severity))
def test_in_any_interleaving_of_edits_and_signatures_a_valid_signature_covers_the_current_case(
    actions: list[tuple[str, str]], severity: Severity
) -> None:
    entry, given_signatures = case(severity=severity), list[Signature]()
    for place, (action, what) in enumerate(actions):
        if action == "write" and what == "what_happened":
            entry = replace(entry, facts=replace(entry.facts, what_happened=f"第{place}版"))
        elif action == "write":
            entry = replace(entry, statements={**entry.statements, what: statement(f"第{place}版")})
        elif signing.next_place(entry, given_signatures) == what:
            covers = signing.covered(entry, Place(what))
            given_signatures.append(Signature(Place(what), "p", "n", "agent", AT, Verdict.SIGNED, "", covers))
        held = signing.holding(entry, given_signatures)
        order = signing.chain_for(entry)
        assert list(held) == list(order[: len(held)])
        assert all(signature.covers == signing.covered(entry, at) for at, signature in held.items())


def test_K1_a_later_edit_voids_the_signatures_after_it_and_not_those_before() -> None:
    entry, signatures = (
        case(
            severity=Severity.SERIOUS,
        ),
        list[Signature](),
    )
    for place in Place:
        signatures.append(Signature(place, "p", "n", "r", AT, Verdict.SIGNED, "", signing.covered(entry, place)))
    assert list(signing.holding(entry, signatures)) == list(Place)
    edited = replace(entry, statements={"proposal": statement("全额退款")})
    assert list(signing.holding(edited, signatures)) == [Place.RECEIVER, Place.HANDLER]
    assert signing.next_place(edited, signatures) is Place.CENTRE


SUPERVISOR, MANAGER, LEADER = {"supervisor"}, {"manager"}, {"leader"}


def role_for(place: Place, roles: set[str], signers: Signers, person: str = "p1") -> str | None:
    right = signing.right_to_sign(place, person, roles, signers)
    return right.role if right else None


def test_K1_the_duty_managers_place_follows_the_roster() -> None:
    rostered = Signers(duty_managers=frozenset({"p1"}))
    assert role_for(Place.DUTY_MANAGER, SUPERVISOR, rostered) == "supervisor"
    assert role_for(Place.DUTY_MANAGER, SUPERVISOR, rostered, "p2") is None
    assert role_for(Place.DUTY_MANAGER, MANAGER, rostered, "p2") is None
    assert role_for(Place.DUTY_MANAGER, MANAGER, Signers(), "p2") == "manager"
    assert role_for(Place.DUTY_MANAGER, SUPERVISOR, Signers()) is None


@pytest.mark.parametrize("place", [Place.RECEIVER, Place.HANDLER])
def test_K1_receiver_and_handler_are_the_people_who_received_and_handled(place: Place) -> None:
    people = Signers(received=frozenset({"p1"}), handled=frozenset({"p1"}))
    assert role_for(place, {"agent"}, people) == "agent"
    assert role_for(place, {"agent", "leader", "manager"}, people, "p2") is None


def test_K1_a_substitute_signs_under_a_recorded_delegation_and_not_without() -> None:
    leader = Delegated("boss", "部门领导", frozenset(LEADER), "p1")
    assert role_for(Place.LEADER, MANAGER, Signers()) is None
    assert signing.right_to_sign(Place.LEADER, "p1", MANAGER, Signers(delegations=(leader,))) == signing.Right(
        "manager", "部门领导"
    )
    assert role_for(Place.LEADER, SUPERVISOR, Signers(delegations=(leader,))) is None
    assert role_for(Place.LEADER, MANAGER, Signers(delegations=(leader,)), "p2") is None
    agent = Delegated("x", "离职客服", frozenset({"agent"}), "p1")
    assert role_for(Place.RECEIVER, {"agent"}, Signers(frozenset({"x"}), delegations=(agent,))) == "agent"
    assert role_for(Place.RECEIVER, {"agent"}, Signers(frozenset({"y"}), delegations=(agent,))) is None
    # No one delegates a place that they may not sign themselves.
    assert role_for(Place.LEADER, LEADER | MANAGER, Signers(delegations=(agent,))) == "leader"
    assert role_for(Place.LEADER, MANAGER, Signers(delegations=(agent,))) is None


def test_K4_the_graver_the_case_the_more_places_and_only_complaints_have_them() -> None:
    lengths = [len(signing.chain_for(case(severity=severity))) for severity in (*Severity, None)]
    assert lengths == [3, 4, 5, 5, 5]
    assert signing.chain_for(case(kind=Kind.ENQUIRY)) == ()


@given(st.sampled_from([*Severity, None]), st.sampled_from([*Severity, None]), st.sampled_from(Level))
def test_K4_a_severity_is_lowered_with_a_reason_by_the_level_that_it_had(
    before: Severity | None, now: Severity | None, level: Level
) -> None:
    entry = case(severity=before)
    facts = replace(entry.facts, severity=now)
    order = [None, *Severity]
    if order.index(now) >= order.index(before):
        check_severity(entry, facts, level, "")
        return
    if level < APPROVAL[before or Severity.CRITICAL]:
        with pytest.raises(NotYourStep):
            check_severity(entry, facts, level, "误判")
        return
    with pytest.raises(ReasonMissing):
        check_severity(entry, facts, level, " ")
    check_severity(entry, facts, level, "误判")


@pytest.mark.parametrize("event", [Event.APPROVE, Event.WITHDRAW, Event.REOPEN])
@pytest.mark.parametrize("severity", [*Severity, None])
def test_K4_withdrawing_and_reopening_follow_the_ladder_of_approving(severity: Severity | None, event: Event) -> None:
    assert needed_level(case(severity=severity), event) is APPROVAL[severity or Severity.CRITICAL]


def test_K4_a_supervisor_cannot_merge_a_case_into_a_less_severe_one() -> None:
    grave, slight = case(severity=Severity.CRITICAL), case(severity=Severity.MINOR)
    check_merge(grave, grave, Level.SUPERVISOR)
    check_merge(slight, grave, Level.SUPERVISOR)
    check_merge(grave, slight, Level.LEADER)
    with pytest.raises(NotYourStep):
        check_merge(grave, slight, Level.MANAGER)


# --- files ---


def test_a_files_type_is_detected_from_its_content() -> None:
    assert media_type(b"\xff\xd8\xff\xe0rest") == "image/jpeg"
    assert media_type(b"%PDF-1.7") == "application/pdf"
    assert media_type(b"<svg onload=alert(1)>") is None
    assert media_type(b"MZ\x90") is None
    assert media_type(b"") is None


@given(st.text(max_size=400))
def test_a_files_name_never_carries_a_path_or_a_control_sign(name: str) -> None:
    title = safe_title(name)
    assert title
    assert len(title) <= 120
    assert title.isprintable()
    assert not set(title) & set("/\\")
