"""The numbers of the centre's rules."""

from __future__ import annotations

from pydantic import (
    Field,
)

from callcenter.settings.paper import FormSettings as FormSettings
from callcenter.settings.section import RetentionSettings as RetentionSettings
from callcenter.settings.section import Section


class PolicySettings(Section):
    """The numbers of the house rules; each is a default and never a constant in the code."""

    version: str = "2026-11"
    ring_limit: int = Field(3, ge=1, le=20)
    """R1: the phone is answered by this ring."""
    cadence_country: str = "cn"
    """R1: whose ring; a line may name another country (calls/ring.py has the table)."""
    move_on_at_ring: int = Field(4, ge=1, le=60)
    """R1: at the start of this ring the call goes to the next agent."""
    misses_before_pause: int = Field(2, ge=0)
    """R1: a phone silent this many times in a row is paused; 0 never pauses."""
    wrap_up_seconds: int = Field(15, ge=0)
    long_call_seconds: int = Field(600, ge=0)
    """R6: a soft limit that is shown, not enforced; where a line has calls enough, nine tenths of them say it."""
    usual_days: int = Field(30, ge=1, le=366)
    """R6: the line's usual length is that of calls of the last so many days ..."""
    usual_calls: int = Field(500, ge=1, le=10_000)
    """... the newest so many of them at most ..."""
    usual_least: int = Field(30, ge=1)
    """... and unknown with fewer than these."""
    script_grace_seconds: float = Field(30.0, ge=0)
    """R5: an agent may hang up first once the follow-up script is ended; it may be ended so long after the call."""
    word_hours: float = Field(72.0, ge=0)
    """R5: so long after a call a supervisor may still say that the agent was right to end it."""
    answer_within_seconds: int = Field(15, ge=1)
    """S1: the service level's threshold (GB/T 33358: 15 s)."""
    announcements_first: bool = False
    """Refuse to sign agents in while an announcement that must be read is unread (H2); else they are only shown."""
