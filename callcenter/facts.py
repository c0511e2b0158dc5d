"""Defines facts, the vocabulary of PBX events: past tense, frozen, with the PBX's own time.

`asterisk/translate.py` creates them from AMI messages; `calls/floor.py` applies them. They are facts, not a sequence:
Asterisk guarantees no order between kinds of event, so no code may depend on it. `leg` is always the Uniqueid of the
phone's channel, `caller` the Uniqueid of the inbound channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

Uniqueid = NewType("Uniqueid", str)
"""Asterisk's id of a channel."""
Linkedid = NewType("Linkedid", Uniqueid)
"""Asterisk's id of a call: the Uniqueid of its first channel. It may stand for that channel;
no other channel may stand for the call."""


def linkedid_of(text: str) -> Linkedid:
    """The id of a call as Asterisk or the database writes it."""
    return Linkedid(Uniqueid(text))


@dataclass(frozen=True, slots=True)
class ChannelOpened:
    """A channel exists (AMI Newchannel)."""

    at: datetime
    linkedid: Linkedid
    uniqueid: Uniqueid
    channel: str
    context: str
    exten: str
    caller_number: str
    caller_name: str


@dataclass(frozen=True, slots=True)
class ChannelAnswered:
    """A channel is up (AMI Newstate with ChannelState 6)."""

    at: datetime
    linkedid: Linkedid
    uniqueid: Uniqueid


@dataclass(frozen=True, slots=True)
class LineEntered:
    """The dialplan has put the caller on a line (AMI NewAccountCode; the account code is the line's code)."""

    at: datetime
    linkedid: Linkedid
    uniqueid: Uniqueid
    line: str


@dataclass(frozen=True, slots=True)
class CallerQueued:
    """The caller joined a queue (AMI QueueCallerJoin)."""

    at: datetime
    linkedid: Linkedid
    caller: Uniqueid
    queue: str
    position: int
    line: str
    caller_number: str
    caller_name: str


@dataclass(frozen=True, slots=True)
class CallerLeftQueue:
    """The caller left the queue, for any reason (AMI QueueCallerLeave)."""

    at: datetime
    linkedid: Linkedid
    caller: Uniqueid
    queue: str


@dataclass(frozen=True, slots=True)
class CallerAbandoned:
    """The caller hung up while waiting (AMI QueueCallerAbandon)."""

    at: datetime
    linkedid: Linkedid
    caller: Uniqueid
    queue: str


@dataclass(frozen=True, slots=True)
class PhoneCalled:
    """The queue has begun an attempt on an agent's phone (AMI AgentCalled); it does not ring yet."""

    at: datetime
    linkedid: Linkedid
    caller: Uniqueid
    leg: Uniqueid
    queue: str
    agent: str
    interface: str


@dataclass(frozen=True, slots=True)
class PhoneRang:
    """The phone is ringing (AMI DialState RINGING); the ring rule R1 counts from here."""

    at: datetime
    linkedid: Linkedid
    leg: Uniqueid


@dataclass(frozen=True, slots=True)
class DialEnded:
    """An attempt on a phone ended (AMI DialEnd): ANSWER BUSY NOANSWER CANCEL CONGESTION CHANUNAVAIL ..."""

    at: datetime
    linkedid: Linkedid
    leg: Uniqueid
    status: str


@dataclass(frozen=True, slots=True)
class PhoneMissed:
    """app_queue gave up on a phone (AMI AgentRingNoAnswer): four causes, so only a hint beside DialEnded."""

    at: datetime
    linkedid: Linkedid
    leg: Uniqueid
    queue: str
    agent: str
    ring_milliseconds: int


@dataclass(frozen=True, slots=True)
class AgentConnected:
    """Agent and caller are connected (AMI AgentConnect)."""

    at: datetime
    linkedid: Linkedid
    caller: Uniqueid
    leg: Uniqueid
    queue: str
    agent: str


@dataclass(frozen=True, slots=True)
class AgentFinished:
    """The talk is over (AMI AgentComplete); `linkedid` is empty when Asterisk omits the caller block.

    `reason` is `caller`, `agent` or `transfer`.
    """

    at: datetime
    linkedid: Linkedid
    leg: Uniqueid
    queue: str
    agent: str
    reason: str


@dataclass(frozen=True, slots=True)
class HangupRequested:
    """A party hung up (AMI HangupRequest); the first one of a call names the party."""

    at: datetime
    linkedid: Linkedid
    uniqueid: Uniqueid


