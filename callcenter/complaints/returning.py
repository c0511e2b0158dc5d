"""Decides what the result of a return call does to its case (F1, F2). Pure.

Only the customer's own statement confirms: a customer who refused, or could not be reached, has confirmed nothing,
and a complaint that is only `answered` waits for a supervisor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from callcenter.complaints.model import Case, Event, Kind, State


@dataclass(frozen=True, slots=True)
class Consequences:
    """The steps to take, in order, and what the customer is known to have confirmed; None: not known."""

    steps: tuple[Event, ...] = ()
    confirmed: bool | None = None


NO_CONSEQUENCES: Final = Consequences()
CALL_BACK_AWAITED: Final = frozenset({State.VERIFIED, State.ANSWERED})
WITH_RETURN_CALL: Final = CALL_BACK_AWAITED | {State.CALLED_BACK}
"""The states in which a return call may be under way: leaving them other than by its result withdraws it."""

_AWAITED: Final[Mapping[str, Consequences]] = MappingProxyType(
    {
        "confirmed": Consequences((Event.CALL_BACK, Event.CLOSE), True),
        "answered": Consequences((Event.CALL_BACK,)),
        "refused": Consequences((Event.CALL_BACK,)),
        "unreachable_signed": Consequences((Event.CALL_BACK, Event.CLOSE)),
        "problem": Consequences((Event.RETURN,)),
    }
)
_CALLED_BACK: Final[Mapping[str, Consequences]] = MappingProxyType(
    {
        "confirmed": Consequences((Event.CLOSE,), True),
        "unreachable_signed": Consequences((Event.CLOSE,)),
        "problem": Consequences((Event.RETURN,)),
    }
)
_CLOSED: Final[Mapping[str, Consequences]] = MappingProxyType({"problem": Consequences((Event.REOPEN,))})
TABLE: Final[Mapping[State, Mapping[str, Consequences]]] = MappingProxyType(
    {
        State.VERIFIED: _AWAITED,
        # The customer has the answer to their question: nothing is left to confirm (W3).
        State.ANSWERED: {**_AWAITED, "answered": Consequences((Event.CALL_BACK, Event.CLOSE), True)},
        State.CALLED_BACK: _CALLED_BACK,
        State.CLOSED: _CLOSED,
        State.ARCHIVED: _CLOSED,
    }
)


def consequences_of(case: Case, result: str) -> Consequences:
    """Returns what a return call's result does to the case in its present state; in others it is only recorded."""
    return TABLE.get(case.state, {}).get(result, NO_CONSEQUENCES)


def problem_goal(case: Case) -> State:
    """Returns the step to which a case goes back when the problem persists."""
    return State.INVESTIGATING if case.facts.kind is Kind.COMPLAINT else State.RECEIVED
