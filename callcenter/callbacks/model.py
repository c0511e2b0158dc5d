"""Defines what a return call is and its state transitions. Pure.

There is one open return call per customer and matter; any further request for the same joins it as another cause. It
waits (`queued`, `scheduled`, `retry`), is held by one agent (`claimed`, `dialling`, `talking`), or is closed. The clock
closes nothing: the return call is done, or a person declares it unreachable, expired or withdrawn (policy F1, R9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from callcenter.errors import IllegalTransition
from callcenter.facts import CallId, CaseNumber, CustomerId
from callcenter.followup.model import FINAL as FINAL
from callcenter.followup.model import Result as Result


class State(StrEnum):
    QUEUED = "queued"
    """As soon as an agent is free."""
    SCHEDULED = "scheduled"
    """At a time that was promised or chosen."""
    CLAIMED = "claimed"
    """An agent reads what it is about (F3); no one else may take it while the lease runs."""
    DIALLING = "dialling"
    TALKING = "talking"
    """The customer answered; the state stays until the result is written, even after the call has ended."""
    DONE = "done"
    RETRY = "retry"
    UNREACHABLE = "unreachable"
    """The attempts are used up: a supervisor signs it off or has it tried again."""
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    SCHEDULE = "schedule"
    CLAIM = "claim"
    RELEASE = "release"
    LEASE_ENDED = "lease_ended"
    DIAL = "dial"
    NOT_DIALLED = "not_dialled"
    """The customer's phone was not called: the agent's own phone did not answer, or nothing was ever sent."""
    ANSWERED = "answered"
    TRY_AGAIN = "try_again"
    GIVE_UP = "give_up"
    FINISH = "finish"
    SERVED = "served"
    """The customer called in and was served."""
    SIGN = "sign"
    ASK_AGAIN = "ask_again"
    """A new cause for a customer who could not be reached."""
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


S, E = State, Event
_WAITING: Final[Mapping[Event, State]] = {
    E.SCHEDULE: S.SCHEDULED,
    E.CLAIM: S.CLAIMED,
    E.SERVED: S.DONE,
    E.EXPIRE: S.EXPIRED,
    E.WITHDRAW: S.WITHDRAWN,
}
TRANSITIONS: Final[Mapping[State, Mapping[Event, State]]] = MappingProxyType(
    {
        S.QUEUED: _WAITING,
        S.SCHEDULED: _WAITING,
        S.RETRY: _WAITING,
        S.CLAIMED: {
            E.DIAL: S.DIALLING,
            E.RELEASE: S.QUEUED,
            E.LEASE_ENDED: S.QUEUED,
            E.SCHEDULE: S.SCHEDULED,
            E.SERVED: S.DONE,
            E.WITHDRAW: S.WITHDRAWN,
        },
        S.DIALLING: {
            E.NOT_DIALLED: S.QUEUED,
            E.ANSWERED: S.TALKING,
            E.SCHEDULE: S.SCHEDULED,
            E.TRY_AGAIN: S.RETRY,
            E.GIVE_UP: S.UNREACHABLE,
            E.FINISH: S.DONE,
        },
        S.TALKING: {
            E.SCHEDULE: S.SCHEDULED,
            E.TRY_AGAIN: S.RETRY,
            E.GIVE_UP: S.UNREACHABLE,
            E.FINISH: S.DONE,
        },
        S.UNREACHABLE: {
            E.SCHEDULE: S.SCHEDULED,
            E.ASK_AGAIN: S.QUEUED,
            E.SERVED: S.DONE,
            E.SIGN: S.DONE,
            E.EXPIRE: S.EXPIRED,
            E.WITHDRAW: S.WITHDRAWN,
        },
        S.DONE: {},
        S.EXPIRED: {},
        S.WITHDRAWN: {},
    }
)
WAITING: Final = frozenset({S.QUEUED, S.SCHEDULED, S.RETRY})
BUSY: Final = frozenset({S.CLAIMED, S.DIALLING, S.TALKING})
CLOSED: Final = frozenset({S.DONE, S.EXPIRED, S.WITHDRAWN})
OPEN: Final = frozenset(S) - CLOSED


def after(state: State, event: Event) -> State:
    """The state that an event leads to. Raises IllegalTransition."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition("return call", state, event, TRANSITIONS[state]) from None


