"""A case: its fields and statements (K1, K2), and the words for its steps and levels (K3, K4). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Final

from callcenter.complaints.errors import BadCase
from callcenter.facts import CaseNumber, CustomerId


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
    customer: CustomerId | None = None
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
    number: CaseNumber
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
    merged_into: CaseNumber | None = None
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


def case_number(day: date, serial: int) -> CaseNumber:
    """`TS20261123-0001`: read out on the phone in groups; more than 9999 a day only makes it longer."""
    return CaseNumber(f"TS{day:%Y%m%d}-{serial:04d}")
