"""The base class of every table of the settings file."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Section(BaseModel):
    """A table of the settings file; an unknown name is refused, because it would have no effect."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class RosterSettings(Section):
    """The roster (policy D1-D5)."""

    several_lines: bool = False
    """Whether an agent may be on duty for more than one line at the same hours."""


def _midnight(value: object) -> object:
    """`24:00` is the end of the day; `datetime.time` represents it as 00:00."""
    return time.min if isinstance(value, str) and value.strip() in ("24:00", "24:00:00") else value


ClosingTime = Annotated[time, BeforeValidator(_midnight)]


class RetentionSettings(Section):
    raw_event_days: int = Field(30, ge=1)
    """CEL and queue_log, both rows and the embedded PBX's rotated files; the call records built from them stay."""
    pbx_log_days: int = Field(14, ge=1)
    """The embedded PBX's rotated messages.log, in which numbers are masked."""
    audit_days: int = Field(1095, ge=1)
    """Audit entries; the chain of the remaining ones is still verified."""
    job_days: int = Field(30, ge=1)
    """Durable jobs that are done and PBX commands that are settled; abandoned jobs stay."""
