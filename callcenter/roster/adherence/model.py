"""Adherence and shrinkage from shifts, leave and presence. Pure.

Adherence is the share of an agent's planned time, without leave, in which they were signed in; an allowed break counts
as present. Shrinkage is the share of all planned time, leave included, in which they could take no calls: on leave,
signed out, or paused. It is what `GET /staffing` takes as `shrinkage`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from callcenter.agents.model import PresenceState
from callcenter.calls.reports.definitions import figure_value
from callcenter.roster.coverage import Away, merged, without
from callcenter.roster.model import Shift

Span = tuple[datetime, datetime]
Change = tuple[datetime, PresenceState]


@dataclass(frozen=True, slots=True)
class Adherence:
    """Seconds: on the roster, of those on leave, signed in, and paused while signed in.

    Of the time on the roster without leave `overtime` is overtime, and of that `overtime_present` signed in.
    """

    planned: float = 0.0
    leave: float = 0.0
    present: float = 0.0
    paused: float = 0.0
    overtime: float = 0.0
    overtime_present: float = 0.0

    def __add__(self, other: Adherence) -> Adherence:
        return Adherence(
            self.planned + other.planned,
            self.leave + other.leave,
            self.present + other.present,
            self.paused + other.paused,
            self.overtime + other.overtime,
            self.overtime_present + other.overtime_present,
        )

    @property
    def adherence(self) -> float | None:
        """None without planned time."""
        return figure_value("adherence", asdict(self))

    @property
    def shrinkage(self) -> float | None:
        """None without planned time."""
        return figure_value("shrinkage", asdict(self))


def adherence_of(
    shifts: Iterable[Shift], away: Iterable[Away], changes: Sequence[Change], start: datetime, end: datetime
) -> Adherence:
    """The seconds of one agent from `start` until `end`; two lines at once count once."""
    given = list(shifts)
    planned = _within(_spans(given), start, end)
    expected = _within(_spans(without(given, away)), start, end)
    spells = _spells(changes, end)
    here = signed_in(changes, end)
    paused = [span for span, state in spells if state is PresenceState.PAUSED]
    extra = _within(_spans(without((shift for shift in given if shift.overtime), away)), start, end)
    total, without_leave = _seconds(planned), _seconds(expected)
    return Adherence(
        planned=total,
        leave=total - without_leave,
        present=_seconds(common(expected, here)),
        paused=_seconds(common(expected, paused)),
        overtime=_seconds(extra),
        overtime_present=_seconds(common(extra, here)),
    )


def signed_in(changes: Sequence[Change], end: datetime) -> list[Span]:
    """When an agent was signed in, until `end`."""
    return [span for span, state in _spells(changes, end) if state is not PresenceState.SIGNED_OUT]


def common(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """The time that is in both."""
    return [(max(a, c), min(b, d)) for a, b in spans for c, d in others if max(a, c) < min(b, d)]


def _spans(shifts: Iterable[Shift]) -> list[Span]:
    return merged((shift.starts_at, shift.ends_at) for shift in shifts)


def _spells(changes: Sequence[Change], end: datetime) -> list[tuple[Span, PresenceState]]:
    ends = [*(at for at, _ in changes[1:]), end]
    return [((at, until), state) for (at, state), until in zip(changes, ends, strict=False) if until > at]


def _within(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    return [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]


def _seconds(spans: Iterable[Span]) -> float:
    return sum(((end - start) for start, end in spans), timedelta()).total_seconds()
