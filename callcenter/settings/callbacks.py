"""Settings of return calls."""

from __future__ import annotations

from datetime import time

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from callcenter.settings.paper import FormSettings as FormSettings
from callcenter.settings.section import ClosingTime, Section
from callcenter.settings.section import RetentionSettings as RetentionSettings


class CallbackSettings(Section):
    """Return calls (policy F1-F4, R4, R8, R9). Times of day are the customer's own."""

    opens: time = time(9, 0)
    closes: ClosingTime = time(20, 0)
    """Later than `opens`, on the same day; 24:00 for the end of the day. 00:00 to 24:00 never closes."""
    regions: dict[str, tuple[time, ClosingTime]] = {}
    """Different hours by the ISO region of the number, such as HK = ["10:00", "21:00"]."""
    outcomes: tuple[str, ...] = ("abandoned", "closed", "message_left", "callback_requested", "overflowed")
    """The outcomes of incoming calls that create a return call."""
    lines: dict[str, tuple[str, ...]] = {}
    """The same for single lines, by line code; an empty list creates none."""
    short_abandon_seconds: float = Field(5.0, ge=0)
    """A caller who hangs up within this time is taken to have misdialled."""
    max_attempts: int = Field(3, ge=1, le=20)
    backoff_minutes: dict[str, tuple[int, ...]] = {
        "busy": (10, 30, 60),
        "no_answer": (60, 180, 1440),
        "voicemail": (180, 1440),
        "wrong_number": (1440,),
        "failed": (15, 60),
        "unsaid": (60,),
    }
    due_minutes: dict[str, int] = {"abandoned": 60, "requested": 0, "closed_hours": 120, "survey": 2880}
    """Target time by source when the customer was promised none; 240 for sources not listed."""
    usual_due_minutes: int = Field(240, ge=0)
    lease_minutes: float = Field(10.0, gt=0)
    """How long an agent may prepare before the claim expires and the return call goes back to the queue."""
    result_minutes: float = Field(30.0, gt=0)
    """How long after the call the agent may record the result; then the return call goes back as `unsaid`."""
    ring_seconds: int = Field(45, ge=5, le=300)
    """How long the customer's phone rings before the attempt ends."""
    lost_seconds: float = Field(90.0, ge=1)
    """A dialled call without a trace on the PBX after this time counts as never sent."""
    most_waiting: int = Field(0, ge=0)
    least_free: int = Field(1, ge=0)
    urgent_before_minutes: int = Field(5, ge=0)
    urgent_after_minutes: int = Field(240, ge=0)
    urgent_most_waiting: int | None = None
    aged_after_minutes: int = Field(30, ge=0)
    """A return call overdue by this much is dialled even while callers wait ..."""
    aged_share: float = Field(0.2, ge=0, le=1)
    """... by this share of the agents signed in, at least one; with 0 it waits until it is urgent."""
    owner_first_minutes: int = Field(30, ge=0)
    vip_team: tuple[str, ...] = ()
    least_dialect_level: int = Field(2, ge=1, le=5)
    dial_as: str = Field("national", pattern="^(national|e164)$")
    """The format in which the carrier expects the customer's number."""
    tick_seconds: float = Field(5.0, gt=0)

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> CallbackSettings:
        for opens, closes in ((self.opens, self.closes), *self.regions.values()):
            if closes != time.min and not opens < closes:
                raise PydanticCustomError("bad_calling_hours", "the hours of calling open before they close")
        return self
