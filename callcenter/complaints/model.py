"""A case: its fields (K1, K2), its steps as tables (K3), the level each step requires (K4). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from itertools import pairwise
from typing import Final

from callcenter.complaints.errors import BadCase, FieldsMissing, IllegalStep, NotYourStep, ReasonMissing


class Kind(StrEnum):
    COMPLAINT = "complaint"
    ENQUIRY = "enquiry"
    """A question that awaits its answer (W3, R9)."""
    SUGGESTION = "suggestion"
    PRAISE = "praise"


class Channel(StrEnum):
    PHONE = "phone"
    VISIT = "visit"
    ONLINE = "online"
    LETTER = "letter"
    OUTSIDE_BODY = "outside_body"
    """Referred by the consumers' association or a regulator (K8)."""


class Severity(StrEnum):
    MINOR = "minor"
    NORMAL = "normal"
    SERIOUS = "serious"
    CRITICAL = "critical"


class State(StrEnum):
    RECEIVED = "received"
    ASSESSED = "assessed"
    INVESTIGATING = "investigating"
    PROPOSED = "proposed"
    APPROVED = "approved"
    CORRECTED = "corrected"
    VERIFIED = "verified"
    ANSWERED = "answered"
    CALLED_BACK = "called_back"
    CLOSED = "closed"
    ARCHIVED = "archived"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class Event(StrEnum):
    ASSESS = "assess"
    INVESTIGATE = "investigate"
    PROPOSE = "propose"
    APPROVE = "approve"
    CORRECT = "correct"
    VERIFY = "verify"
    ANSWER = "answer"
    CALL_BACK = "call_back"
    CLOSE = "close"
    ARCHIVE = "archive"
    RETURN = "return"
    """Back to an earlier step, which is named, with a reason."""
    WITHDRAW = "withdraw"
    MERGE = "merge"
    REOPEN = "reopen"


class Level(IntEnum):
    """The level that an action requires (K4)."""

    AGENT = 0
    SUPERVISOR = 1
    MANAGER = 2
    LEADER = 3


PATHS: Final[Mapping[Kind, tuple[State, ...]]] = {
    Kind.COMPLAINT: (
        State.RECEIVED,
        State.ASSESSED,
        State.INVESTIGATING,
        State.PROPOSED,
        State.APPROVED,
        State.CORRECTED,
        State.VERIFIED,
        State.CALLED_BACK,
        State.CLOSED,
        State.ARCHIVED,
    ),
    Kind.ENQUIRY: (State.RECEIVED, State.ANSWERED, State.CALLED_BACK, State.CLOSED, State.ARCHIVED),
    Kind.SUGGESTION: (State.RECEIVED, State.ASSESSED, State.CLOSED, State.ARCHIVED),
    Kind.PRAISE: (State.RECEIVED, State.ASSESSED, State.CLOSED, State.ARCHIVED),
}
"""The steps of each kind in their order (K3)."""

TO_REACH: Final[Mapping[State, Event]] = {
    State.ASSESSED: Event.ASSESS,
    State.INVESTIGATING: Event.INVESTIGATE,
    State.PROPOSED: Event.PROPOSE,
    State.APPROVED: Event.APPROVE,
    State.CORRECTED: Event.CORRECT,
    State.VERIFIED: Event.VERIFY,
    State.ANSWERED: Event.ANSWER,
    State.CALLED_BACK: Event.CALL_BACK,
    State.CLOSED: Event.CLOSE,
    State.ARCHIVED: Event.ARCHIVE,
}
OVER: Final = frozenset({State.CLOSED, State.ARCHIVED, State.WITHDRAWN, State.MERGED})
"""K7: a case in these states changes only by a new entry."""


def _table(kind: Kind) -> dict[State, dict[Event, State]]:
    path = PATHS[kind]
    table = {here: {TO_REACH[there]: there} for here, there in pairwise(path)}
    for state in path:
        if state not in OVER:
            table[state] |= {Event.WITHDRAW: State.WITHDRAWN, Event.MERGE: State.MERGED}
    again = State.INVESTIGATING if State.INVESTIGATING in path else State.RECEIVED
    table[State.CLOSED][Event.REOPEN] = again
    table[State.ARCHIVED] = {Event.REOPEN: again}
    table[State.WITHDRAWN] = {Event.REOPEN: State.RECEIVED, Event.ARCHIVE: State.ARCHIVED}
    table[State.MERGED] = {}
    return table


