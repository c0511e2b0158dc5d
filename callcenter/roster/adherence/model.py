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
from callcenter.roster.handover.model import OVERSTAY
from callcenter.roster.model import Shift

Span = tuple[datetime, datetime]
Change = tuple[datetime, PresenceState]


@dataclass(frozen=True, slots=True)
class Adherence:
    """Seconds: on the roster, of those on leave, signed in, and paused while signed in.

    Of the time on the roster without leave `overtime` is overtime, and of that `overtime_present` signed in. `stayed`
    is beside all that: signed in without a break from the end of a shift on, for some hours at most. Nobody asked for
    that time, so it is neither overtime nor a violation.
    """

    planned: float = 0.0
    leave: float = 0.0
    present: float = 0.0
    paused: float = 0.0
    overtime: float = 0.0
    overtime_present: float = 0.0
    stayed: float = 0.0

    def __add__(self, other: Adherence) -> Adherence:
        return Adherence(
            self.planned + other.planned,
            self.leave + other.leave,
            self.present + other.present,
            self.paused + other.paused,
            self.overtime + other.overtime,
            self.overtime_present + other.overtime_present,
            self.stayed + other.stayed,
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


def stayed_seconds(
    shifts: Iterable[Shift], all_shifts: Iterable[Shift], changes: Sequence[Change], start: datetime, end: datetime
) -> float:
    """How long one agent stayed after these shifts, within the time; `all_shifts` are theirs on every line.

    From the end of a shift until they signed out or their next shift began, and OVERSTAY at most: who forgot to sign
    out did not work all night. Who was signed out at the end of the shift came back for something else.
    """
    spells = merged(signed_in(changes, end))
    planned = _spans(all_shifts)
    ends = {shift.ends_at for shift in shifts} & {until for _, until in planned}
    stays: list[Span] = []
    for ended in ends:
        left = next((until for since, until in spells if since < ended < until), ended)
        following = min((begins for begins, _ in planned if begins > ended), default=left)
        stays.append((ended, min(left, following, ended + OVERSTAY)))
    return _seconds(_within(stays, start, end))


def _spans(shifts: Iterable[Shift]) -> list[Span]:
    return merged((shift.starts_at, shift.ends_at) for shift in shifts)


def _spells(changes: Sequence[Change], end: datetime) -> list[tuple[Span, PresenceState]]:
    ends = [*(at for at, _ in changes[1:]), end]
    return [((at, until), state) for (at, state), until in zip(changes, ends, strict=False) if until > at]


def _within(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    return [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]


def _seconds(spans: Iterable[Span]) -> float:
    return sum(((end - start) for start, end in spans), timedelta()).total_seconds()
