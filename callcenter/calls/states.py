"""The states that a call and an offer pass through, as tables. Pure.

Asterisk does not promise the order of its events, so the floor keeps facts and *derives* the state (live_call.py);
these tables say which steps there are. A test plays whole calls and checks every step that a watcher sees against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class CallState(StrEnum):
    ARRIVED = "arrived"
    WAITING = "waiting"
    OFFERED = "offered"
    TALKING = "talking"
    ENDED = "ended"


class CallEvent(StrEnum):
    QUEUED = "queued"
    PHONE_CALLED = "phone_called"
    PHONE_GAVE_UP = "phone_gave_up"
    ANSWERED = "answered"
    HUNG_UP = "hung_up"


class OfferState(StrEnum):
    CALLED = "called"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class OfferEvent(StrEnum):
    RANG = "rang"
    PICKED_UP = "picked_up"
    CLOSED = "closed"


CALL: Mapping[CallState, Mapping[CallEvent, CallState]] = {
    CallState.ARRIVED: {
        CallEvent.QUEUED: CallState.WAITING,
        CallEvent.PHONE_CALLED: CallState.OFFERED,
        CallEvent.ANSWERED: CallState.TALKING,
        CallEvent.HUNG_UP: CallState.ENDED,
    },
    CallState.WAITING: {
        CallEvent.PHONE_CALLED: CallState.OFFERED,
        CallEvent.ANSWERED: CallState.TALKING,
        CallEvent.HUNG_UP: CallState.ENDED,
    },
    CallState.OFFERED: {
        CallEvent.PHONE_GAVE_UP: CallState.WAITING,
        CallEvent.ANSWERED: CallState.TALKING,
        CallEvent.HUNG_UP: CallState.ENDED,
    },
    CallState.TALKING: {CallEvent.HUNG_UP: CallState.ENDED},
    CallState.ENDED: {},
}

OFFER: Mapping[OfferState, Mapping[OfferEvent, OfferState]] = {
    OfferState.CALLED: {
        OfferEvent.RANG: OfferState.RINGING,
        OfferEvent.PICKED_UP: OfferState.ANSWERED,
        OfferEvent.CLOSED: OfferState.ENDED,
    },
    OfferState.RINGING: {OfferEvent.PICKED_UP: OfferState.ANSWERED, OfferEvent.CLOSED: OfferState.ENDED},
    OfferState.ANSWERED: {},
    OfferState.ENDED: {},
}
