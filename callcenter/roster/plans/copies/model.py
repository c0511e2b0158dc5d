"""Copies a shift to a later day at the same wall-clock times, also over a change of the clocks (policy D1). Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from callcenter.facts import AgentNumber
from callcenter.roster.model import LONGEST, Shift
from callcenter.roster.needs.model import DAY
from callcenter.roster.patterns.model import shift_near
from callcenter.roster.plans.model import Entry

Names = Mapping[tuple[int, int], str]
"""The codes of the shift patterns, by their first and last minute."""


class CopyFault(StrEnum):
    CLOCK_CHANGE = "clock_change"
    """The clocks skip or repeat a time of the shift; it begins or ends at the nearest instant."""
    LENGTH = "length"
    """The change of the clocks leaves nothing of the shift, or makes it longer than a shift may be."""
    AGENT = "agent"
    """The agent no longer works here."""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A shift that the draft does not have as it was: `entry` is what it has instead, None where it is left out.

    From minute `start` of the local day until minute `end`, as in the shift that was copied.
    """

    agent: AgentNumber
    day: date
    start: int
    end: int
    fault: CopyFault
    entry: Entry | None = None


def copy_of(
    shift: Shift, back: timedelta, names: Names, zone: ZoneInfo, gone: Collection[str] = ()
) -> Entry | Adjusted:
    """The shift as an entry so many days later, or what became of it: its agent is `gone`, or the clocks change."""
    begins, ends = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    start = begins.hour * 60 + begins.minute
    end = (ends.date() - begins.date()).days * DAY + ends.hour * 60 + ends.minute
    day = begins.date() + back
    if shift.agent in gone:
        return Adjusted(shift.agent, day, start, end, CopyFault.AGENT)
    if not back:
        return Entry(shift.agent, day, shift.starts_at, shift.ends_at, names.get((start, end), ""))
    copied, exact = shift_near(day, start, end, shift.agent, shift.line, zone)
    if not timedelta() < copied.ends_at - copied.starts_at <= LONGEST:
        return Adjusted(shift.agent, day, start, end, CopyFault.LENGTH)
    entry = Entry(shift.agent, day, copied.starts_at, copied.ends_at, names.get((start, end), "") if exact else "")
    return entry if exact else Adjusted(shift.agent, day, start, end, CopyFault.CLOCK_CHANGE, entry)
