"""Decides whether an incoming call served what a return call was for. Pure.

Only the matter itself counts: the same case, a caller whose only request was an answer on that line, or the decision of
the agent who took the call. A promise with a time is kept at that time (R9), a dialect by its speaker (R8).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from callcenter.callbacks.model import FOLLOW_UPS, Source, State
from callcenter.facts import CaseNumber

MISSED: Final = frozenset({Source.ABANDONED, Source.CLOSED_HOURS, Source.REQUESTED, Source.OVERFLOWED})
"""A caller who was not answered, with nothing else known: an answer on that line serves them."""
CLOSABLE: Final = frozenset({State.QUEUED, State.SCHEDULED, State.RETRY, State.CLAIMED, State.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class Awaited:
    """An open return call; `sources` are those of all its causes."""

    state: State
    matter: str
    sources: frozenset[Source]
    promised: bool
    case: CaseNumber | None
    language: str | None
    campaign: str | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """An answered incoming call of the customer: the line, its cases, whether its agent speaks the dialect."""

    line: str | None
    cases: frozenset[str] = frozenset()
    speaks: bool = True


class OpenReason(StrEnum):
    """Why the return call stays open, whatever happened in the incoming call."""

    BEING_CALLED = "being_called"
    PROMISED = "promised"
    LANGUAGE = "language"


def open_reason(return_call: Awaited, call: Conversation) -> OpenReason | None:
    """Why even an agent's decision does not settle it by this call; None when it does."""
    if return_call.state not in CLOSABLE:
        return OpenReason.BEING_CALLED
    if return_call.promised or return_call.state is State.SCHEDULED:
        return OpenReason.PROMISED
    if (return_call.language or Source.DIALECT in return_call.sources) and not call.speaks:
        return OpenReason.LANGUAGE
    return None


def served(return_call: Awaited, call: Conversation) -> bool:
    """Whether the call settles it without an agent's decision."""
    if (
        open_reason(return_call, call) is not None
        or return_call.campaign is not None
        or return_call.sources & FOLLOW_UPS
    ):
        return False
    if return_call.case is not None:
        return return_call.case in call.cases
    # A matter that was written down as its own is not settled by merely being answered on a line.
    return return_call.sources <= MISSED and return_call.matter == f"line:{call.line}"
