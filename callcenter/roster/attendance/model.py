"""Compares when an agent was signed in with when they were on duty. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.roster.coverage import merged
from callcenter.roster.model import Shift

MINUTE: Final = timedelta(minutes=1)


class FindingKind(StrEnum):
    LATE = "late"
    ABSENT = "absent"
    LEFT = "left_post"
    """Signed out during a shift, for a while or for the rest of it."""
    OVER_BREAK = "over_break"
    MEALTIME = "mealtime"
    """Nobody of a line at the desk while at least one was at a meal: of each agent who was on duty (D5, D7)."""


@dataclass(frozen=True, slots=True)
class AttendanceRules:
    """`grace`: shorter absences are no finding; `absent`: who has not come by then is absent, no longer late."""

    grace: timedelta = timedelta(minutes=5)
    absent: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Sighting:
    """From `at` on the agent was signed in, or was not."""

    at: datetime
    signed_in: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Evidence about attendance: away from `at` until `until` (None: still, or for the rest of the shift).

    `id` stays the same while the evidence grows, so that late may become absent and an end may follow.
    """

    id: str
    kind: FindingKind
    agent: str
    lines: tuple[str, ...]
    shift_from: datetime
    shift_until: datetime
    at: datetime
    until: datetime | None
    minutes: int


def findings(
    agent: str, shifts: Iterable[Shift], sightings: Sequence[Sighting], now: datetime, rules: AttendanceRules
) -> list[Finding]:
    """What the agent's presence shows against their duty, `shifts` without the parts in which they were on leave.

    `sightings` are in order of time; before the first the agent was signed out.
    """
    own = [shift for shift in shifts if shift.agent == agent]
    result = []
    for starts_at, ends_at in merged((shift.starts_at, shift.ends_at) for shift in own):
        if starts_at >= now:
            continue
        here = {shift.line for shift in own if shift.starts_at < ends_at and shift.ends_at > starts_at}
        span = _Span(agent, tuple(sorted(here)), starts_at, ends_at, now, rules)
        result += span.findings(_gaps(sightings, starts_at, min(ends_at, now)))
    return result


def _gaps(sightings: Sequence[Sighting], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The periods between `start` and `end` in which the agent was not signed in."""
    gaps: list[tuple[datetime, datetime]] = []
    out_since: datetime | None = start
    for sighting in sightings:
        if sighting.at >= end:
            break
        if sighting.signed_in and out_since is not None:
            if sighting.at > out_since:
                gaps.append((out_since, sighting.at))
            out_since = None
        elif not sighting.signed_in and out_since is None:
            out_since = max(sighting.at, start)
    if out_since is not None and out_since < end:
        gaps.append((out_since, end))
    return gaps


@dataclass(frozen=True, slots=True)
class _Span:
    agent: str
    lines: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    now: datetime
    rules: AttendanceRules

    def findings(self, gaps: Sequence[tuple[datetime, datetime]]) -> list[Finding]:
        last = min(self.ends_at, self.now)
        result = []
        for begins, ends in gaps:
            back = None if ends == last else ends
            length = ends - begins
            if begins > self.starts_at:
                if length > self.rules.grace:
                    result.append(self._finding(FindingKind.LEFT, f"left:{self.agent}", begins, back, length))
                continue
            never_came = back is None and (length >= self.rules.absent or self.now >= self.ends_at)
            if never_came and length > self.rules.grace:
                result.append(self._finding(FindingKind.ABSENT, f"arrival:{self.agent}", begins, None, length))
            elif length > self.rules.grace:
                result.append(self._finding(FindingKind.LATE, f"arrival:{self.agent}", begins, back, length))
        return result

    def _finding(
        self, kind: FindingKind, name: str, at: datetime, until: datetime | None, length: timedelta
    ) -> Finding:
        return Finding(
            id=f"{name}:{at.isoformat()}",
            kind=kind,
            agent=self.agent,
            lines=self.lines,
            shift_from=self.starts_at,
            shift_until=self.ends_at,
            at=at,
            until=until,
            minutes=length // MINUTE,
        )
