"""Defines calls and offers: the shared terms and the record. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from callcenter.facts import CallId, CustomerId, Linkedid, Uniqueid


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Outcome(StrEnum):
    """How a call ended; every call ends once, with exactly one."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    CALLBACK_REQUESTED = "callback_requested"
    MESSAGE_LEFT = "message_left"
    CLOSED = "closed"
    OVERFLOWED = "overflowed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class HungUpBy(StrEnum):
    CALLER = "caller"
    AGENT = "agent"
    SYSTEM = "system"
    UNDETERMINED = "undetermined"


class OfferOutcome(StrEnum):
    """How one ring of one phone ended; the seven are distinct because the rules treat them differently."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    CALLER_LEFT = "caller_left"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Offer:
    """One ring of one phone.

    `ringing_at` is None when no witness saw the phone ring; then `rings` is None, and `late` is False only where the
    whole attempt was too short to be late, else None (unknown).
    """

    leg: Uniqueid
    agent: str
    phone: str
    queue: str
    offered_at: datetime
    ringing_at: datetime | None = None
    ended_at: datetime | None = None
    rings: int | None = None
    late: bool | None = None
    outcome: OfferOutcome | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """`result` is answered, busy, declined, no_answer, unreachable or unknown_number, None where no witness has it.

    `returned_to` is where a caller went whom the target did not take: agent, queue or nobody (R3).
    """

    at: datetime
    kind: str
    by: str
    target: str
    result: str | None = None
    returned_to: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    started_at: datetime
    ended_at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One channel of a call; `party` is caller, agent, or other."""

    uniqueid: Uniqueid
    channel: str
    party: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    cause: int | None
    agent: str | None = None
    """The agent whose phone it is; None for an external party."""
    talk_seconds: float | None = None
    """Talk time with the other side; None where it never talked, or the duration is unknown."""


MEMBER: Final = "member_"
CASE: Final = "case_"
"""Beginnings of a path step's result by which a caller was identified (ivr/session); the id of the file follows."""


@dataclass(frozen=True, slots=True)
class PathStep:
    """A step of the caller's path through a reception flow.

    `keys` are the keys pressed, empty for silence, `*` for digits that are not kept; `result` is what came of it, such
    as a chosen language or how the caller was identified.
    """

    at: datetime
    step: str
    keys: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, keyed by (pbx, linkedid); `outcome` is None while it lives.

    Where `end_known` is False the end was not observed: `ended_at` is the last instant at which the PBX (or else the
    call) was seen, and `talk_seconds` is counted up to there, or None where nothing was seen after the answer.
    """

    pbx: str
    linkedid: Linkedid
    direction: Direction
    line: str | None
    queue: str | None
    caller_number: str
    caller_name: str
    called_number: str
    arrived_at: datetime
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    agent: str | None = None
    hung_up_by: HungUpBy | None = None
    late: bool | None = None
    wait_seconds: float | None = None
    talk_seconds: float | None = None
    hold_seconds: float | None = None
    """Of the talk, the time on hold; None where a hold may have been missed."""
    end_known: bool = True
    survey_asked_at: datetime | None = None
    """When the agent left the caller to the survey: the end of the talk, where `ended_at` is the end of the survey."""
    survey_mark: int | None = None
    """1 (very dissatisfied) to 5 (very satisfied); None when the caller gave none."""
    offers: tuple[Offer, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    holds: tuple[Hold, ...] = ()
    legs: tuple[Leg, ...] = ()
    path: tuple[PathStep, ...] = ()
    """The caller's path through the line's flow, oldest first."""
    entered_number: str = ""
    """The number at which the caller asks to be called, entered by keys; empty: the number that they call from."""
    dialect: str = ""
    """The language or dialect that the caller chose, or for which no speaker was on duty; empty where neither is so."""
    overflowed_to: str = ""
    """Where the caller went last whom the line's queue did not serve: `line:CODE`, `callback`, `message`; or empty."""

    @property
    def id(self) -> CallId:
        """The call's id in the API, the database and the live feed."""
        return call_id(self.pbx, self.linkedid)

    @property
    def member(self) -> CustomerId:
        """The id of the customer whose member number the caller keyed in; empty when none was."""
        ids = (step.result[len(MEMBER) :] for step in reversed(self.path) if step.result.startswith(MEMBER))
        return CustomerId(next(ids, ""))

    @property
    def identified_by(self) -> str | None:
        """How the caller was identified in the reception: the last proof that they gave; None for none."""
        if self.member:
            return "member_number"
        if any(step.result.startswith(CASE) for step in self.path):
            return "case_number"
        return "number" if any(step.step == "caller" and step.result == "number" for step in self.path) else None

    @property
    def other_number(self) -> str:
        """The number of the other party: the dialled one of an outbound call, else the caller's."""
        return self.called_number if self.direction is Direction.OUTBOUND else self.caller_number

    @property
    def agents(self) -> frozenset[str]:
        """The agents the call belongs to: who answered or dialled it, and who talked to the other party."""
        talked = {leg.agent for leg in self.legs if leg.agent is not None and leg.talk_seconds is not None}
        return frozenset(talked | ({self.agent} if self.agent else set()))

    @property
    def concerned(self) -> frozenset[str]:
        """The agents of the call, and those whose phones rang."""
        return self.agents | {offer.agent for offer in self.offers}

    def concerns(self, agent: str | None) -> bool:
        """Whether the agent is, was or was offered the call; false for a user who is no agent."""
        return agent is not None and agent in self.concerned


def talk_of(call: CallRecord, agent: str) -> float | None:
    """The agent's own talk time in seconds; None where they did not talk, or the duration is unknown."""
    own = [leg.talk_seconds for leg in call.legs if leg.agent == agent and leg.talk_seconds is not None]
    if own:
        return round(sum(own), 3)
    # Records that predate agents on legs, and those known from AMI only.
    known = any(leg.agent is not None for leg in call.legs)
    return call.talk_seconds if call.agent == agent and not known else None


def call_id(pbx: str, linkedid: Linkedid) -> CallId:
    """The call's id everywhere: Asterisk's linkedid, which `systemname` already prefixes with the PBX."""
    return CallId(linkedid if linkedid.startswith(f"{pbx}-") else f"{pbx}-{linkedid}")
