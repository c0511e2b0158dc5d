"""Checks which hours of which agents are taken: the same rule for one shift and for a month of them. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from datetime import datetime

from callcenter.facts import LineCode
from callcenter.roster.errors import ShiftOverlaps, ShiftOverlapsElsewhere
from callcenter.roster.model import LONGEST, Shift


class TakenHours:
    """`several_lines`: an agent may be on more than one line in the same hours."""

    def __init__(self, shifts: Iterable[Shift] = (), *, several_lines: bool = False) -> None:
        self._several_lines = several_lines
        self._held: dict[str, list[tuple[datetime, datetime, LineCode, int]]] = {}
        self._same: set[tuple[str, str, datetime, datetime]] = set()
        for shift in shifts:
            self.take(shift)

    def take(self, shift: Shift) -> None:
        held = (shift.starts_at, shift.ends_at, shift.line, shift.id)
        insort(self._held.setdefault(shift.agent, []), held)
        if not shift.overtime:
            self._same.add((shift.agent, shift.line, shift.starts_at, shift.ends_at))

    def has(self, shift: Shift) -> bool:
        """Whether exactly this shift exists, not as overtime; a repeated import is idempotent."""
        return (shift.agent, shift.line, shift.starts_at, shift.ends_at) in self._same

    def check(self, shift: Shift) -> None:
        """Raises ShiftOverlaps on the same line, ShiftOverlapsElsewhere on another; the shift itself is ignored."""
        others = self._held.get(shift.agent, [])
        # No shift is longer than a day, so one that began more than a day earlier is over.
        for place in range(bisect_left(others, (shift.starts_at - LONGEST,)), len(others)):
            starts_at, ends_at, line, id = others[place]
            if starts_at >= shift.ends_at:
                return
            if ends_at <= shift.starts_at or (shift.id and id == shift.id):
                continue
            if line != shift.line and self._several_lines:
                continue
            raise _overlaps(shift, Shift(shift.agent, line, starts_at, ends_at, id))


def _overlaps(shift: Shift, other: Shift) -> ShiftOverlaps:
    if other.line == shift.line:
        kind, why = ShiftOverlaps, "this agent is on this line at that time already"
    else:
        kind, why = ShiftOverlapsElsewhere, "this agent is on another line at that time"
    return kind(
        why,
        agent=shift.agent,
        line=other.line,
        shift=other.id,
        starts_at=other.starts_at.isoformat(),
        ends_at=other.ends_at.isoformat(),
    )
