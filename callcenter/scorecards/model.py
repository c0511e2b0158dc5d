"""The life of a score, of a drawn call, and of a calibration: three tables. Pure."""

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
    """A later score stands in its place."""
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
    # What the agent has agreed to may still turn out wrong, but the agent does not dispute it any more.
    _S.ACKNOWLEDGED: {_E.REVISE: _S.REVISED},
    _S.DISPUTED: {_E.UPHOLD: _S.UPHELD, _E.REVISE: _S.REVISED},
    # That the agent has taken note of the answer is a step of its own and does not hide that it was upheld.
    _S.UPHELD: {_E.ACKNOWLEDGE: _S.UPHELD},
    _S.REVISED: {},
    _S.DISCARDED: {},
}
STANDING: Final = (_S.SUBMITTED, _S.ACKNOWLEDGED, _S.DISPUTED, _S.UPHELD)
"""The scores that count: submitted, and not replaced by a later one."""
OPEN_TO_AGENT: Final = (*STANDING, _S.REVISED)
"""What the agent sees of themself: never a draft."""


class PickState(StrEnum):
    """A call that was drawn for grading."""

    OPEN = "open"
    GRADED = "graded"
    REPLACED = "replaced"
    DROPPED = "dropped"
    """It cannot be graded, and there was no further call to take its place."""


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
    """Nobody sees anybody else's answers."""
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
    """The state that an event leads to. Raises IllegalTransition."""
    name, table = TABLES[type(state)]
    match = table[state].get(event)
    if match is None:
        raise IllegalTransition(name, state, event, table[state])
    result: State = match
    return result
