"""The errors of call control: each refusal has a stable code and a sentence."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


class CallOver(Conflict):
    """The call has ended; nothing can be done on it any more."""

    code = "call_over"


class NotOnCall(Forbidden):
    """The agent's phone takes no part in this call."""

    code = "not_on_call"


class NotRinging(Conflict):
    code = "call_not_ringing"


class NotTalking(Conflict):
    code = "call_not_talking"


class NotConsulting(Conflict):
    """No customer waits while the agent talks with a colleague."""

    code = "call_not_consulting"


class TargetNotReady(Conflict):
    """The colleague cannot take the call now; `why` is signed_out, unreachable or in_use."""

    code = "target_not_ready"


class UnknownTarget(Invalid):
    """Exactly one of agent, number and queue names where a call goes."""

    code = "bad_transfer_target"


class UnknownParty(NotFound):
    """No such party takes part in the conversation."""

    code = "unknown_party"


class PhoneNotReady(Conflict):
    """The agent's phone cannot make a call now; `why` is signed_out, unreachable or in_use."""

    code = "phone_not_ready"


class AnsweredByHand(Conflict):
    """A desk phone rings; only its own key answers it."""

    code = "answered_by_hand"


class HangupReasonMissing(Invalid):
    """The customer hangs up first (R5); an agent who ends the conversation gives a reason."""

    code = "hangup_reason_missing"


class SeveralParties(Conflict):
    """Hold is for a conversation of two."""

    code = "several_parties"


class HoldNotSeen(Unavailable):
    """The PBX accepted the keys, but the party was not seen on hold (or back) in time."""

    code = "hold_not_seen"


class BadNumber(Invalid):
    code = "number_not_dialable"


class DialNotAllowed(Forbidden):
    """The dialling rules do not allow this class of number from this phone."""

    code = "dial_not_allowed"


class NumberBarred(Conflict):
    """The number is on the do-not-call list."""

    code = "number_barred"