class Source(StrEnum):
    """Why a customer is called back."""

    CASE_VERIFIED = "case_verified"
    ANSWER_READY = "answer_ready"
    AGENT_PROMISE = "agent_promise"
    APOLOGY = "apology"
    REQUESTED = "requested"
    """The caller pressed a key in the queue; the call's place in the queue is kept."""
    ABANDONED = "abandoned"
    CLOSED_HOURS = "closed_hours"
    MESSAGE = "message"
    OVERFLOWED = "overflowed"
    DIALECT = "dialect"
    SURVEY = "survey"
    SUPERVISOR = "supervisor"
    LIST = "list"


FOLLOW_UPS: Final = frozenset({Source.CASE_VERIFIED, Source.ANSWER_READY})
"""What a call about another matter does not settle: the follow-up of a case is only marked as seen."""


REACHED: Final = frozenset({Result.CONFIRMED, Result.PROBLEM, Result.ANSWERED, Result.REFUSED, Result.CALL_AGAIN})
"""The customer was spoken to."""
MISSES: Final = frozenset(
    {Result.BUSY, Result.NO_ANSWER, Result.VOICEMAIL, Result.WRONG_NUMBER, Result.FAILED, Result.UNSAID}
)
"""Counted attempts after which it is tried again while attempts are left."""
UNCOUNTED: Final = frozenset({Result.AGENT_NO_ANSWER, Result.CANCELLED, Result.NOT_SENT})
"""The customer's phone was not rung to the end, so no attempt is used up."""
GIVEN_BY_AGENT: Final = FINAL | {Result.CALL_AGAIN, Result.CANCELLED} | (MISSES - {Result.UNSAID})


class Reach(IntEnum):
    """How far a dial has got."""

    AGENT = 0
    """Only the agent."""
    RINGING = 1
    """The customer's phone is being called."""
    ANSWERED = 2


NEEDS: Final[Mapping[Result, Reach]] = MappingProxyType(
    {
        **dict.fromkeys(REACHED, Reach.ANSWERED),
        **dict.fromkeys(MISSES - {Result.UNSAID}, Reach.RINGING),
        Result.CANCELLED: Reach.AGENT,
    }
)
"""How far the dial must have got before an agent may choose this result: a customer's statement requires a customer, a
counted attempt requires a phone that was called.
"""


def event_of(result: Result, attempts: int, limit: int) -> Event:
    """The event that a result causes, after `attempts` counted attempts of at most `limit`."""
    if result in FINAL:
        return Event.FINISH
    if result is Result.CALL_AGAIN:
        return Event.SCHEDULE
    if result in UNCOUNTED:
        return Event.NOT_DIALLED
    return Event.GIVE_UP if attempts >= limit else Event.TRY_AGAIN


CASE_RESULTS: Final[Mapping[Result, str]] = MappingProxyType(
    {
        Result.CONFIRMED: "confirmed",
        Result.PROBLEM: "problem",
        Result.ANSWERED: "answered",
        Result.REFUSED: "refused",
        Result.SERVED: "answered",
        Result.UNREACHABLE_SIGNED: "unreachable_signed",
        Result.EXPIRED: "withdrawn",
        Result.WITHDRAWN: "withdrawn",
    }
)
"""Final results as the values of the job `case_called_back`."""


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A request to call a customer back: what its source knows.

    `number` is as dialled or E.164; `due_at` is a promised or requested time, None for as soon as possible;
    `arrived_at` is the place in the queue (that of the call, where there was one); `language` is a dialect that the
    caller needs (R8).
    """

    source: Source
    matter: str
    number: str
    reason: str
    customer: CustomerId | None = None
    line: str | None = None
    case: CaseNumber | None = None
    call: CallId | None = None
    due_at: datetime | None = None
    promised: bool = False
    arrived_at: datetime | None = None
    agent: str | None = None
    language: str | None = None
    campaign: str | None = None
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Callback:
    """A return call as input to the rules; times in UTC. `may_from` and `may_until` bound the next calling hours."""

    id: str
    state: State
    rev: int
    source: Source
    number: str
    line: str | None
    language: str | None
    standing: str
    case: CaseNumber | None
    promised: bool
    due_at: datetime
    may_from: datetime
    may_until: datetime
    arrived_at: datetime
    preferred: str | None
    agent: str | None
    lease_until: datetime | None
    attempts: int
    zones: tuple[str, ...]


def customer_key(customer: CustomerId | None, number: str) -> str:
    """The key of the customer for "one open return call per customer and matter": the file, else the number."""
    return f"c:{customer}" if customer else f"n:{number}"
