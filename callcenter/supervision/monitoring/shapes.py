"""The shape of a supervisor on a call."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from callcenter.supervision.monitoring.model import Mode, Supervision, SupervisionState


class SupervisionShape(BaseModel):
    """`supervisor` is the agent number whose `phone` was called; while that phone rings, `state` is `calling`."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    call: str
    agent: str
    by: str
    supervisor: str
    phone: str
    mode: Mode
    state: SupervisionState
    since: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, supervision: Supervision) -> SupervisionShape:
        return cls.model_validate(supervision, strict=False)
