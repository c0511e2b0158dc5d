"""Facts about the floor as a whole: queue members, devices, the connection to the PBX, presence and duty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callcenter.facts.ids import CallId, Linkedid, Uniqueid


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
class QueueOrdered:
    """The callers of a queue in app_queue's order, read after a person has changed it: Asterisk sends no event."""

    at: datetime
    queue: str
    callers: tuple[Uniqueid, ...]


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
    set_by: str = ""
    """The login of a leader who set it for the agent; empty for the agent's own act."""


@dataclass(frozen=True, slots=True)
class AfterCallChosen:
    """What an agent does after the present call: `paused` or `signed_out`; empty for nothing."""

    at: datetime
    agent: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class AgentRestored:
    """What was stored of an agent before the service was started again; `page` is the state of their page."""

    at: datetime
    agent: str
    wrap_up_since: datetime | None
    wrap_up_until: datetime | None
    page: str


@dataclass(frozen=True, slots=True)
class PageSeen:
    """An agent's page is open, and can ring or not; or it is being closed."""

    at: datetime
    agent: str
    can_ring: bool
    closing: bool


@dataclass(frozen=True, slots=True)
class WrapUpChanged:
    """The after-call work of an agent ends at another instant; None ends it now."""

    at: datetime
    agent: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class DutyChanged:
    """Who is on duty by the roster from now on: line code -> agent numbers."""

    at: datetime
    duty: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class SupervisionPlaced:
    """A supervisor's phone is called to join a call; `channel` is the Uniqueid of its channel."""

    at: datetime
    channel: Linkedid
    call: CallId
