"""Selects calls by how far the agent's record (W1) is."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ColumnElement, and_, select

from callcenter.calls.model import Direction, Outcome
from callcenter.calls.notes.rows import CallNoteRow
from callcenter.calls.rows import CallRow


class RecordState(StrEnum):
    """How far the agent's record of a call (W1) is; a draft is missing too."""

    MISSING = "missing"
    DRAFT = "draft"
    DONE = "done"


def recorded(state: RecordState) -> ColumnElement[bool]:
    """The condition on a call's row."""
    note = select(CallNoteRow.call).where(CallNoteRow.call == CallRow.id)
    if state is not RecordState.MISSING:
        return note.where(CallNoteRow.state == state.value).exists()
    talked = and_(CallRow.outcome == Outcome.ANSWERED.value, CallRow.direction != Direction.INTERNAL.value)
    return and_(talked, ~note.where(CallNoteRow.state == RecordState.DONE.value).exists())
