"""Defines the results of a return call, shared by evaluations and the queue of return calls. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Result(StrEnum):
    """The result of an attempt and, in the end, of the return call."""

    CONFIRMED = "confirmed"
    PROBLEM = "problem"
    ANSWERED = "answered"
    """The customer has what they needed, and there was nothing to confirm."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    """An answering machine, as the agent reports."""
    WRONG_NUMBER = "wrong_number"
    FAILED = "failed"
    CALL_AGAIN = "call_again"
    """The customer asked for another time."""
    UNSAID = "unsaid"
    """They talked, and the agent never recorded the result."""
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
"""Results by an agent that end the return call."""
