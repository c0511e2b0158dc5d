"""Overtime: its states, and who takes which step. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.errors import IllegalTransition
from callcenter.roster.errors import BadOvertime
from callcenter.roster.model import Shift

LONGEST: Final = timedelta(hours=24)
AHEAD: Final = timedelta(days=92)
TEXT_LIMIT: Final = 1000
MONTH: Final = r"^20[0-9]{2}-(?:0[1-9]|1[0-2])$"


class OvertimeState(StrEnum):
    ASKED = "asked"
    AGREED = "agreed"
    APPROVED = "approved"
    DECLINED = "declined"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class OvertimeEvent(StrEnum):
    AGREE = "agree"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REFUSE = "refuse"
    CANCEL = "cancel"


TRANSITIONS: Final[dict[OvertimeState, dict[OvertimeEvent, OvertimeState]]] = {
    OvertimeState.ASKED: {
        OvertimeEvent.AGREE: OvertimeState.AGREED,
        OvertimeEvent.DECLINE: OvertimeState.DECLINED,
        OvertimeEvent.WITHDRAW: OvertimeState.WITHDRAWN,
    },
    # Until it is approved, each side may still change its mind.
    OvertimeState.AGREED: {
        OvertimeEvent.APPROVE: OvertimeState.APPROVED,
        OvertimeEvent.REFUSE: OvertimeState.REFUSED,
        OvertimeEvent.DECLINE: OvertimeState.DECLINED,
        OvertimeEvent.WITHDRAW: OvertimeState.WITHDRAWN,
    },
    OvertimeState.APPROVED: {OvertimeEvent.CANCEL: OvertimeState.CANCELLED},
    OvertimeState.DECLINED: {},
    OvertimeState.REFUSED: {},
    OvertimeState.WITHDRAWN: {},
    OvertimeState.CANCELLED: {},
}
LEADERS_DECIDE: Final = frozenset({OvertimeEvent.APPROVE, OvertimeEvent.REFUSE, OvertimeEvent.CANCEL})
NEEDS_REASON: Final = frozenset({OvertimeEvent.REFUSE, OvertimeEvent.CANCEL})
ANSWERS: Final = frozenset({OvertimeEvent.AGREE, OvertimeEvent.DECLINE})
"""What the other side decides: the agent of what a leader asked for, a leader of what the agent offered."""


def after(state: OvertimeState, event: OvertimeEvent) -> OvertimeState:
    """The state that follows. Raises IllegalTransition."""
    if event not in TRANSITIONS[state]:
        raise IllegalTransition("overtime", state.value, event.value, TRANSITIONS[state])
    return TRANSITIONS[state][event]


def steps_of_agent(event: OvertimeEvent, *, offered: bool) -> bool:
    """Whether the step belongs to the agent; the others belong to leaders."""
    return event not in LEADERS_DECIDE and (event in ANSWERS) is not offered


def check_span(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raises BadOvertime; overtime is agreed before it begins."""
    if ends_at <= starts_at:
        raise BadOvertime("overtime ends after its start", fault="order")
    if ends_at - starts_at > LONGEST:
        raise BadOvertime("overtime lasts 24 hours at most", fault="length")
    if starts_at < now:
        raise BadOvertime("overtime is agreed before it begins", fault="begun")
    if starts_at > now + AHEAD:
        raise BadOvertime("overtime begins within three months", fault="far", days=AHEAD.days)


def clashing(shift: Shift, others: Sequence[Shift]) -> Shift | None:
    """A shift of the agent, of whichever line, in the same time: overtime is time beside the shifts."""
    own = (other for other in others if other.agent == shift.agent and other.id != shift.id)
    return next((o for o in own if o.starts_at < shift.ends_at and shift.starts_at < o.ends_at), None)
