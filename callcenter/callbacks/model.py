"""What a return call is and which steps it may take. Pure.

One open return call per customer and matter; whatever else asks for the same joins it as a further cause. It waits
(`queued`, `scheduled`, `retry`), is held by one agent (`claimed`, `dialling`, `talking`), or is closed. Nothing is
closed by the clock: it is done, or a person says that it is unreachable, expired or withdrawn (policy F1, R9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from callcenter.errors import IllegalTransition
from callcenter.followup.model import FINAL as FINAL
from callcenter.followup.model import Result as Result


class State(StrEnum):
    QUEUED = "queued"
    """As soon as somebody is free."""
    SCHEDULED = "scheduled"
    """At a time that was promised or chosen."""
    CLAIMED = "claimed"
    """An agent reads what it is about (F3); nobody else may take it while the lease runs."""
    DIALLING = "dialling"
    TALKING = "talking"
    """The customer answered; it stays so until the result is written, also after the call has ended."""
    DONE = "done"
    RETRY = "retry"
    UNREACHABLE = "unreachable"
    """The attempts are used up: a supervisor signs, or has it tried again."""
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    SCHEDULE = "schedule"
    CLAIM = "claim"
    RELEASE = "release"
    LEASE_ENDED = "lease_ended"
    DIAL = "dial"
    NOT_DIALLED = "not_dialled"
    """The customer's phone was not called: the agent's own did not answer, or nothing was ever sent."""
    ANSWERED = "answered"
    TRY_AGAIN = "try_again"
    GIVE_UP = "give_up"
    FINISH = "finish"
    SERVED = "served"
    """The customer rang in and was served."""
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
    """Why somebody is called back."""

    CASE_VERIFIED = "case_verified"
    ANSWER_READY = "answer_ready"
    AGENT_PROMISE = "agent_promise"
    APOLOGY = "apology"
    REQUESTED = "requested"
    """The caller pressed a key in the queue; the place of the call is kept."""
    ABANDONED = "abandoned"
    CLOSED_HOURS = "closed_hours"
    MESSAGE = "message"
    OVERFLOWED = "overflowed"
    DIALECT = "dialect"
    SURVEY = "survey"
    SUPERVISOR = "supervisor"
    LIST = "list"


FOLLOW_UPS: Final = frozenset({Source.CASE_VERIFIED, Source.ANSWER_READY})
"""What a call about something else does not settle: the follow-up of a case is only marked as seen."""


REACHED: Final = frozenset({Result.CONFIRMED, Result.PROBLEM, Result.ANSWERED, Result.REFUSED, Result.CALL_AGAIN})
"""The customer was spoken to."""
MISSES: Final = frozenset(
    {Result.BUSY, Result.NO_ANSWER, Result.VOICEMAIL, Result.WRONG_NUMBER, Result.FAILED, Result.UNSAID}
)
"""Counted attempts after which it is tried again, as long as there are attempts left."""
UNCOUNTED: Final = frozenset({Result.AGENT_NO_ANSWER, Result.CANCELLED, Result.NOT_SENT})
"""The customer's phone did not ring to its end, so no attempt is used up."""
SAID_BY_AGENT: Final = FINAL | {Result.CALL_AGAIN, Result.CANCELLED} | (MISSES - {Result.UNSAID})


class Reach(IntEnum):
    """How far a dial has come."""

    AGENT = 0
    """Nobody but the agent."""
    RINGING = 1
    """The customer's phone is called."""
    ANSWERED = 2


NEEDS: Final[Mapping[Result, Reach]] = MappingProxyType(
    {
        **dict.fromkeys(REACHED, Reach.ANSWERED),
        **dict.fromkeys(MISSES - {Result.UNSAID}, Reach.RINGING),
        Result.CANCELLED: Reach.AGENT,
    }
)
"""How far the dial must have come before an agent may say this: a customer's word needs a customer, an attempt that is
counted needs a phone that was called."""


def event_of(result: Result, attempts: int, limit: int) -> Event:
    """What a result does to the return call, after `attempts` counted attempts of at most `limit`."""
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
"""Final results in the words of the job `case_called_back`."""


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """Somebody is to be called back: what a source knows of it.

    `number` is as dialled or E.164; `due_at` a promise or a request, None for as soon as possible; `arrived_at` the
    place in the queue (of the call, where there was one); `language` a dialect that the caller needs (R8).
    """

    source: Source
    matter: str
    number: str
    reason: str
    customer: str | None = None
    line: str | None = None
    case: str | None = None
    call: str | None = None
    due_at: datetime | None = None
    promised: bool = False
    arrived_at: datetime | None = None
    agent: str | None = None
    language: str | None = None
    campaign: str | None = None
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Callback:
    """A return call as the rules see it; times in UTC. `may_from` and `may_until` bound the next hours of calling."""

    id: str
    state: State
    rev: int
    source: Source
    number: str
    line: str | None
    language: str | None
    standing: str
    case: str | None
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


def customer_key(customer: str | None, number: str) -> str:
    """Who "the customer" of one open item per customer and matter is: the file, or the number without one."""
    return f"c:{customer}" if customer else f"n:{number}"
