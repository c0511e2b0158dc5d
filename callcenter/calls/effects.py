"""Defines the effects that the floor decides on: values, not calls. A runner performs them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from callcenter.calls.model import CallRecord
from callcenter.facts import CallId, CustomerId, Linkedid, PhoneCode, Uniqueid


@dataclass(frozen=True, slots=True)
class Flag:
    """Evidence of a rule violation; a user confirms or annuls it.

    Its id consists of clause, call and further parts (`flag_of`), so that the same evidence found twice is one flag.
    """

    id: str
    clause: str
    policy_version: str
    raised_at: datetime
    call: CallId
    agent: str | None
    facts: tuple[tuple[str, Any], ...]


def flag_of(
    clause: str,
    policy_version: str,
    raised_at: datetime,
    call: CallId,
    agent: str | None,
    facts: Iterable[tuple[str, Any]],
    *parts: str,
) -> Flag:
    """Return the flag of this evidence.

    `parts` distinguish several flags of one clause on one call, such as by phone.
    """
    return Flag(":".join((clause, call, *parts)), clause, policy_version, raised_at, call, agent, tuple(facts))


class PhoneCall(NamedTuple):
    """A call of an agent's phone; `state` is ringing, talking or supervising."""

    call: CallId
    state: str


@dataclass(frozen=True, slots=True)
class AgentNow:
    """An agent at this instant; `state` is one of agent_state.AgentState."""

    number: str
    name: str
    phone: str
    state: str
    reason: str
    since: datetime
    call: CallId | None
    reachable: bool
    wrap_up_until: datetime | None = None
    page: str = "none"
    """A value of presence.PageState."""
    set_by: str = ""
    """The login of a leader who set the declared state."""
    after_call: str = ""
    after_reason: str = ""
    supervising: bool = False
    """On a colleague's call as its supervisor: no work with a caller of their own."""
    calls: tuple[PhoneCall, ...] = ()
    """Every call of their phone, oldest first: also one that rings beside the one that is talked on."""


@dataclass(frozen=True, slots=True)
class QueueNow:
    code: str
    waiting: int
    longest_since: datetime | None
    agents_free: int
    next: tuple[CallId, ...] = ()
    """The calls that are served next, in this order; of a long queue the first of them."""


@dataclass(frozen=True, slots=True)
class CallChanged:
    record: CallRecord
    customer_id: CustomerId | None = None
    held_since: datetime | None = None
    muted: bool = False
    kept_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The call is over as far as AMI shows; the PBX's files complete the record.

    `whole` when the link was up from the call's first event to its last.
    """

    record: CallRecord
    customer_id: CustomerId | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class NumberSeen:
    """The number of the other party is known; its customer is looked up next."""

    linkedid: Linkedid
    number: str


@dataclass(frozen=True, slots=True)
class SupervisorSeen:
    """A supervisor's phone has answered, or their part of the call has ended."""

    uniqueid: Uniqueid
    at: datetime
    ended: bool


@dataclass(frozen=True, slots=True)
class CodeDialled:
    """A code was dialled on the phone of this agent, None where it is no agent's; `channel` waits for the answer."""

    agent: str | None
    channel: str
    code: PhoneCode


@dataclass(frozen=True, slots=True)
class SupervisorFound:
    """A snapshot has a supervisor's channel whose call the live picture does not know: the service was restarted."""

    uniqueid: Uniqueid
    at: datetime


@dataclass(frozen=True, slots=True)
class AgentOffered:
    """The queue has begun to call this agent's phone."""

    linkedid: Linkedid
    agent: str


@dataclass(frozen=True, slots=True)
class LegWitnessed:
    """What the files do not contain and is stored separately: `kind` is ringing, held or resumed."""

    linkedid: Linkedid
    leg: Uniqueid
    at: datetime
    kind: str = "ringing"


@dataclass(frozen=True, slots=True)
class AgentChanged:
    agent: AgentNow


@dataclass(frozen=True, slots=True)
class QueueChanged:
    queue: QueueNow


@dataclass(frozen=True, slots=True)
class FlagRaised:
    flag: Flag


@dataclass(frozen=True, slots=True)
class AutoPause:
    """An agent left too many calls in a row unanswered (R1)."""

    agent: str
    reason: str


Duty = tuple[tuple[str, tuple[str, ...]], ...]
"""Who is on duty: line code and agent numbers."""


@dataclass(frozen=True, slots=True)
class DutyShown:
    duty: Duty


@dataclass(frozen=True, slots=True)
class LinkShown:
    """Whether the floor picture is current, and since when; `since` is None until the first snapshot.

    `stale`: the connection is open but silent, so the picture is as old as `since`, and ring flags are not watched.
    """

    connected: bool
    since: datetime | None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class FloorNow:
    """The whole floor at this instant: all live calls, agents and queues."""

    calls: tuple[CallChanged, ...]
    agents: tuple[AgentNow, ...]
    queues: tuple[QueueNow, ...]
    duty: Duty
    link: LinkShown


@dataclass(frozen=True, slots=True)
class MembersSeen:
    """Asterisk's queue members may differ from the plan: compare."""


@dataclass(frozen=True, slots=True)
class FloorCompared:
    """A complete snapshot was taken: these calls (linkedids) live, and no others."""

    living: frozenset[Linkedid]
    at: datetime


@dataclass(frozen=True, slots=True)
class PbxSeen:
    """The last instant of Asterisk: it announced its end (`stopped`), or its link broke just after (`seen`)."""

    at: datetime
    kind: str


Stored = CallEnded | LegWitnessed | FlagRaised | AutoPause | FloorCompared | PbxSeen
"""Effects that are stored: they wait in the backlog until the database has accepted them."""
Effect = (
    Stored
    | CallChanged
    | AgentChanged
    | QueueChanged
    | NumberSeen
    | AgentOffered
    | SupervisorSeen
    | SupervisorFound
    | CodeDialled
    | DutyShown
    | LinkShown
    | MembersSeen
)
