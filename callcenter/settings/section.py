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
    least_agents: int = Field(1, ge=0, le=1000)
    """D2, D5: how many agents a line without stated needs keeps at least when leave, a swap or a break is approved."""
    breaks_in_turn: bool = True
    """D5: an agent on duty goes on a break only while each of their lines keeps enough agents, else in turn."""
    break_minutes: dict[str, Annotated[int, Field(ge=1, le=1440)]] = {"break": 15, "meal": 45}
    """D6: the limit of each kind of break, by the reason of the pause."""
    break_grant_minutes: int = Field(5, ge=1, le=60)
    """A granted break that does not begin within this time lapses, and the next in turn goes."""
    break_notice_minutes: int = Field(2, ge=0, le=60)
    """D6: leaders are notified this long after a break has reached its limit."""
    handover_first: bool = True
    """H1: an agent on duty signs out only once the relief has signed the handover, or a leader lets them go."""
    phone_codes: bool = True
    """Agents sign in and out, and pause, by codes that they dial on their phones (*60 to *66)."""
    late_minutes: int = Field(5, ge=1, le=120)
    """D3: who comes later than this, or is signed out for longer during a shift, is on the list of attendance."""
    absent_minutes: int = Field(30, ge=1, le=1440)
    """D4: who has not come by then is absent, no longer late."""
    rest_hours: float = Field(11, ge=0, le=48)
    """A swap or a substitute with less rest between two days' work is marked."""
    week_hours: float = Field(44, ge=1, le=168)
    """A swap or a substitute with more hours in a week is marked (PRC Labour Law, article 36: 44 on average)."""
    run_days: int = Field(6, ge=1, le=42)
    """A plan with more days of work in a row is marked (PRC Labour Law, article 38: a day of rest every week)."""
    week_deadline: int = Field(5, ge=0, le=7)
    """D1: the weekday (1 is Monday) on which next week's roster is due; 0: no deadline."""
    month_deadline: int = Field(25, ge=0, le=28)
    """D1: the day of the month on which next month's plan is due; 0: no deadline."""
    deadline_time: time = time(17, 0)
    """D1: the local time at which rosters are due."""
    reminder_hours: tuple[Annotated[int, Field(ge=1, le=168)], ...] = (24, 2)
    """D1: planners are reminded this many hours before a roster is due, and when it is overdue."""


def _midnight(value: object) -> object:
    """`24:00` is the end of the day; `datetime.time` represents it as 00:00."""
    return time.min if isinstance(value, str) and value.strip() in ("24:00", "24:00:00") else value


ClosingTime = Annotated[time, BeforeValidator(_midnight)]


class RetentionSettings(Section):
    raw_event_days: int = Field(30, ge=1)
    """CEL and queue_log, both rows and the embedded PBX's rotated files; the call records built from them stay."""
    pbx_log_days: int = Field(14, ge=1)
    """The embedded PBX's rotated messages.log, in which numbers are masked."""
    call_quality_days: int = Field(365, ge=1)
    """How calls sounded, by interval, as the pages of the agents measured it."""
    audit_days: int = Field(1095, ge=1)
    """Audit entries; the chain of the remaining ones is still verified."""
    job_days: int = Field(30, ge=1)
    """Durable jobs that are done and PBX commands that are settled; abandoned jobs stay."""
