"""API schemas of signatures and delegations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.complaints.model import Case, Severity, State
from callcenter.complaints.signatures import model as signing
from callcenter.complaints.signatures.model import Place, Signature, Verdict
from callcenter.facts import CaseNumber
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


class SignBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: Annotated[str, Field(max_length=256)]
    """The person's own, asked for again: a signature is not given by a passer-by at an unlocked screen."""


class SendBackBody(SignBody):
    reason: Annotated[str, Field(max_length=5000)]
    goal: State


class SignatureShape(BaseModel):
    place: Place
    person: str
    name: str
    role: str
    at: datetime
    verdict: Verdict
    reason: str
    covers: str
    instead_of: str
    """The absent person for whom it was given under a recorded delegation; empty for the signer's own."""
    holds: bool
    """False once what was signed has been changed, or an earlier signature no longer holds."""


class SignaturesShape(BaseModel):
    chain: list[Place]
    next: Place | None
    signatures: list[SignatureShape]

    @classmethod
    def of(cls, case: Case, given: list[Signature]) -> SignaturesShape:
        held = signing.holding(case, given)
        shapes = [
            SignatureShape(
                holds=held.get(signature.place) is signature,
                **{name: getattr(signature, name) for name in Signature.__dataclass_fields__},
            )
            for signature in given
        ]
        places = list(signing.chain_for(case))
        return cls(chain=places, next=signing.next_place(case, given), signatures=shapes)


class SignatureDueShape(BaseModel):
    """A case that waits for a signature in this role."""

    case: CaseNumber
    place: Place
    state: State
    severity: Severity | None
    department: str
    opened_at: datetime

    @classmethod
    def of(cls, case: Case, place: Place) -> SignatureDueShape:
        facts = case.facts
        return cls(
            case=case.number,
            place=place,
            state=case.state,
            severity=facts.severity,
            department=facts.department,
            opened_at=case.opened_at,
        )
