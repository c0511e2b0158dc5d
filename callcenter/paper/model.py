"""Defines each form's content: K1 tracking, K2 handling, W1 call record, F1 evaluation, S2 score, K6 analysis. Pure.

Texts come from callers and are untrusted; they are kept verbatim here and escaped where they are shown.
An unfilled field is empty and is printed as a line to write on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from callcenter.paper.duty.model import (
    EmergencyForm,
    FiguresForm,
    HandoverForm,
    LeaveForm,
    MeetingForm,
    RosterSheet,
    TrainingForm,
)
from callcenter.paper.head import LANGUAGES as LANGUAGES
from callcenter.paper.head import FormKind as FormKind
from callcenter.paper.head import Head as Head


class Standing(StrEnum):
    """Whether a signature is valid now."""

    VALID = "valid"
    VOID = "void"
    """What was signed has changed since, or the case was returned."""
    OPEN = "open"
    """Requested, not given yet."""
    RETURNED = "returned"
    """Refused with a reason."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of a form that a person filled in: text, who, when; `standing` where it is a signature."""

    text: str = ""
    by: str = ""
    at: datetime | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """One place in the chain of signatures; `role` is the role's name, `seal` the beginning of the signed hash."""

    role: str
    name: str = ""
    at: datetime | None = None
    standing: Standing = Standing.OPEN
    reason: str = ""
    seal: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """A call, recording, transcript or file on the case, pinned by `sha256` ("" where there is none)."""

    kind: str
    name: str
    at: datetime | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class TrackingForm:
    """Complaint tracking form (policy K1)."""

    kind: ClassVar[FormKind] = FormKind.TRACKING
    head: Head
    received_at: datetime | None = None
    customer: str = ""
    sex: str = ""
    phone: str = ""
    account: Entry = Entry()
    """What happened, and who received the complaint."""
    findings: Entry = Entry()
    centre_opinion: Entry = Entry()
    duty_manager_opinion: Entry = Entry()
    leader_opinion: Entry = Entry()
    signatures: tuple[Signature, ...] = ()
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class HandlingForm:
    """Complaint handling form (policy K2)."""

    kind: ClassVar[FormKind] = FormKind.HANDLING
    head: Head
    customer: str = ""
    at: datetime | None = None
    contact: str = ""
    phone: str = ""
    department: str = ""
    product: str = ""
    order: str = ""
    remedy: str = ""
    content: Entry = Entry()
    investigation: Entry = Entry()
    correction: Entry = Entry()
    verification: Entry = Entry()
    signatures: tuple[Signature, ...] = ()
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring of one phone."""

    agent: str
    at: datetime
    rings: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class CallRecordForm:
    """Call record form (policy W1); `waited` and `talked` in seconds, `progress` is the status of the case."""

    kind: ClassVar[FormKind] = FormKind.CALL
    head: Head
    direction: str = ""
    line: str = ""
    called: str = ""
    customer: str = ""
    contact: str = ""
    phone: str = ""
    at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    waited: float | None = None
    talked: float | None = None
    agent: str = ""
    outcome: str = ""
    reason: str = ""
    department: str = ""
    people: str = ""
    progress: str = ""
    cases: tuple[str, ...] = ()
    rings: tuple[Ring, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class EvaluationForm:
    """Customer evaluation form (policy F1); `satisfaction` is 1 (poor) to 5 (good), None when not given."""

    kind: ClassVar[FormKind] = FormKind.EVALUATION
    head: Head
    customer: str = ""
    phone: str = ""
    case: str = ""
    agent: str = ""
    """The agent's number and name."""
    at: datetime | None = None
    script: str = ""
    satisfaction: int | None = None
    solved: bool | None = None
    problem: str = ""
    notes: str = ""
    opt_out: bool = False
    answers: tuple[Answer, ...] = ()
    call: str = ""
    """The return call in which it was given."""


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One item of a scorecard; `second` is the position in the recording."""

    text: str
    clause: str
    answer: str
    comment: str = ""
    second: float | None = None
    failed: bool = False
    """It was an automatic-fail item, and it failed the card."""


@dataclass(frozen=True, slots=True)
class ScoreSection:
    """A section with its result in per cent; empty where nothing in it applied."""

    title: str
    share: str
    lines: tuple[ScoreLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ScorecardForm:
    """Scorecard of a call (policy S2); `points` are of 100, `earned` without the automatic fail."""

    kind: ClassVar[FormKind] = FormKind.SCORECARD
    head: Head
    agent: str = ""
    call: str = ""
    at: datetime | None = None
    grader: str = ""
    form: str = ""
    points: str = ""
    earned: str = ""
    passed: bool | None = None
    automatic_fail: str = ""
    notes: str = ""
    objection: str = ""
    objection_answer: str = ""
    submitted_at: datetime | None = None
    sha256: str = ""
    sections: tuple[ScoreSection, ...] = ()


@dataclass(frozen=True, slots=True)
class AnalysisRow:
    """One department, product ...; shares are formatted, empty where nothing was counted."""

    value: str
    cases: int
    share: str
    in_time: str = ""
    confirmed: str = ""


@dataclass(frozen=True, slots=True)
class AnalysisPart:
    """Cases by one dimension; `chart` is an SVG generated here, in which every name is escaped."""

    title: str
    chart: str
    rows: tuple[AnalysisRow, ...] = ()


@dataclass(frozen=True, slots=True)
class AnalysisStep:
    """How long cases stayed at a step: at most this long for half of them, and for nine of ten."""

    step: str
    cases: int
    median: str
    p90: str


@dataclass(frozen=True, slots=True)
class AnalysisForm:
    """Analysis of the cases of a period (policy K6); `before` is the preceding period of the same length."""

    kind: ClassVar[FormKind] = FormKind.ANALYSIS
    head: Head
    since: datetime | None = None
    until: datetime | None = None
    cases: int = 0
    before: int = 0
    again: int = 0
    same_product: int = 0
    notes: str = ""
    parts: tuple[AnalysisPart, ...] = ()
    steps: tuple[AnalysisStep, ...] = ()


Form = (
    LeaveForm
    | HandoverForm
    | RosterSheet
    | FiguresForm
    | MeetingForm
    | TrainingForm
    | EmergencyForm
    | TrackingForm
    | HandlingForm
    | CallRecordForm
    | EvaluationForm
    | ScorecardForm
    | AnalysisForm
)


def title_key(form: Form) -> str:
    """The word of the forms' texts that is the form's title."""
    return form.subject if isinstance(form, FiguresForm) else form.kind.value


@dataclass(frozen=True, slots=True)
class Printed:
    """A finished file and its display name."""

    name: str
    media_type: str
    data: bytes
    facts: Mapping[str, str] = field(default_factory=dict)
