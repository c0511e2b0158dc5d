"""Determines how one ring of one phone ended, from its witnesses. Pure; the live floor and the records share it.

Asterisk writes the same value for different endings (RINGNOANSWER for an unanswered, declined, busy or unreachable
phone, apps/app_queue.c: rna), so several witnesses are combined.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from callcenter.calls.model import OfferOutcome

# Q.850 causes to which Asterisk maps SIP responses.
BUSY = frozenset({17})
DECLINED = frozenset({21})
UNREACHABLE = frozenset({1, 3, 20, 22, 27, 28, 34, 38, 41, 42, 44, 50, 58, 88, 127})
CANNOT = frozenset({"CHANUNAVAIL", "CONGESTION", "INVALIDARGS"})
FOLLOWS: Final = timedelta(seconds=1)
"""How soon Asterisk withdraws the other phones after one has answered, or after the caller has left."""
BEFORE: Final = timedelta(milliseconds=50)
"""How far a withdrawal's time may precede its cause: different threads write the two."""
MUTE: Final = timedelta(seconds=2)
"""A phone that has not rung by now is unreachable: a reachable one answers an INVITE within T1 (RFC 3261, 17.1.1.1)."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What is known of an offer: `status` is the DialEnd status, `cause` the hang-up cause of the phone's channel.

    `rang` is None where ringing was not watched; `mute` means that the attempt lasted long enough to ring, `cut` that
    Asterisk's shutdown ended it.
    """

    connected: bool
    ended: bool
    rang: bool | None
    gave_up: bool
    status: str
    cause: int | None
    other_answered: bool
    caller_gone: bool
    mute: bool = False
    cut: bool = False


def follows(end: datetime | None, causes: Iterable[datetime | None]) -> bool:
    """Whether an attempt ended because of one of these: just after it, never before it."""
    return end is not None and any(at is not None and -BEFORE <= end - at < FOLLOWS for at in causes)


def is_mute(start: datetime, end: datetime | None) -> bool:
    return end is not None and end - start >= MUTE


def outcome(seen: Witnesses) -> OfferOutcome | None:
    """Return None while the phone may still be answered; `unknown` when the witnesses do not suffice."""
    if seen.connected:
        return OfferOutcome.ANSWERED
    if not seen.ended:
        return None
    if seen.cause in DECLINED:
        return OfferOutcome.DECLINED
    if seen.cause in BUSY or seen.status == "BUSY":
        return OfferOutcome.BUSY
    # A fault of the phone itself outweighs what ended the attempt on it.
    never_rang = seen.rang is False and seen.mute
    if never_rang or seen.status in CANNOT or seen.cause in UNREACHABLE:
        return OfferOutcome.UNREACHABLE
    if seen.cut:
        return OfferOutcome.UNKNOWN
    if seen.other_answered:
        return OfferOutcome.ANSWERED_ELSEWHERE
    if seen.caller_gone:
        return OfferOutcome.CALLER_LEFT
    if seen.rang and (seen.gave_up or seen.status in ("NOANSWER", "CANCEL")):
        return OfferOutcome.NO_ANSWER
    if seen.gave_up or seen.status == "NOANSWER":
        return OfferOutcome.NO_ANSWER if seen.rang is not False else OfferOutcome.UNREACHABLE
    return OfferOutcome.UNKNOWN
