"""How a return call comes out: the results that evaluations and the queue of return calls share. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Result(StrEnum):
    """How an attempt, and in the end the return call, came out."""

    CONFIRMED = "confirmed"
    PROBLEM = "problem"
    ANSWERED = "answered"
    """The customer has what they needed, where there was nothing to confirm."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    """A machine, as the agent says."""
    WRONG_NUMBER = "wrong_number"
    FAILED = "failed"
    CALL_AGAIN = "call_again"
    """The customer asked for another time."""
    UNSAID = "unsaid"
    """They talked and the agent never said how it came out."""
    REFUSED = "refused"
    """The customer does not want to be called about this."""
    AGENT_NO_ANSWER = "agent_no_answer"
    CANCELLED = "cancelled"
    """The agent hung up before the customer answered."""
    NOT_SENT = "not_sent"
    SERVED = "served_by_incoming"
    UNREACHABLE_SIGNED = "unreachable_signed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


FINAL: Final = frozenset({Result.CONFIRMED, Result.PROBLEM, Result.ANSWERED, Result.REFUSED})
"""An agent's word that ends the return call."""
