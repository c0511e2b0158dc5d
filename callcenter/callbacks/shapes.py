"""API schemas of return calls; leaders and the agent who has claimed one see the customer's full number."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from callcenter.callbacks.messages import Message
from callcenter.callbacks.model import BUSY, Result, Source, State
from callcenter.callbacks.rows import ReturnCallAttemptRow, ReturnCallCauseRow, ReturnCallRow, ReturnCallStepRow
from callcenter.facts import CallId, CaseNumber, CustomerId, RecordingId
from callcenter.web.masking import mask_number
from callcenter.web.roles import LEADERS, Person
from callcenter.web.routes import PageQuery
from callcenter.web.sorting import TotalQuery


def may_see(row: ReturnCallRow, person: Person) -> bool:
    return person.may(LEADERS) or (row.agent is not None and row.agent == person.agent and row.state in BUSY)


class ReturnCallShape(BaseModel):
    """A return call; `may_from` is the next instant at which it may be dialled, `due_at` its target time."""

    id: str
    state: State
    source: Source
    matter: str
    number: str
    extension: str
    customer: CustomerId | None
    line: str | None
    language: str | None
    standing: str
    case: CaseNumber | None
    call: CallId | None
    campaign: str | None
    reason: str
    promised: bool
    promised_by: str | None
    due_at: datetime
    may_from: datetime
    arrived_at: datetime
    created_at: datetime
    preferred: str | None
    agent: str | None
    lease_until: datetime | None
    attempts: int
    last_result: Result | None
    last_at: datetime | None
    seen_call: str | None
    seen_at: datetime | None
    result: Result | None
    result_call: str | None
    satisfaction: int | None
    notes: str
    evaluation: str | None
    closed_at: datetime | None
    closed_by: str | None

    @classmethod
    def of(cls, row: ReturnCallRow, person: Person) -> ReturnCallShape:
        shape = cls.model_validate(row, from_attributes=True)
        if may_see(row, person):
            return shape
        return shape.model_copy(update={"number": mask_number(row.number), "extension": "", "customer": None})


class CauseShape(BaseModel):
    at: datetime
    source: Source
    call: CallId | None
    text: str
    by: str

    @classmethod
    def of(cls, row: ReturnCallCauseRow) -> CauseShape:
        return cls.model_validate(row, from_attributes=True)


class AttemptShape(BaseModel):
    """An attempt; `call` is the id of its call record."""

    agent: str
    call: CallId
    at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    result: Result | None
    detail: str | None

    @classmethod
    def of(cls, row: ReturnCallAttemptRow) -> AttemptShape:
        return cls.model_validate(row, from_attributes=True)


class ReturnCallStepShape(BaseModel):
    at: datetime
    event: str
    state: State
    by: str
    why: str

    @classmethod
    def of(cls, row: ReturnCallStepRow) -> ReturnCallStepShape:
        return cls.model_validate(row, from_attributes=True)


class MessageShape(BaseModel):
    """A message that the caller left (R4); `audio` is its address, `transcript` is `none` or its transcript's state."""

    call: CallId
    recording: RecordingId
    audio: str
    began_at: datetime
    seconds: float
    transcript: str
    text: str | None

    @classmethod
    def of(cls, message: Message) -> MessageShape:
        return cls(**asdict(message), audio=f"/api/v1/recordings/{message.recording}/audio")


class ReturnCallDetail(ReturnCallShape):
    """A return call with its causes, all attempts and all steps (F3: read before dialling).

    `messages` are for leaders and the agent who holds it; null for others.
    """

    causes: list[CauseShape]
    tries: list[AttemptShape]
    history: list[ReturnCallStepShape]
    messages: list[MessageShape] | None


class ReturnCallQuery(PageQuery, TotalQuery):
    """`overdue`: open and past the due time; `mine`: held by the requesting agent. `-` sorts the latest first."""

    sort: Literal["due_at", "-due_at", "created_at", "-created_at"] | None = None

    state: State | None = None
    open: bool | None = None
    source: Source | None = None
    agent: str | None = None
    line: str | None = None
    case: CaseNumber | None = None
    number: str | None = None
    overdue: bool = False
    mine: bool = False


class NewReturnCall(BaseModel):
    """`matter` is its subject, such as case:TS20261123-0001; a customer has one open return call for each."""

    number: str = Field(min_length=2, max_length=40)
    reason: str = Field(min_length=1, max_length=2000)
    matter: str = Field("", max_length=200)
    source: Literal["agent_promise", "answer_ready", "dialect", "supervisor", "requested", "message"] = "agent_promise"
    line: str | None = Field(None, max_length=40)
    case: CaseNumber | None = Field(None, max_length=40)
    call: CallId | None = Field(None, max_length=180)
    customer: CustomerId | None = Field(None, max_length=32)
    due_at: AwareDatetime | None = None
    promised: bool = False
    agent: str | None = Field(None, max_length=20)
    language: str | None = Field(None, max_length=50)


class RequestedReturnCall(BaseModel):
    """`joined`: the customer already had an open return call about this matter; the reason was added to it."""

    id: str
    joined: bool


class ClaimBody(BaseModel):
    """Leaders name the agent; agents claim for themselves."""

    agent: str | None = Field(None, max_length=20)


class WithdrawalBody(BaseModel):
    reason: str = Field(min_length=1, max_length=2000)


class ServedBody(BaseModel):
    """`call` is the incoming call in which the matter was settled."""

    call: CallId = Field(min_length=1, max_length=180)
    notes: str = Field("", max_length=4000)


class ScheduleBody(BaseModel):
    at: AwareDatetime
    reason: str = Field("", max_length=2000)
    promised: bool = True


class ResultBody(BaseModel):
    """`again_at`, with call_again: when the customer wants to be called."""

    result: Result = Field(strict=False)
    notes: str = Field("", max_length=4000)
    satisfaction: int | None = Field(None, ge=1, le=5)
    again_at: AwareDatetime | None = None
    evaluation: str | None = Field(None, max_length=32)
