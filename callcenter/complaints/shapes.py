"""The shapes of cases over HTTP; agents see a customer's number in part, as in the list of calls."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from callcenter.complaints.history import chain
from callcenter.complaints.model import Case, Channel, Event, Facts, Kind, Severity, State, Statement
from callcenter.facts import CallId, CaseNumber, CustomerId
from callcenter.web.masking import mask_number
from callcenter.web.roles import AGENT_NUMBER, LEADERS, PERSON_ID, Person

Text = Annotated[str, Field(max_length=100_000)]


class FactsBody(BaseModel):
    """The facts of a case; the fields of both forms (K1, K2)."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = Kind.COMPLAINT
    channel: Channel = Channel.PHONE
    severity: Severity | None = None
    anonymous: bool = False
    customer: Annotated[CustomerId | None, Field(max_length=32)] = None
    customer_name: Annotated[str, Field(max_length=200)] = ""
    contact_person: Annotated[str, Field(max_length=200)] = ""
    sex: Annotated[str, Field(max_length=20)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""
    email: Annotated[str, Field(max_length=200)] = ""
    im: Annotated[str, Field(max_length=100)] = ""
    address: Annotated[str, Field(max_length=500)] = ""
    what_happened: Text
    wanted: Annotated[str, Field(max_length=20_000)] = ""
    product: Annotated[str, Field(max_length=200)] = ""
    order_number: Annotated[str, Field(max_length=100)] = ""
    department: Annotated[str, Field(max_length=40)] = ""
    cause: Annotated[str, Field(max_length=100)] = ""
    line: Annotated[str | None, Field(max_length=40)] = None
    agent: Annotated[str | None, Field(max_length=20, description=f"the agent concerned: {AGENT_NUMBER}")] = None

    def facts(self) -> Facts:
        return Facts(**{name: getattr(self, name) for name in FactsBody.model_fields})


class WriteFacts(FactsBody):
    reason: Annotated[str, Field(max_length=5000)] = ""
    """Why the severity is lowered; asked for only then (K4)."""


class NewCase(FactsBody):
    call: Annotated[CallId | None, Field(max_length=200)] = None
    """The live or past call that it came by; the call, its recording and transcript go onto the case."""
    owner: Annotated[str | None, Field(max_length=32, description=PERSON_ID)] = None


class StatementShape(BaseModel):
    text: str
    by: str
    by_name: str
    at: datetime

    @classmethod
    def of(cls, written: Statement) -> StatementShape:
        return cls(text=written.text, by=written.by, by_name=written.by_name, at=written.at)


class OwnerShape(BaseModel):
    """`owner` and `watchers` are person ids."""

    owner: str
    watchers: list[str]

    @classmethod
    def of(cls, case: Case) -> OwnerShape:
        return cls(owner=case.owner, watchers=list(case.watchers))


class CaseShape(BaseModel):
    """A case; times in UTC."""

    BESIDE: ClassVar[frozenset[str]] = frozenset({"escalation_level", "escalated_to"})

    number: CaseNumber
    kind: Kind
    channel: Channel
    severity: Severity | None
    state: State
    anonymous: bool
    customer: CustomerId | None
    customer_name: str
    contact_person: str
    sex: str
    phone: str
    email: str
    im: str
    address: str
    what_happened: str
    wanted: str
    product: str
    order_number: str
    department: str
    cause: str
    line: str | None
    agent: str | None
    opened_at: datetime
    received_by: str
    received_by_name: str
    owner: str
    watchers: list[str]
    statements: dict[str, StatementShape]
    confirmed: bool | None
    satisfaction: int | None
    merged_into: CaseNumber | None
    due_at: datetime | None
    due_step: str | None
    escalation_level: int
    """0: no one was notified; 1 a supervisor, 2 the department's manager, 3 its leader (K4)."""
    escalated_to: str | None
    closed_at: datetime | None
    version: int

    @classmethod
    def of(cls, case: Case, person: Person) -> CaseShape:
        statements = {name: StatementShape.of(statement) for name, statement in case.statements.items()}
        own = {name: getattr(case, name) for name in cls.model_fields if name in Case.__dataclass_fields__}
        shape = cls(**{**chain.facts_of(case), **own, "watchers": list(case.watchers), "statements": statements})
        return shape if sees_customer(case, person) else shape.model_copy(update=_masked(shape))


def sees_customer(case: Case, person: Person) -> bool:
    """Leaders, and the people who received, own or watch the case, see how the customer is reached."""
    return person.may(LEADERS) or person.id in {case.received_by, case.owner, *case.watchers}


def _masked(shape: CaseShape) -> dict[str, Any]:
    hidden = {"email": "", "im": "", "address": ""}
    return {**{name: "***" if getattr(shape, name) else "" for name in hidden}, "phone": mask_number(shape.phone)}


class OfferedQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    call: Annotated[CallId, Field(max_length=200)]


class StatementBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Text


class CaseStepBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    event: Event
    reason: Annotated[str, Field(max_length=5000)] = ""
    goal: State | None = None
    """The earlier step that a `return` leads to."""
    into: Annotated[CaseNumber | None, Field(max_length=24)] = None
    """The case that goes on after a `merge`."""


class AssignBody(BaseModel):
    """Omitted fields stay unchanged."""

    model_config = ConfigDict(extra="forbid")

    owner: Annotated[str | None, Field(max_length=32, description=PERSON_ID)] = None
    watchers: Annotated[list[str] | None, Field(max_length=50, description=f"each {PERSON_ID}")] = None


class RemarkBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Text


class CallBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    call: Annotated[CallId, Field(max_length=200)]


class CaseEntryShape(BaseModel):
    seq: int
    at: datetime
    by: str
    by_name: str
    action: str
    facts: str
    hash: str

    @classmethod
    def of(cls, entry: chain.Entry) -> CaseEntryShape:
        return cls(**{name: getattr(entry, name) for name in cls.model_fields})


class AttachmentShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str
    ref: str
    title: str
    sha256: str | None
    media: str
    size: int | None
    pages: int | None
    """Of a PDF; null for anything else, and where it is not known."""
    at: datetime
    by_name: str


class CaseEvidenceShape(BaseModel):
    """Everything attached to the case; `transcripts` is "none" for a call without one, which is not an error."""

    attachments: list[AttachmentShape]
    transcripts: str


class CaseStepShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    seq: int
    state: State
    entered_at: datetime
    left_at: datetime | None
    by: str
