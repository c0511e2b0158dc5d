"""API schemas of delegations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.web.roles import PERSON_ID


class DelegationBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    absent: Annotated[str, Field(max_length=32, description=f"the absent signer: {PERSON_ID}")]
    to: Annotated[str, Field(max_length=32, description=f"the delegate: {PERSON_ID}")]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class DelegationShape(BaseModel):
    """`absent`, `to` and `recorded_by` are person ids."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    absent: str
    to: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    recorded_by: str
    recorded_at: datetime
