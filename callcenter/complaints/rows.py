"""Tables of the complaints room."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.complaints.model import Channel, Kind, Severity, State
from callcenter.facts import CaseNumber, CustomerId
from callcenter.storage.base import Base, Versioned


def _one_of(column: str, kind: type[Kind] | type[Channel] | type[Severity] | type[State]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(member.value) for member in kind)})", name=column)


class DepartmentRow(Versioned, Base):
    """A department that can be complained about, and who is responsible for it (K4)."""

    __tablename__ = "department"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    manager: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    leader: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    active: Mapped[bool] = mapped_column(default=True)


class CaseSerialRow(Base):
    """The last number given on a day; incremented in the transaction that opens the case, so there is no gap."""

    __tablename__ = "case_serial"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int]


class CaseRow(Versioned, Base):
    """One case. `department` is no foreign key: the recorded code stays when a department is renamed."""

    __tablename__ = "complaint_case"
    __table_args__ = (
        _one_of("kind", Kind),
        _one_of("channel", Channel),
        _one_of("severity", Severity),
        _one_of("state", State),
        Index(None, "opened_at", "number"),
        Index(None, "due_at", "number"),
        Index(None, "closed_at", "number"),
        Index(None, "state", "due_at"),
        Index(None, "remind_at"),
        Index(None, "customer", "opened_at"),
        Index(None, "phone"),
        Index(None, "owner", "state"),
        Index(None, "department", "opened_at"),
    )
    number: Mapped[CaseNumber] = mapped_column(String(24), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    channel: Mapped[str] = mapped_column(String(14))
    severity: Mapped[str | None] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(14))
    anonymous: Mapped[bool]
    customer: Mapped[CustomerId | None] = mapped_column(String(32))
    customer_name: Mapped[str] = mapped_column(String(200))
    contact_person: Mapped[str] = mapped_column(String(200))
    sex: Mapped[str] = mapped_column(String(20))
    phone: Mapped[str] = mapped_column(String(40))
    email: Mapped[str] = mapped_column(String(200))
    im: Mapped[str] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(500))
    what_happened: Mapped[str] = mapped_column(Text)
    wanted: Mapped[str] = mapped_column(Text)
    product: Mapped[str] = mapped_column(String(200))
    order_number: Mapped[str] = mapped_column(String(100))
    department: Mapped[str] = mapped_column(String(40))
    cause: Mapped[str] = mapped_column(String(100))
    line: Mapped[str | None] = mapped_column(String(40))
    agent: Mapped[str | None] = mapped_column(String(20))
    statements: Mapped[dict[str, Any]]
    opened_at: Mapped[datetime]
    received_by: Mapped[str] = mapped_column(String(32))
    received_by_name: Mapped[str] = mapped_column(String(200))
    owner: Mapped[str] = mapped_column(String(32))
    watchers: Mapped[list[str]]
    confirmed: Mapped[bool | None]
    satisfaction: Mapped[int | None]
    merged_into: Mapped[CaseNumber | None] = mapped_column(String(24))
    due_at: Mapped[datetime | None]
    due_step: Mapped[str | None] = mapped_column(String(20))
    due_from: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]
    late: Mapped[bool] = mapped_column(default=False)
    escalation_level: Mapped[int] = mapped_column(default=0)
    escalated_to: Mapped[str | None] = mapped_column(String(32))
    closed_at: Mapped[datetime | None]
    head: Mapped[str] = mapped_column(String(64), default="")
    """The hash of the newest entry, which reveals a truncated chain; not a change that people edit."""


class CaseEntryRow(Base):
    """The append-only history of a case (K7); each hash covers the entry and the previous one."""

    __tablename__ = "case_entry"
    __table_args__ = (Index(None, "action", "at"), Index(None, "by", "at"))

    case: Mapped[CaseNumber] = mapped_column(ForeignKey("complaint_case.number"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(32))
    by_name: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(40))
    facts: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class CaseStepRow(Base):
    """How long a case stayed at each step (K6); `left_at` is empty for the present one."""

    __tablename__ = "case_step"

    case: Mapped[CaseNumber] = mapped_column(ForeignKey("complaint_case.number"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(14))
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    by: Mapped[str] = mapped_column(String(32))


class CaseSignatureRow(Base):
    """A signature or a return; never changed. Whether it still holds follows from what it covers."""

    __tablename__ = "case_signature"
    __table_args__ = (CheckConstraint("verdict IN ('signed', 'returned')", name="verdict"), Index(None, "case", "seq"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case: Mapped[CaseNumber] = mapped_column(ForeignKey("complaint_case.number"))
    seq: Mapped[int]
    place: Mapped[str] = mapped_column(String(14))
    person: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    verdict: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(Text)
    covers: Mapped[str] = mapped_column(String(64))
    instead_of: Mapped[str] = mapped_column(String(200), server_default="")
    """The name of the absent person under whose delegation it was given; empty for the signer's own."""


class DelegationRow(Base):
    """An absent person's signature, delegated to another person for a time; ended, never deleted."""

    __tablename__ = "signature_delegation"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index(None, "ends_at", "starts_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    absent: Mapped[str] = mapped_column(ForeignKey("person.id"))
    to: Mapped[str] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500))
    recorded_by: Mapped[str] = mapped_column(String(32))
    recorded_at: Mapped[datetime]


class CaseAttachmentRow(Base):
    """An attachment of the case: call, recording, transcript or file, pinned by its checksum."""

    __tablename__ = "case_attachment"
    __table_args__ = (UniqueConstraint("case", "kind", "ref"), Index(None, "kind", "ref"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case: Mapped[CaseNumber] = mapped_column(ForeignKey("complaint_case.number"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    ref: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Empty while a call is not over: nothing can be pinned yet."""
    media: Mapped[str] = mapped_column(String(60))
    size: Mapped[int | None]
    pages: Mapped[int | None]
    """Of a PDF; None for everything else, and for what was attached before PDFs were read."""
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(String(200))


class CaseQuestionRow(Base):
    """A question that could not be answered at once: who answers it, until when, what was promised (W2, W3)."""

    __tablename__ = "case_question"
    __table_args__ = (Index(None, "answered_at", "due_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case: Mapped[CaseNumber] = mapped_column(ForeignKey("complaint_case.number"), index=True)
    text: Mapped[str] = mapped_column(Text)
    checked: Mapped[bool]
    """W2: the question was read back to the caller."""
    responsible: Mapped[str] = mapped_column(String(32))
    due_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """When the overdue answer was reported."""
    promised_at: Mapped[datetime | None]
    asked_by: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(String(32))
    answered_at: Mapped[datetime | None]


class CaseReferralRow(Base):
    """An outside body refers the case or asks about it (K8); its answers are entries of the history."""

    __tablename__ = "case_referral"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case: Mapped[CaseNumber] = mapped_column(ForeignKey("complaint_case.number"), index=True)
    body: Mapped[str] = mapped_column(String(200))
    reference: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """When the overdue answer was reported."""
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Text)


class CaseFilterRow(Base):
    """A named filter of the case list."""

    __tablename__ = "case_filter"
    __table_args__ = (UniqueConstraint("person", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"))
    by_name: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(100))
    shared: Mapped[bool]
    filter: Mapped[dict[str, Any]]


class DigestRow(Base):
    """What was due for a person on a day (K5), as of that day."""

    __tablename__ = "case_digest"

    day: Mapped[date] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(String(32), primary_key=True)
    made_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]
