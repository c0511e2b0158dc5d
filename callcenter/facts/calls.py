"""Facts about one call: its channels, its way through the queue, and who rang and talked.

`leg` is always the Uniqueid of the phone's channel, `caller` the Uniqueid of the inbound channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callcenter.facts.ids import CustomerId, Linkedid, Uniqueid
from callcenter.facts.phone_codes import PhoneCode


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
class ChannelMuted:
    """The service keeps a phone's audio from the other parties, or lets it pass again; Asterisk reports neither."""

    at: datetime
    linkedid: Linkedid
    uniqueid: Uniqueid
    muted: bool


@dataclass(frozen=True, slots=True)
class CallTransferred:
    """A party transferred the call; `kind` is `blind` or `attended`, `by` the channel of that party."""

    at: datetime
    linkedid: Linkedid
    by: Uniqueid
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class CustomerFound:
    """The number of the other party belongs to a customer with a file. `at` is our clock, not the PBX's."""

    at: datetime
    call: Linkedid
    number: str
    customer_id: CustomerId


@dataclass(frozen=True, slots=True)
class CallPlaced:
    """An agent starts a call from a page; Asterisk names its number only once the agent's phone has answered."""

    at: datetime
    linkedid: Linkedid
    number: str
    line: str | None


@dataclass(frozen=True, slots=True)
class CallerWent:
    """The caller took a part of their path through a reception flow; `steps` are step, keys and result."""

    at: datetime
    call: Linkedid
    steps: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class PhoneCodeDialled:
    """An agent has dialled a code on their phone; the channel waits for what it is to play."""

    at: datetime
    channel: str
    code: PhoneCode


@dataclass(frozen=True, slots=True)
class CallKept:
    """The caller hears music because the page of their agent has vanished; its `phone` is called again."""

    at: datetime
    linkedid: Linkedid
    phone: str
