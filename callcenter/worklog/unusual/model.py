"""Defines reports of unusual customers (W4): their kinds and state transitions. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from callcenter.errors import IllegalTransition, Invalid, NotFound


class UnusualKind(StrEnum):
    ABUSIVE = "abusive"
    HARASSMENT = "harassment"
    FRAUD = "fraud"
    DANGER = "danger"
    """A person is in danger, or claims to be."""
    UPSET = "upset"
    OTHER = "other"


class ReportState(StrEnum):
    REPORTED = "reported"
    SEEN = "seen"
    ACTED = "acted"
    CLOSED = "closed"


class ReportEvent(StrEnum):
    SEE = "see"
    ACT = "act"
    CLOSE = "close"


TRANSITIONS: Final[dict[ReportState, dict[ReportEvent, ReportState]]] = {
    ReportState.REPORTED: {
        ReportEvent.SEE: ReportState.SEEN,
        ReportEvent.ACT: ReportState.ACTED,
        ReportEvent.CLOSE: ReportState.CLOSED,
    },
    ReportState.SEEN: {ReportEvent.ACT: ReportState.ACTED, ReportEvent.CLOSE: ReportState.CLOSED},
    ReportState.ACTED: {ReportEvent.ACT: ReportState.ACTED, ReportEvent.CLOSE: ReportState.CLOSED},
    ReportState.CLOSED: {},
}
OPEN: Final = frozenset(ReportState) - {ReportState.CLOSED}
NEEDS_WORDS: Final = frozenset({ReportEvent.ACT, ReportEvent.CLOSE})


class UnknownReport(NotFound):
    code = "unusual_report_not_found"


class BadReport(Invalid):
    code = "bad_unusual_report"


def after(state: ReportState, event: ReportEvent) -> ReportState:
    """The state that follows. Raises IllegalTransition."""
    if event not in TRANSITIONS[state]:
        raise IllegalTransition("unusual customer", state.value, event.value, TRANSITIONS[state])
    return TRANSITIONS[state][event]