@dataclass(frozen=True, slots=True)
class ChannelClosed:
    """A channel is gone (AMI Hangup); `cause` is the Q.850 cause."""

    at: datetime
    linkedid: Linkedid
    uniqueid: Uniqueid
    cause: int


@dataclass(frozen=True, slots=True)
class ChannelHeld:
    at: datetime
    linkedid: Linkedid
    uniqueid: Uniqueid


@dataclass(frozen=True, slots=True)
class ChannelResumed:
    at: datetime
    linkedid: Linkedid
    uniqueid: Uniqueid


@dataclass(frozen=True, slots=True)
class CallTransferred:
    """A party transferred the call; `kind` is `blind` or `attended`, `by` the channel of that party."""

    at: datetime
    linkedid: Linkedid
    by: Uniqueid
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class MemberSeen:
    """A queue member's complete state (AMI QueueMember, QueueMemberAdded/Pause/Penalty/Status).

    `status` is Asterisk's device state number: 1 free, 2 in use, 3 busy, 4 invalid, 5 unavailable, 6 ringing, 7 ringing
    while in use, 8 on hold, 0 unknown.
    """

    at: datetime
    queue: str
    agent: str
    interface: str
    penalty: int
    paused: bool
    reason: str
    status: int
    in_call: bool


@dataclass(frozen=True, slots=True)
class MemberGone:
    at: datetime
    queue: str
    agent: str
    interface: str


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A phone's state changed (AMI DeviceStateChange): NOT_INUSE INUSE RINGING UNAVAILABLE ..."""

    at: datetime
    device: str
    state: str


@dataclass(frozen=True, slots=True)
class QueueEntry:
    caller: Uniqueid
    queue: str
    position: int
    waited_seconds: int
    caller_number: str
    caller_name: str


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    linkedid: Linkedid
    uniqueid: Uniqueid
    channel: str
    context: str
    exten: str
    state: int
    caller_number: str
    caller_name: str
    application: str
    account: str
    bridge: str
    seconds: int


@dataclass(frozen=True, slots=True)
class FloorSeen:
    """A complete snapshot, taken on the events connection after a login: events after it are newer than it.

    `restarted` distinguishes a restarted PBX from a mere loss of connection.
    """

    at: datetime
    channels: tuple[ChannelSeen, ...]
    entries: tuple[QueueEntry, ...]
    members: tuple[MemberSeen, ...]
    devices: tuple[DeviceChanged, ...]
    queues: tuple[str, ...]
    restarted: bool


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The AMI events connection is gone; what happens until the next FloorSeen is a gap."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class LinkStale:
    """The events connection is silent, pings included: current events arrive late, or never."""

    at: datetime


@dataclass(frozen=True, slots=True)
class LinkProven:
    """Everything the PBX did until `at`, by its own clock, precedes this fact (AMI Ping and its answer)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class PbxStopping:
    """Asterisk has ended its calls and shuts down (AMI Shutdown): `core stop now`, `core restart now`, SIGTERM."""

    at: datetime


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """An agent's declared presence, or the system's decision: `state` is signed_out, available or paused.

    Ringing, on_call and wrap_up are never declared; the floor derives them.
    """

    at: datetime
    agent: str
    name: str
    phone: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class CustomerFound:
    """The number of the other party belongs to a customer with a file. `at` is our clock, not the PBX's."""

    at: datetime
    call: Linkedid
    number: str
    customer_id: str


@dataclass(frozen=True, slots=True)
class CallerWent:
    """The caller took a part of their path through a reception flow; `steps` are step, keys and result."""

    at: datetime
    call: Linkedid
    steps: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class DutyChanged:
    """Who is on duty by the roster from now on: line code -> agent numbers."""

    at: datetime
    duty: tuple[tuple[str, tuple[str, ...]], ...]


Fact = (
    ChannelOpened
    | ChannelAnswered
    | LineEntered
    | CallerQueued
    | CallerLeftQueue
    | CallerAbandoned
    | PhoneCalled
    | PhoneRang
    | DialEnded
    | PhoneMissed
    | AgentConnected
    | AgentFinished
    | HangupRequested
    | ChannelClosed
    | ChannelHeld
    | ChannelResumed
    | CallTransferred
    | MemberSeen
    | MemberGone
    | DeviceChanged
    | FloorSeen
    | LinkLost
    | LinkStale
    | LinkProven
    | PbxStopping
    | PresenceChanged
    | DutyChanged
    | CustomerFound
    | CallerWent
)
