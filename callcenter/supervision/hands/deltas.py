"""Defines the delta of a raised hand."""

from __future__ import annotations

from typing import Final

from typing_extensions import TypedDict

from callcenter.facts import CallId
from callcenter.web.ports import DeltaKind


class RaisedHandDelta(TypedDict):
    """`state` is raised, answered or lowered."""

    id: str
    agent: str
    call: CallId | None
    text: str
    raised_at: str | None
    state: str
    answered_by: str
    answer: str
    ended_at: str | None


RAISED_HAND: Final = DeltaKind("raised_hand", RaisedHandDelta, "the agent, and leaders")
