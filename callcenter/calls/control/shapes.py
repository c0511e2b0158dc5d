"""The shape of an action on a call."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from callcenter.calls.control.model import Act, Outcome
from callcenter.calls.control.rows import CallActRow


class CallActShape(BaseModel):
    """What a person did on a live call. `outcome` is `unknown` where the PBX did not answer: look before you repeat."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    call: str
    act: Act
    agent: str | None
    by: str
    at: datetime
    reason: str
    outcome: Outcome

    @classmethod
    def of(cls, row: CallActRow) -> CallActShape:
        return cls.model_validate(row, strict=False)
