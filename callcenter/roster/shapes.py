"""Shapes that several routes of the roster share."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.effects import Effect
from callcenter.roster.rows import RosterStepRow


class ShortageShape(BaseModel):
    """A line has `on_duty` agents where it needs `required`; `before` is how many it has without the change."""

    model_config = ConfigDict(from_attributes=True)

    line: str
    starts_at: datetime
    ends_at: datetime
    required: int
    on_duty: int
    before: int


class StrainShape(BaseModel):
    """A limit that an agent's hours would break: `short_rest` or `long_week`, with the hours that they would have."""

    model_config = ConfigDict(from_attributes=True)

    agent: str
    rule: str
    at: datetime
    hours: float


class EffectShape(BaseModel):
    """What approving would do: where too few agents would be left, and whose hours would break a limit."""

    shortages: list[ShortageShape]
    strains: list[StrainShape]

    @classmethod
    def of(cls, effect: Effect) -> EffectShape:
        return cls(
            shortages=[ShortageShape.model_validate(shortage) for shortage in effect.shortages],
            strains=[StrainShape.model_validate(strain) for strain in effect.strains],
        )


class RosterStepShape(BaseModel):
    """A step of the history, with the name as it was at that time."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    event: str
    state: str
    by_name: str
    reason: str

    @classmethod
    def of(cls, row: RosterStepRow) -> RosterStepShape:
        return cls.model_validate(row)


class RequestDecisionBody(BaseModel):
    """`despite_shortage` accepts that a line would have fewer agents than it needs; it takes a reason."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=1000)
    despite_shortage: bool = False
