"""State machines of a score, of a drawn call, and of a calibration. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from callcenter.errors import IllegalTransition


class ScoreState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACKNOWLEDGED = "acknowledged"
    DISPUTED = "disputed"
    UPHELD = "upheld"
    REVISED = "revised"
    """Replaced by a later score."""
    DISCARDED = "discarded"


class ScoreEvent(StrEnum):
    SUBMIT = "submit"
    DISCARD = "discard"
    ACKNOWLEDGE = "acknowledge"
    DISPUTE = "dispute"
    UPHOLD = "uphold"
    REVISE = "revise"


_E, _S = ScoreEvent, ScoreState
SCORE: Final[Mapping[ScoreState, Mapping[ScoreEvent, ScoreState]]] = {
    _S.DRAFT: {_E.SUBMIT: _S.SUBMITTED, _E.DISCARD: _S.DISCARDED},
    _S.SUBMITTED: {_E.ACKNOWLEDGE: _S.ACKNOWLEDGED, _E.DISPUTE: _S.DISPUTED, _E.REVISE: _S.REVISED},
    # A score that the agent acknowledged may still turn out wrong, but the agent can no longer dispute it.
    _S.ACKNOWLEDGED: {_E.REVISE: _S.REVISED},
    _S.DISPUTED: {_E.UPHOLD: _S.UPHELD, _E.REVISE: _S.REVISED},
    # The agent's acknowledgement of the answer is a separate step and does not hide that the score was upheld.
    _S.UPHELD: {_E.ACKNOWLEDGE: _S.UPHELD},
    _S.REVISED: {},
    _S.DISCARDED: {},
}
STANDING: Final = (_S.SUBMITTED, _S.ACKNOWLEDGED, _S.DISPUTED, _S.UPHELD)
"""The scores that count: submitted, and not replaced by a later one."""
OPEN_TO_AGENT: Final = (*STANDING, _S.REVISED)
"""The states of their own scores that agents see: never a draft."""


class PickState(StrEnum):
    """A call that was drawn for grading."""

    OPEN = "open"
    GRADED = "graded"
    REPLACED = "replaced"
    DROPPED = "dropped"
    """It cannot be graded, and no other call was left to replace it."""


class PickReason(StrEnum):
    """Why a call was drawn."""

    RANDOM = "random"
    FLAGGED = "flagged"
    REPLACEMENT = "replacement"
    """In place of a call that could not be graded."""


class PickEvent(StrEnum):
    GRADE = "grade"
    REPLACE = "replace"
    DROP = "drop"


PICK: Final[Mapping[PickState, Mapping[PickEvent, PickState]]] = {
    PickState.OPEN: {
        PickEvent.GRADE: PickState.GRADED,
        PickEvent.REPLACE: PickState.REPLACED,
        PickEvent.DROP: PickState.DROPPED,
    },
    PickState.GRADED: {},
    PickState.REPLACED: {},
    PickState.DROPPED: {},
}


class CalibrationState(StrEnum):
    BLIND = "blind"
    """No grader sees another's answers."""
    REVEALED = "revealed"
    CANCELLED = "cancelled"


class CalibrationEvent(StrEnum):
    REVEAL = "reveal"
    """The last grader has submitted."""
    CANCEL = "cancel"


CALIBRATION: Final[Mapping[CalibrationState, Mapping[CalibrationEvent, CalibrationState]]] = {
    CalibrationState.BLIND: {
        CalibrationEvent.REVEAL: CalibrationState.REVEALED,
        CalibrationEvent.CANCEL: CalibrationState.CANCELLED,
    },
    CalibrationState.REVEALED: {},
    CalibrationState.CANCELLED: {},
}

State = TypeVar("State", bound=StrEnum)
TABLES: Final[Mapping[type[StrEnum], tuple[str, Mapping[Any, Mapping[Any, Any]]]]] = {
    ScoreState: ("score", SCORE),
    PickState: ("drawn call", PICK),
    CalibrationState: ("calibration", CALIBRATION),
}


def after(state: State, event: StrEnum) -> State:
    """Returns the state that an event leads to. Raises IllegalTransition."""
    name, table = TABLES[type(state)]
    following = table[state].get(event)
    if following is None:
        raise IllegalTransition(name, state, event, table[state])
    target: State = following
    return target