TABLES: Final[Mapping[Kind, Mapping[State, Mapping[Event, State]]]] = {kind: _table(kind) for kind in Kind}
TRANSITIONS: Final = TABLES[Kind.COMPLAINT]
"""A complaint's table; RETURN is not in it because it names its goal (`returned`)."""

NEEDED_LEVEL: Final[Mapping[Event, Level]] = {
    Event.VERIFY: Level.SUPERVISOR,
    Event.CALL_BACK: Level.SUPERVISOR,
    Event.ARCHIVE: Level.SUPERVISOR,
    Event.MERGE: Level.SUPERVISOR,
}
"""The levels of steps; everyone may take the others, except those of BY_SEVERITY.

CALL_BACK follows from a return call's result; by hand it requires a supervisor's decision, with a reason (F1).
"""

BY_SEVERITY: Final = frozenset({Event.APPROVE, Event.WITHDRAW, Event.REOPEN})
"""K4: the level these require depends on the severity of the case."""

APPROVAL: Final[Mapping[Severity, Level]] = {
    Severity.MINOR: Level.SUPERVISOR,
    Severity.NORMAL: Level.SUPERVISOR,
    Severity.SERIOUS: Level.MANAGER,
    Severity.CRITICAL: Level.LEADER,
}
"""K4: the higher the severity, the higher the level."""

STATEMENTS: Final = (
    "findings",
    "true_cause",
    "investigation",
    "centre_opinion",
    "proposal",
    "manager_opinion",
    "leader_opinion",
    "corrective_action",
    "verification",
    "evaluation",
)
"""Statements that are written with name and date (K1, K2)."""

OPINIONS: Final[Mapping[str, Level]] = {
    "centre_opinion": Level.SUPERVISOR,
    "manager_opinion": Level.SUPERVISOR,
    "leader_opinion": Level.MANAGER,
}
"""K1: the level whose opinion a statement is; no one below writes it. One below the leader, because of substitutes."""

REQUIRED: Final[Mapping[Event, tuple[str, ...]]] = {
    Event.ASSESS: ("severity",),
    Event.PROPOSE: ("investigation",),
    Event.APPROVE: ("proposal",),
    Event.CORRECT: ("corrective_action",),
    Event.VERIFY: ("verification",),
}
"""The statements that a complaint's step requires."""

WITH_REASON: Final = frozenset({Event.CALL_BACK, Event.RETURN, Event.WITHDRAW, Event.MERGE, Event.REOPEN})


@dataclass(frozen=True, slots=True)
class Statement:
    text: str
    by: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """The recorded facts: the fields of both forms (K1, K2) and what routing and analysis need."""

    kind: Kind = Kind.COMPLAINT
    channel: Channel = Channel.PHONE
    severity: Severity | None = None
    anonymous: bool = False
    customer: str | None = None
    customer_name: str = ""
    contact_person: str = ""
    sex: str = ""
    phone: str = ""
    email: str = ""
    im: str = ""
    """WeChat or QQ."""
    address: str = ""
    what_happened: str = ""
    wanted: str = ""
    """The remedy that the customer wants."""
    product: str = ""
    order_number: str = ""
    department: str = ""
    """The code of the department complained about or concerned."""
    cause: str = ""
    """The true cause as a short, countable term (K6)."""
    line: str | None = None
    agent: str | None = None
    """The number of the agent whom the complaint is about."""


@dataclass(frozen=True, slots=True)
class Case:
    number: str
    facts: Facts
    state: State
    opened_at: datetime
    received_by: str
    received_by_name: str
    owner: str
    watchers: tuple[str, ...] = ()
    statements: Mapping[str, Statement] = field(default_factory=dict)
    confirmed: bool | None = None
    satisfaction: int | None = None
    merged_into: str | None = None
    due_at: datetime | None = None
    due_step: str | None = None
    due_from: datetime | None = None
    """When the time of the present step started."""
    remind_at: datetime | None = None
    """When the next warning or escalation is due (K4)."""
    late: bool = False
    """A step missed its deadline (K6)."""
    escalation_level: int = 0
    escalated_to: str | None = None
    """The person to whom the case was escalated; None for everyone of that level."""
    closed_at: datetime | None = None
    version: int = 1


