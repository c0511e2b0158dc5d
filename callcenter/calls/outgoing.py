"""Handles calls that the service began: the agent's phone is called first, then the customer (return calls). Pure.

Asterisk 22 names the application of a channel that Originate called `AppDial2`; the dialplan's `cc-callback` writes a
user event when the agent's phone has answered; its extension is the number that is then called.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from callcenter.asterisk.cel import CelRow
from callcenter.calls.model import HungUpBy, Outcome

_ORIGINATED: Final = "AppDial2"
_EVENT: Final = "cc_callback"
_TURNED: Final = {HungUpBy.CALLER: HungUpBy.AGENT, HungUpBy.AGENT: HungUpBy.CALLER}


def agent_first(cel: Sequence[CelRow], first: str) -> bool:
    """Whether the call's first channel is a phone that was called, so that its agent is not the caller."""
    return any(row.uniqueid == first and row.app == _ORIGINATED for row in cel)


def number_called(cel: Sequence[CelRow], first: str) -> str | None:
    """The customer's number as dialled; None when the agent's phone did not answer and no one else was called."""
    return next((row.exten for row in cel if row.uniqueid == first and row.user_event == _EVENT), None)


def turned(by: HungUpBy | None) -> HungUpBy | None:
    """Who hung up first, seen from the customer's side: the first channel is the agent's here (R5)."""
    return by if by is None else _TURNED.get(by, by)


def ended_inside(
    outcome: Outcome | None, reason: str | None, by: HungUpBy | None
) -> tuple[Outcome | None, str | None, HungUpBy | None]:
    """An agent who cancels their own call has abandoned nothing: only callers wait."""
    cancelled = outcome is Outcome.ABANDONED
    return (Outcome.FAILED, "cancelled", HungUpBy.AGENT) if cancelled else (outcome, reason, by)
