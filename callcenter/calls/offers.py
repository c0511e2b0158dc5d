"""How one ring of one phone ended, told from its witnesses. Pure; the live floor and the records share it.

Asterisk says the same word for different endings (field-notes, section 1), so several witnesses are heard together.
"""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.calls.model import OfferOutcome

# Q.850 causes as Asterisk maps SIP answers to them.
BUSY = frozenset({17})
DECLINED = frozenset({21})
UNREACHABLE = frozenset({1, 3, 20, 22, 27, 28, 34, 38, 41, 42, 44, 50, 58, 88, 127})
CANNOT = frozenset({"CHANUNAVAIL", "CONGESTION", "INVALIDARGS"})


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What is known of an offer: `status` is the DialEnd word, `cause` the hang-up cause of the phone's channel."""

    connected: bool
    ended: bool
    rang: bool | None
    gave_up: bool
    status: str
    cause: int | None
    other_answered: bool
    caller_gone: bool


def outcome(seen: Witnesses) -> OfferOutcome | None:
    """None while the phone may still be answered; `unknown` when the witnesses do not suffice."""
    if seen.connected:
        return OfferOutcome.ANSWERED
    if not seen.ended:
        return None
    if seen.cause in DECLINED:
        return OfferOutcome.DECLINED
    if seen.cause in BUSY or seen.status == "BUSY":
        return OfferOutcome.BUSY
    if seen.other_answered:
        return OfferOutcome.ANSWERED_ELSEWHERE
    if seen.caller_gone:
        return OfferOutcome.CALLER_LEFT
    if seen.rang and (seen.gave_up or seen.status in ("NOANSWER", "CANCEL")):
        return OfferOutcome.NO_ANSWER
    if seen.status in CANNOT or seen.cause in UNREACHABLE:
        return OfferOutcome.UNREACHABLE
    if seen.gave_up or seen.status == "NOANSWER":
        return OfferOutcome.NO_ANSWER if seen.rang is not False else OfferOutcome.UNREACHABLE
    return OfferOutcome.UNKNOWN
