"""Swaps of shifts (policy D3): agreed between two agents, then approved. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from callcenter.errors import IllegalTransition


class SwapState(StrEnum):
    ASKED = "asked"
    AGREED = "agreed"
    APPROVED = "approved"
    DECLINED = "declined"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class SwapEvent(StrEnum):
    AGREE = "agree"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REFUSE = "refuse"


TRANSITIONS: Final[dict[SwapState, dict[SwapEvent, SwapState]]] = {
    SwapState.ASKED: {
        SwapEvent.AGREE: SwapState.AGREED,
        SwapEvent.DECLINE: SwapState.DECLINED,
        SwapEvent.WITHDRAW: SwapState.WITHDRAWN,
    },
    # Until it is approved, each of the two may still change their mind.
    SwapState.AGREED: {
        SwapEvent.APPROVE: SwapState.APPROVED,
        SwapEvent.REFUSE: SwapState.REFUSED,
        SwapEvent.DECLINE: SwapState.DECLINED,
        SwapEvent.WITHDRAW: SwapState.WITHDRAWN,
    },
    SwapState.APPROVED: {},
    SwapState.DECLINED: {},
    SwapState.REFUSED: {},
    SwapState.WITHDRAWN: {},
}
COLLEAGUES: Final = frozenset({SwapEvent.AGREE, SwapEvent.DECLINE})
"""What the colleague decides; the agent who asked may withdraw, and leaders decide the rest."""
LEADERS_DECIDE: Final = frozenset({SwapEvent.APPROVE, SwapEvent.REFUSE})


def after(state: SwapState, event: SwapEvent) -> SwapState:
    """The state that follows. Raises IllegalTransition."""
    if event not in TRANSITIONS[state]:
        raise IllegalTransition("swap", state.value, event.value, TRANSITIONS[state])
    return TRANSITIONS[state][event]
