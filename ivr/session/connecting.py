"""Computes how a flow connects an ordinary caller whom it asks nothing, so that the dialplan does it alone. Pure.

The session itself computes it, so the two ways cannot differ. A flow in several languages is not among them: whom it
greets in which language depends on the caller's file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ivr.flows.model import Flow
from ivr.session.machine import advance, begin
from ivr.session.model import Began, End, Finish, Hours, Noted, Say, Situation

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
"""No instant is heard while a line is open."""


@dataclass(frozen=True, slots=True)
class Connecting:
    """What a caller hears before the line's own queue, and what belongs on the call's record."""

    say: tuple[Say, ...]
    notes: tuple[Noted, ...]


def connecting(flow: Flow, line: str, queue: str, language: str) -> Connecting | None:
    """How the flow connects while the line is open; None where it asks anything, or leads elsewhere."""
    if len(flow.languages) > 1:
        return None
    turn = advance(begin(flow, Situation(line, queue, language, Hours.OPEN, _NEVER)), Began())
    end = turn.do
    if not isinstance(end, Finish) or end.end is not End.QUEUE or end.queue != queue or end.outcome:
        return None
    return None if any(say.values for say in end.say) else Connecting(end.say, turn.notes)
