"""Model of shifts: who is on duty for which line, when that changes, and where staff is short (policy D1, D2). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.errors import BadLocalTime, BadRange, ShiftEndsBeforeStart, ShiftInThePast, ShiftTooLong

LONGEST: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Shift:
    """An agent's duty on a line from `starts_at` until just before `ends_at`; aware instants.

    `id` is 0 before the shift is stored; `overtime` marks what an agent works beside their shifts.
    """

    agent: AgentNumber
    line: LineCode
    starts_at: datetime
    ends_at: datetime
    id: int = 0
    overtime: bool = field(default=False, compare=False)

    def covers(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at

    def overlaps(self, other: Shift) -> bool:
        """Whether both put the same agent on the same line at one instant; adjacent shifts do not overlap."""
        same = (self.agent, self.line) == (other.agent, other.line)
        return same and self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Gap:
    """A period with fewer agents on a line than required; `short` is how many are missing."""

    starts_at: datetime
    ends_at: datetime
    on_duty: int
    short: int


def check_shift(shift: Shift) -> Shift:
    """Return the shift in UTC; raises BadLocalTime, ShiftEndsBeforeStart or ShiftTooLong (more than 24 hours)."""
    start, end = _instant(shift.starts_at), _instant(shift.ends_at)
    if end <= start:
        raise ShiftEndsBeforeStart("a shift ends after its start", agent=shift.agent[:40], line=shift.line[:40])
    if end - start > LONGEST:
        raise ShiftTooLong("a shift lasts 24 hours at most", agent=shift.agent[:40], line=shift.line[:40])
    return replace(shift, starts_at=start, ends_at=end)


def check_to_come(shift: Shift, now: datetime) -> Shift:
    """Return the checked shift; raises ShiftInThePast when it is already over."""
    checked = check_shift(shift)
    if checked.ends_at <= now:
        raise ShiftInThePast("this shift is over already", ends_at=checked.ends_at.isoformat())
    return checked


def duty_at(shifts: Iterable[Shift], at: datetime) -> dict[LineCode, set[AgentNumber]]:
    """Line code -> numbers of the agents whose shift covers the instant; lines without agents are left out."""
    agents: dict[LineCode, set[AgentNumber]] = defaultdict(set)
    for shift in shifts:
        if shift.covers(at):
            agents[shift.line].add(shift.agent)
    return dict(agents)


def next_change(shifts: Iterable[Shift], at: datetime) -> datetime | None:
    """The first instant after `at` at which a duty begins or ends."""
    edges = (edge for shift in shifts for edge in (shift.starts_at, shift.ends_at))
    return min((edge for edge in edges if edge > at), default=None)


def gaps(shifts: Iterable[Shift], line: LineCode, start: datetime, end: datetime, minimum: int) -> list[Gap]:
    """Return where fewer than `minimum` different agents are on the line between `start` and `end` (policy D2).

    Adjacent periods with the same number of agents are one gap.
    """
    if end <= start:
        raise BadRange("the range ends after its start")
    here = [shift for shift in shifts if shift.line == line and shift.starts_at < end and shift.ends_at > start]
    edges = {edge for shift in here for edge in (shift.starts_at, shift.ends_at) if start < edge < end}
    marks = [start, *sorted(edges), end]
    result: list[Gap] = []
    for begins, ends in pairwise(marks):
        count = len({shift.agent for shift in here if shift.covers(begins)})
        if count >= minimum:
            continue
        if result and result[-1].ends_at == begins and result[-1].on_duty == count:
            begins = result.pop().starts_at
        result.append(Gap(begins, ends, count, minimum - count))
    return result


def instant_of(moment: datetime, zone: str | None) -> datetime:
    """Return the UTC instant of an aware time, or of a wall-clock time in the IANA zone `zone`.

    Raises BadLocalTime for a wall-clock time without a zone, in an unknown zone, or one that a clock change skips or
    repeats: then an offset must be given, because a guess may be an hour off.
    """
    if moment.tzinfo is not None:
        return _instant(moment)
    if not zone:
        raise BadLocalTime("a time needs an offset such as +08:00, or a time zone beside it", fault="no_offset")
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadLocalTime("not a time zone such as Asia/Shanghai", timezone=zone[:60], fault="unknown_zone") from error
    try:
        earlier = moment.replace(tzinfo=place, fold=0).astimezone(UTC)
        later = moment.replace(tzinfo=place, fold=1).astimezone(UTC)
    except OverflowError as error:
        raise BadLocalTime("this time is outside of the calendar", fault="outside") from error
    if earlier != later:
        twice = earlier.astimezone(place).replace(tzinfo=None) == moment
        why = "comes twice" if twice else "does not exist"
        detail = f"this time {why} there, because the clocks change; give an offset"
        raise BadLocalTime(detail, timezone=zone, fault="twice" if twice else "skipped")
    return earlier


def _instant(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise BadLocalTime("a time needs an offset such as +08:00, or a time zone beside it", fault="no_offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise BadLocalTime("this time is outside of the calendar", fault="outside") from error
