"""Plans of a line's roster: their days, their entries, and how they differ from the roster (policy D1, D2). Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import zip_longest
from typing import Final, TypeAlias

from callcenter.errors import IllegalTransition
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.errors import BadLocalTime, BadPlan
from callcenter.roster.model import Shift, instant_of

LONGEST_DAYS: Final = 42
MOST_ENTRIES: Final = 10_000


class PlanState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class PlanEvent(StrEnum):
    EDIT = "edit"
    PUBLISH = "publish"
    DISCARD = "discard"
    HAND_OVER = "hand_over"


TRANSITIONS: Final[dict[PlanState, dict[PlanEvent, PlanState]]] = {
    PlanState.DRAFT: {
        PlanEvent.EDIT: PlanState.DRAFT,
        PlanEvent.PUBLISH: PlanState.PUBLISHED,
        PlanEvent.DISCARD: PlanState.DISCARDED,
    },
    PlanState.PUBLISHED: {PlanEvent.HAND_OVER: PlanState.PUBLISHED},
    PlanState.DISCARDED: {},
}


def after(state: PlanState, event: PlanEvent) -> PlanState:
    """The state that follows. Raises IllegalTransition."""
    if event not in TRANSITIONS[state]:
        raise IllegalTransition("roster_plan", state.value, event.value, TRANSITIONS[state])
    return TRANSITIONS[state][event]


@dataclass(frozen=True, slots=True)
class Days:
    """The local days of a plan, both included."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=day) for day in range(len(self)))

    def __len__(self) -> int:
        return max(0, (self.last - self.first).days + 1)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def span(self, zone: str) -> tuple[datetime, datetime]:
        """The instants from the beginning of the first day until just after the last one."""
        return midnight(self.first, zone), midnight(self.last + timedelta(days=1), zone)


def midnight(day: date, zone: str) -> datetime:
    """The beginning of a local day; where a clock change skips midnight, the first instant of the day."""
    for minute in range(0, 181, 15):
        try:
            return instant_of(datetime.combine(day, time(minute // 60, minute % 60)), zone)
        except BadLocalTime:
            continue
    raise AssertionError(f"no instant of {day} in {zone}")


def check_days(days: Days) -> Days:
    """Return the days; raises BadPlan."""
    if not 1 <= len(days) <= LONGEST_DAYS:
        raise BadPlan(f"a plan has from 1 to {LONGEST_DAYS} days", fault="days", days=LONGEST_DAYS)
    return days


@dataclass(frozen=True, slots=True)
class Entry:
    """One shift of a plan; `pattern` is empty for times of its own, `fixed` ones the planner leaves as they are."""

    agent: AgentNumber
    day: date
    starts_at: datetime
    ends_at: datetime
    pattern: str = ""
    fixed: bool = False

    def shift(self, line: LineCode) -> Shift:
        return Shift(self.agent, line, self.starts_at, self.ends_at)


class DifferenceKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Difference:
    """A shift that publishing adds, removes, or moves to other times of the same day."""

    kind: DifferenceKind
    agent: AgentNumber
    before: Shift | None = None
    after: Shift | None = None

    @property
    def at(self) -> datetime:
        shift = self.before or self.after
        assert shift is not None
        return shift.starts_at


Place: TypeAlias = tuple[str, date]
Pair: TypeAlias = tuple[list[Shift], list[Shift]]


def differences(present: Sequence[Shift], planned: Sequence[Shift], zone: tzinfo) -> list[Difference]:
    """How the planned shifts of a line differ from the present ones, by agent and start."""
    same = {_times(shift) for shift in present} & {_times(shift) for shift in planned}
    days: dict[Place, Pair] = {_place(shift, zone): ([], []) for shift in (*present, *planned)}
    for side, shifts in enumerate((present, planned)):
        for shift in sorted(shifts, key=_times):
            if _times(shift) not in same:
                days[_place(shift, zone)][side].append(shift)
    result = [difference for pair in days.values() for difference in _of_day(*pair)]
    return sorted(result, key=lambda difference: (difference.agent, difference.at))


def _times(shift: Shift) -> tuple[str, datetime, datetime]:
    return shift.agent, shift.starts_at, shift.ends_at


def _place(shift: Shift, zone: tzinfo) -> Place:
    return shift.agent, shift.starts_at.astimezone(zone).date()


def _of_day(before: Sequence[Shift], after: Sequence[Shift]) -> Iterator[Difference]:
    """The differences of one agent's day: shifts move in order, the rest is added or removed."""
    for old, new in zip_longest(before, after):
        if new is None:
            yield Difference(DifferenceKind.REMOVED, old.agent, old)
        elif old is None:
            yield Difference(DifferenceKind.ADDED, new.agent, None, new)
        else:
            yield Difference(DifferenceKind.MOVED, new.agent, old, new)


def fingerprint(changes: Iterable[Difference]) -> str:
    """Identifies the differences, so that only those are published that a person has read."""
    digest = hashlib.sha256()
    for change in changes:
        for shift in (change.before, change.after):
            text = "-" if shift is None else f"{shift.agent} {shift.starts_at.isoformat()} {shift.ends_at.isoformat()}"
            digest.update(f"{change.kind} {text}\n".encode())
    return digest.hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Run:
    """An agent has shifts on `days` days in a row, from `first`."""

    agent: str
    first: date
    days: int


def long_runs(shifts: Iterable[Shift], most: int, zone: tzinfo) -> list[Run]:
    """Who works more than `most` days in a row."""
    worked: dict[str, set[date]] = {}
    for shift in shifts:
        worked.setdefault(shift.agent, set()).add(shift.starts_at.astimezone(zone).date())
    result = []
    for agent, days in sorted(worked.items()):
        for first in sorted(day for day in days if day - timedelta(days=1) not in days):
            length = next(count for count in range(1, len(days) + 1) if first + timedelta(days=count) not in days)
            if length > most:
                result.append(Run(agent, first, length))
    return result
