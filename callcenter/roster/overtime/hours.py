"""The hours of an overtime for the payroll: on the roster and signed in, by the kind of day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from callcenter.kit.pay_days import PaidSeconds, PayDays, by_pay_day
from callcenter.roster.adherence.model import Change, common, signed_in
from callcenter.roster.coverage import Away, without
from callcenter.roster.model import Shift


@dataclass(frozen=True, slots=True)
class Paid:
    """Seconds, and the same by the kind of day; None where the calendar does not know a day."""

    seconds: float = 0.0
    by_day: PaidSeconds | None = field(default_factory=PaidSeconds)

    def __add__(self, other: Paid) -> Paid:
        seconds = self.seconds + other.seconds
        if self.by_day is None or other.by_day is None:
            return Paid(seconds, None)
        return Paid(seconds, self.by_day + other.by_day)


@dataclass(frozen=True, slots=True)
class OvertimeHours:
    """On the roster without leave, and of that signed in; None while it is not over."""

    planned: Paid
    present: Paid | None


def hours_of(
    shift: Shift, away: Iterable[Away], changes: Sequence[Change], now: datetime, kind: PayDays, zone: tzinfo
) -> OvertimeHours:
    """The hours of one overtime; `changes` are those of its agent's presence."""
    planned = [(part.starts_at, part.ends_at) for part in without([shift], away)]
    paid = _paid(planned, kind, zone)
    if shift.ends_at > now:
        return OvertimeHours(paid, None)
    return OvertimeHours(paid, _paid(common(planned, signed_in(changes, shift.ends_at)), kind, zone))


def _paid(spans: Sequence[tuple[datetime, datetime]], kind: PayDays, zone: tzinfo) -> Paid:
    seconds = sum((end - start).total_seconds() for start, end in spans)
    return Paid(seconds, by_pay_day(spans, kind, zone))
