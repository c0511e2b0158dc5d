"""Defines the values of a session: its state, the events that it takes and the actions that it asks for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ivr.flows.model import Flow

Value = str | int | datetime


class Hours(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    NOBODY = "nobody"
    """Within the hours, and no agent is on duty and signed in."""


class Phase(StrEnum):
    """What the session waits for."""

    CALLER = "caller"
    KEYS = "keys"
    CASE_NUMBER = "case_number"
    CASE_CHECK = "case_check"
    CASE_LOOKUP = "case_lookup"
    MEMBER_NUMBER = "member_number"
    MEMBER_LOOKUP = "member_lookup"
    NUMBER = "number"
    CONFIRM = "confirm"
    OVER = "over"


class Want(StrEnum):
    """What a number is entered for."""

    CALLBACK = "callback"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known when the caller arrives. `number` is None when withheld.

    `opens_at` is None when no opening is known: by the hours or, when no one is on duty, by the roster.
    """

    line: str
    queue: str
    language: str
    hours: Hours
    now: datetime
    opens_at: datetime | None = None
    number: str | None = None
    priority: int = 0
    overflowed: bool = False
    """The caller has already waited in the queue; no one took the call."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What the customer file has for the caller's number. `open_case` is whether there is an open case, never which."""

    customer: str | None = None
    language: str = ""
    dialect: str = ""
    priority: int = 0
    blocked: bool = False
    team: bool = False
    """Whether the team of VIP members and key accounts takes them first."""
    own_agent: str = ""
    """Who holds their open case, or spoke with them last."""


@dataclass(frozen=True, slots=True)
class CaseState:
    """The state of a case whose check digits were right."""

    case: str
    state: str
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """A prompt in a language, with the values that it contains."""

    prompt: str
    language: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Noted:
    """One step of the caller's path: the step and the keys pressed; `""` is silence, `*` a masked digit."""

    step: str
    keys: str = ""
    result: str = ""


# Events.


@dataclass(frozen=True, slots=True)
class Began:
    """The caller is on the line."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys that the caller pressed, without the `#` that ended an entry; empty for a `#` alone."""

    keys: str


@dataclass(frozen=True, slots=True)
class Silence:
    """The caller pressed nothing in time."""


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a look-up."""

    result: Caller | CaseState


@dataclass(frozen=True, slots=True)
class NotFound:
    """The look-up has no result: an unknown caller, or a case and check digits that do not belong together."""


@dataclass(frozen=True, slots=True)
class Slow:
    """The look-up did not answer in time."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller has hung up."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """The question could not be played: its last recording, or all of them, are missing. The caller is still there."""


Event = Began | Keys | Silence | Found | NotFound | Slow | Unheard | HungUp

# Actions.


@dataclass(frozen=True, slots=True)
class Ask:
    """Play, and read keys; the first key stops the prompt. `#` ends an entry of more than one key."""

    say: tuple[Say, ...]
    most: int = 1
    seconds: int = 5


@dataclass(frozen=True, slots=True)
class LookUpCaller:
    number: str


@dataclass(frozen=True, slots=True)
class LookUpCase:
    """`check` are the last digits of the telephone number on the case."""

    digits: str
    check: str


@dataclass(frozen=True, slots=True)
class LookUpMember:
    """The customer who has this member number; `number` is the caller's, None when withheld."""

    digits: str
    number: str | None


class End(StrEnum):
    """How the session ends: what the dialplan does next."""

    QUEUE = "queue"
    LINE = "line"
    MESSAGE = "message"
    CALLBACK = "callback"
    CLOSE = "close"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Finish:
    """The last action. `outcome` is the record's outcome and reason where the dialplan's own would not fit."""

    end: End
    say: tuple[Say, ...] = ()
    language: str = ""
    queue: str = ""
    line: str = ""
    priority: int = 0
    dialect: str = ""
    team: bool = False
    own_agent: str = ""
    number: str = ""
    """The number that the caller entered to be called at; empty: the number that they call from."""
    outcome: str = ""


Action = Ask | LookUpCaller | LookUpCase | LookUpMember | Finish


@dataclass(frozen=True, slots=True)
class State:
    """The state of a session; `pending` are prompts that the next question or end begins with."""

    flow: Flow
    situation: Situation
    language: str
    phase: Phase = Phase.CALLER
    step: str = ""
    caller: Caller = field(default_factory=Caller)
    dialect: str = ""
    chosen: bool = False
    """Whether the language is the caller's: on file, or chosen by key."""
    misses: int = 0
    case_digits: str = ""
    want: Want = Want.CALLBACK
    number: str = ""
    pending: tuple[Say, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """The new state, what to do, and what belongs on the call's record."""

    state: State
    do: Action
    notes: tuple[Noted, ...] = ()
