"""Decides which failures become alarms, and when an alarm ends (R7). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class AlarmKind(StrEnum):
    PBX = "pbx"
    DATABASE = "database"
    DISK = "disk"
    TRUNK = "trunk"
    PHONE = "phone"
    SERVICE = "service"


class CallsNow(StrEnum):
    """What the failure does to the calls in progress; `unknown` until it can be known."""

    GOING_ON = "going_on"
    CUT = "cut"
    UNKNOWN = "unknown"


Key = tuple[AlarmKind, str]
GRACE: Final[Mapping[AlarmKind, timedelta]] = {
    # The link reconnects within a second or two after a hiccup.
    AlarmKind.PBX: timedelta(seconds=2),
    # A phone that restarts registers again within seconds.
    AlarmKind.PHONE: timedelta(seconds=4),
}
"""How long a failure must last before it is an alarm; other kinds at once. The notification follows within 10 s."""
SEPARATE: Final = frozenset({AlarmKind.TRUNK})
"""Kinds whose causes are failures of their own: a carrier that answers again may refuse the registration."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something is out of order at this instant; `subject` is which one, `cause` a code."""

    kind: AlarmKind
    subject: str
    cause: str
    calls: CallsNow

    @property
    def key(self) -> Key:
        return self.kind, self.subject


@dataclass(frozen=True, slots=True)
class Alarm:
    """`since` is when the failure was first seen; `notices` are the attempts to notify people, with their results."""

    id: str
    kind: AlarmKind
    subject: str
    cause: str
    calls: CallsNow
    since: datetime
    raised_at: datetime
    ended_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    note: str = ""

    @property
    def key(self) -> Key:
        return self.kind, self.subject


@dataclass(frozen=True, slots=True)
class Judged:
    """`pending` are failures within their grace period, with the instant when each was first seen."""

    pending: Mapping[Key, datetime]
    raised: tuple[tuple[Trouble, datetime], ...]
    ended: tuple[Alarm, ...]


def judge(
    open_alarms: Mapping[Key, Alarm], pending: Mapping[Key, datetime], troubles: Iterable[Trouble], now: datetime
) -> Judged:
    """Compare the current failures with the open alarms."""
    present = {trouble.key: trouble for trouble in troubles}
    lasting = {key for key, alarm in open_alarms.items() if key in present and _same(alarm, present[key])}
    seen = {key: min(pending.get(key, now), now) for key in present if key not in lasting}
    due = {key for key, since in seen.items() if now - since >= GRACE.get(key[0], timedelta())}
    return Judged(
        {key: since for key, since in seen.items() if key not in due},
        tuple((present[key], since) for key, since in seen.items() if key in due),
        tuple(alarm for key, alarm in open_alarms.items() if key not in lasting),
    )


def _same(alarm: Alarm, trouble: Trouble) -> bool:
    """Whether the failure is still the one of the alarm."""
    return alarm.kind not in SEPARATE or alarm.cause == trouble.cause
