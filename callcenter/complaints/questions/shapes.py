"""The shapes of questions to departments and of referrals by outside bodies over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.facts import CaseNumber
from callcenter.web.roles import PERSON_ID


class QuestionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=20_000)]
    responsible: Annotated[str, Field(max_length=32, description=PERSON_ID)]
    due_at: AwareDatetime
    promised_at: AwareDatetime | None = None
    checked: bool = True


class CaseAnswerBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=20_000)]


class CaseQuestionShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    case: CaseNumber
    text: str
    checked: bool
    responsible: str
    due_at: datetime
    promised_at: datetime | None
    asked_by: str
    asked_at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class ReferralBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    body: Annotated[str, Field(max_length=200)]
    reference: Annotated[str, Field(max_length=100)] = ""
    text: Annotated[str, Field(max_length=20_000)]
    received_at: AwareDatetime
    due_at: AwareDatetime


class ReferralShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    body: str
    reference: str
    text: str
    received_at: datetime
    due_at: datetime
    answer: str | None
    answered_at: datetime | None
