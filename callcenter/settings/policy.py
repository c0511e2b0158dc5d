"""The limits of the centre's rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from callcenter.settings.paper import FormSettings as FormSettings
from callcenter.settings.section import RetentionSettings as RetentionSettings
from callcenter.settings.section import Section


class PolicySettings(Section):
    """The limits of the centre's rules; each is a default, never a constant in the code."""

    version: str = "2026-11"
    ring_limit: int = Field(3, ge=1, le=20)
    """R1: the phone is answered by this ring."""
    cadence_country: str = "cn"
    """R1: the country whose ring cadence applies; a line may name another one (calls/ring.py has the table)."""
    move_on_at_ring: int = Field(4, ge=1, le=60)
    """R1: at the start of this ring the call goes to the next agent."""
    misses_before_pause: int = Field(2, ge=0)
    """R1: a phone that is not answered this many times in a row is paused; 0 never pauses."""
    wrap_up_seconds: int = Field(15, ge=0)
    priority_seconds: int = Field(30, ge=0, le=3_600)
    """R11: each point of a priority lets callers go ahead as if they had called so many seconds earlier."""
    rung_seconds: int = Field(5, ge=0, le=600)
    """R8: so long speakers of a caller's dialect have the call alone, then those of its group; R1 shortens it."""
    own_agent_days: int = Field(30, ge=1, le=366)
    """For so many days the agent who spoke with a caller last is rung first, on lines with `own_agent_seconds`."""
    long_call_seconds: int = Field(600, ge=0)
    """R6: a soft limit, shown and not enforced; a line with enough calls uses the 90th percentile of their length."""
    usual_days: int = Field(30, ge=1, le=366)
    """R6: the line's usual length is computed from the calls of this many days ..."""
    usual_calls: int = Field(500, ge=1, le=10_000)
    """... from at most this many of the newest ..."""
    usual_least: int = Field(30, ge=1)
    """... and is unknown with fewer than this."""
    script_grace_seconds: float = Field(30.0, ge=0)
    """R5: an agent may hang up first once the script has ended; it may be ended this long after the call."""
    word_hours: float = Field(72.0, ge=0)
    """R5: how long after a call a supervisor may still confirm that the agent was right to end it."""
    answer_within_seconds: int = Field(15, ge=1)
    """S1: the service level's threshold (GB/T 33358: 15 s)."""
    deductions: dict[str, Annotated[float, Field(ge=0, le=10_000)]] = {
        "rude_complaint": 5,
        "left_post": 20,
        "absent": 30,
        "mealtime": 5,
        "late": 0,
        "over_break": 0,
        "R1": 0,
        "R5": 0,
        "C1": 0,
        "C2": 0,
    }
    """D7: what a violation deducts, in yuan; 0 is on record without a deduction, and others are not proposed."""
    supervision_notice: Literal["always", "spoken", "never"] = "always"
    """S1: when agents see that a supervisor is on their call: always, once the supervisor speaks, or never."""
    announcements_first: bool = False
    """Refuse to sign agents in while a mandatory announcement is unread (H2); otherwise it is only shown."""
