"""What the result of a return call does to its case (F1, F2). Pure.

Confirmed is what the customer said, and nothing else: a customer who refused, or could not be reached, has confirmed
nothing, and a complaint that was only `answered` waits for a supervisor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from callcenter.complaints.model import Case, Event, Kind, State


@dataclass(frozen=True, slots=True)
class Follows:
    """The steps to take, in order, and what the customer is known to have confirmed; None: it is not known."""

    steps: tuple[Event, ...] = ()
    confirmed: bool | None = None


NOTHING: Final = Follows()
CALL_BACK_AWAITED: Final = frozenset({State.VERIFIED, State.ANSWERED})
WITH_RETURN_CALL: Final = CALL_BACK_AWAITED | {State.CALLED_BACK}
"""Where the case may have a return call under way: leaving these otherwise than by its result withdraws it."""

_AWAITED: Final[Mapping[str, Follows]] = MappingProxyType(
    {
        "confirmed": Follows((Event.CALL_BACK, Event.CLOSE), True),
        "answered": Follows((Event.CALL_BACK,)),
        "refused": Follows((Event.CALL_BACK,)),
        "unreachable_signed": Follows((Event.CALL_BACK, Event.CLOSE)),
        "problem": Follows((Event.RETURN,)),
    }
)
_CALLED_BACK: Final[Mapping[str, Follows]] = MappingProxyType(
    {
        "confirmed": Follows((Event.CLOSE,), True),
        "unreachable_signed": Follows((Event.CLOSE,)),
        "problem": Follows((Event.RETURN,)),
    }
)
_CLOSED: Final[Mapping[str, Follows]] = MappingProxyType({"problem": Follows((Event.REOPEN,))})
TABLE: Final[Mapping[State, Mapping[str, Follows]]] = MappingProxyType(
    {
        State.VERIFIED: _AWAITED,
        # The customer has the answer to their question: there is nothing more to confirm (W3).
        State.ANSWERED: {**_AWAITED, "answered": Follows((Event.CALL_BACK, Event.CLOSE), True)},
        State.CALLED_BACK: _CALLED_BACK,
        State.CLOSED: _CLOSED,
        State.ARCHIVED: _CLOSED,
    }
)


def follows(case: Case, result: str) -> Follows:
    """What a return call's result does to the case as it stands; elsewhere it is only noted."""
    return TABLE.get(case.state, {}).get(result, NOTHING)


def problem_goal(case: Case) -> State:
    """The step to which a case returns when the problem is still there."""
    return State.INVESTIGATING if case.facts.kind is Kind.COMPLAINT else State.RECEIVED
