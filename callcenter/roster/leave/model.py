"""Leave (policy D4): its kinds and its states. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.errors import IllegalTransition
from callcenter.roster.errors import BadLeave

LONGEST: Final = timedelta(days=366)
TEXT_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class OwnedCase:
    """An open case whose owner is the agent on leave, with the deadline of its present step, if it has one."""

    number: str
    due_at: datetime | None


class LeaveKind(StrEnum):
    ANNUAL = "annual"
    PERSONAL = "personal"
    SICK = "sick"
    OTHER = "other"


class LeaveState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class LeaveEvent(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    CANCEL = "cancel"


TRANSITIONS: Final[dict[LeaveState, dict[LeaveEvent, LeaveState]]] = {
    LeaveState.REQUESTED: {
        LeaveEvent.APPROVE: LeaveState.APPROVED,
        LeaveEvent.REFUSE: LeaveState.REFUSED,
        LeaveEvent.WITHDRAW: LeaveState.WITHDRAWN,
    },
    LeaveState.APPROVED: {LeaveEvent.CANCEL: LeaveState.CANCELLED},
    LeaveState.REFUSED: {},
    LeaveState.WITHDRAWN: {},
    LeaveState.CANCELLED: {},
}
NEEDS_REASON: Final = frozenset({LeaveEvent.REFUSE, LeaveEvent.CANCEL})


def after(state: LeaveState, event: LeaveEvent) -> LeaveState:
    """The state that follows. Raises IllegalTransition."""
    if event not in TRANSITIONS[state]:
        raise IllegalTransition("leave", state.value, event.value, TRANSITIONS[state])
    return TRANSITIONS[state][event]


def check_span(kind: LeaveKind, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raises BadLeave; only sickness may have begun already, because other leave is requested in advance (D4)."""
    if ends_at <= starts_at:
        raise BadLeave("a leave ends after its start", fault="order")
    if ends_at - starts_at > LONGEST:
        raise BadLeave(f"a leave has {LONGEST.days} days at most", fault="length", days=LONGEST.days)
    if ends_at <= now:
        raise BadLeave("this time is over", fault="past")
    if starts_at < now and kind is not LeaveKind.SICK:
        raise BadLeave("leave is requested before it begins; only sickness may have begun", fault="begun")


def due_before(cases: Iterable[OwnedCase], end: datetime) -> list[OwnedCase]:
    """The cases that are due before an instant, the most urgent first, then those without a deadline."""
    here = [case for case in cases if case.due_at is None or case.due_at < end]
    return sorted(here, key=lambda case: (case.due_at is None, case.due_at or end, case.number))
