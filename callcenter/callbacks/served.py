"""Decides whether an incoming call served what a return call was for. Pure.

Only the matter itself counts: the same case, a caller who only wanted to be answered on that line, or the decision of
the agent who took the call. A promise with a time is kept at that time (R9), a dialect by its speaker (R8).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from callcenter.callbacks.model import FOLLOW_UPS, Source, State

MISSED: Final = frozenset({Source.ABANDONED, Source.CLOSED_HOURS, Source.REQUESTED, Source.OVERFLOWED})
"""A caller who was not answered, with nothing else known: all they want is to be answered on that line."""
CLOSABLE: Final = frozenset({State.QUEUED, State.SCHEDULED, State.RETRY, State.CLAIMED, State.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class Awaited:
    """An open return call; `sources` are those of all its causes."""

    state: State
    matter: str
    sources: frozenset[Source]
    promised: bool
    case: str | None
    language: str | None
    campaign: str | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """An answered incoming call of the customer: the line, its cases, whether its agent speaks the dialect."""

    line: str | None
    cases: frozenset[str] = frozenset()
    speaks: bool = True


class Stands(StrEnum):
    """Why the return call stays open, whatever happened in the incoming call."""

    BEING_CALLED = "being_called"
    PROMISED = "promised"
    LANGUAGE = "language"


def stands(item: Awaited, call: Conversation) -> Stands | None:
    """Why even an agent's decision does not settle it by this call; None when it does."""
    if item.state not in CLOSABLE:
        return Stands.BEING_CALLED
    if item.promised or item.state is State.SCHEDULED:
        return Stands.PROMISED
    if (item.language or Source.DIALECT in item.sources) and not call.speaks:
        return Stands.LANGUAGE
    return None


def served(item: Awaited, call: Conversation) -> bool:
    """Whether the call settles it without an agent's decision."""
    if stands(item, call) is not None or item.campaign is not None or item.sources & FOLLOW_UPS:
        return False
    if item.case is not None:
        return item.case in call.cases
    # A matter that was written down as its own is not settled by merely being answered on a line.
    return item.sources <= MISSED and item.matter == f"line:{call.line}"