LONGEST: Final[Mapping[str, int]] = {
    "customer_name": 200,
    "contact_person": 200,
    "sex": 20,
    "phone": 40,
    "email": 200,
    "im": 100,
    "address": 500,
    "what_happened": 100_000,
    "wanted": 20_000,
    "product": 200,
    "order_number": 100,
    "department": 40,
    "cause": 100,
}
STATEMENT_LENGTH: Final = 100_000


def check_facts(facts: Facts) -> Facts:
    """Validates the facts; raises BadCase with `field`. Control characters that no form can show become blanks."""
    for name, longest in LONGEST.items():
        value = getattr(facts, name)
        if len(value) > longest:
            raise BadCase(f"{name} is too long: at most {longest} characters", field=name, longest=longest)
        if "\0" in value:
            raise BadCase(f"{name} holds a character that cannot be kept", field=name, fault="nul")
    if not facts.what_happened.strip():
        raise BadCase("write what happened", field="what_happened")
    if facts.anonymous and (facts.customer or facts.customer_name):
        raise BadCase("an anonymous complainant has no name", field="anonymous")
    return facts


def after(case: Case, event: Event, goal: State | None = None) -> State:
    """Returns the state that a step leads to; raises IllegalStep."""
    if event is Event.RETURN:
        return returned(case, goal)
    reached = TABLES[case.facts.kind].get(case.state, {}).get(event)
    if reached is None:
        raise IllegalStep("case", case.state, event, TABLES[case.facts.kind].get(case.state, {}))
    return reached


def returned(case: Case, goal: State | None) -> State:
    """Returns an earlier step of the case's path; raises IllegalStep for any other."""
    path = PATHS[case.facts.kind]
    here = path.index(case.state) if case.state in path and case.state not in OVER else 0
    if goal is None or goal not in path[:here]:
        raise IllegalStep("case", case.state, Event.RETURN, TABLES[case.facts.kind].get(case.state, {}))
    return goal


def needed_level(case: Case, event: Event) -> Level:
    """K4: returns the level required to take this step."""
    if event in BY_SEVERITY:
        return level_for(case)
    return NEEDED_LEVEL.get(event, Level.AGENT)


def level_for(case: Case) -> Level:
    """K4: returns the level that decides about this case; an unassessed complaint counts as the most severe."""
    if case.facts.severity is None and case.facts.kind is not Kind.COMPLAINT:
        return Level.AGENT
    return APPROVAL[case.facts.severity or Severity.CRITICAL]


def lowers(before: Severity | None, now: Severity | None) -> bool:
    """Whether a given severity is lowered or removed; the first assessment lowers nothing."""
    order = tuple(Severity)
    return before is not None and (now is None or order.index(now) < order.index(before))


def check_merge(case: Case, goal: Case, level: Level) -> None:
    """K4: merging a case into a less severe one requires the level of the merged case; raises NotYourStep."""
    needs = level_for(case)
    if lowers(case.facts.severity, goal.facts.severity) and level < needs:
        word = needs.name.lower()
        raise NotYourStep(f"this case is more severe than the other; a {word} merges it", case=case.number, needs=word)


def check_severity(case: Case, facts: Facts, level: Level, reason: str) -> None:
    """K4: lowering a severity requires a reason and the level it had. Raises ReasonMissing, NotYourStep."""
    if not lowers(case.facts.severity, facts.severity):
        return
    needs = level_for(case)
    if level < needs:
        word = needs.name.lower()
        raise NotYourStep(f"a {word} lowers this severity", case=case.number, field="severity", needs=word)
    if not reason.strip():
        raise ReasonMissing("say why the severity is lowered", case=case.number, field="severity")


def check_ready(case: Case, event: Event, reason: str = "") -> None:
    """Raises FieldsMissing or ReasonMissing when a step requires something that is not written yet."""
    if event in WITH_REASON and not reason.strip():
        raise ReasonMissing("a reason is required", case=case.number, event=event)
    required = REQUIRED.get(event, ()) if case.facts.kind is Kind.COMPLAINT else ()
    missing = [name for name in required if not _written(case, name)]
    if missing:
        raise FieldsMissing(f"write first: {', '.join(missing)}", case=case.number, fields=", ".join(missing))


def _written(case: Case, name: str) -> bool:
    if name in STATEMENTS:
        return name in case.statements and bool(case.statements[name].text.strip())
    return bool(getattr(case.facts, name))


def case_number(day: date, serial: int) -> str:
    """`TS20261123-0001`: read out on the phone in groups; more than 9999 a day only makes it longer."""
    return f"TS{day:%Y%m%d}-{serial:04d}"
