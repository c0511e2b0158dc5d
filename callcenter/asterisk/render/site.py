"""Defines the input of the configuration: plain values, each checked before it can reach a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from callcenter.asterisk.render.connects import Connects


@dataclass(frozen=True, slots=True)
class Phone:
    """An agent's phone: a PJSIP endpoint. `kind` is desk or webrtc; the display name never enters a file."""

    endpoint: str
    secret: str = field(repr=False)
    agent: str
    kind: str = "desk"


@dataclass(frozen=True, slots=True)
class Overflow:
    """Where callers go after `seconds` in the queue (0: its longest wait); `unstaffed`: also when no one is on duty."""

    to: str
    line: bool = False
    seconds: int = 0
    unstaffed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    code: str
    dids: tuple[str, ...]
    queue: str
    language: str = "zh"
    record: str = "never"
    """always, never or consent (an agent starts it by *91)."""
    notice: str = ""
    """The prompt that announces the recording to the caller, before queueing; empty: none."""
    take_message: bool = False
    """Outside the hours, or when no one is on duty, the caller may leave a message (R4)."""
    asks: bool = False
    """Whether a published flow names the line."""
    connects: Connects | None = None
    """Of a line with a flow that asks callers nothing while it is open; then the dialplan connects them alone."""
    hears: str = "ring"
    """What a waiting caller hears: ring (R1 is counted from the queue's start) or music."""
    greeting: str = ""
    """The prompt that greets the caller, before queueing; empty: none."""
    priority: int = 0
    """Of the line's callers, in the queue that they wait in."""
    looks_up: bool = False
    """Whether the service looks each caller up; any other line is decided by what was pushed ahead."""
    own_seconds: int = 0
    """How long the caller's own agent is rung alone; 0: not at all."""
    overflow: Overflow | None = None
    survey: bool = False
    """When the agent hangs up, the caller is asked to rate the call by key."""


@dataclass(frozen=True, slots=True)
class Queue:
    """`ring_seconds` is when the call moves on to the next phone: the start of ring `move_on_at_ring` (R1)."""

    code: str
    strategy: str = "rrmemory"
    ring_seconds: int = 15
    max_wait_seconds: int = 600
    wrap_up_net_seconds: int = 5
    """Asterisk's own pause after a call: short, and only effective while the service is down."""
    wish_seconds: int = 60
    announce_seconds: int = 0
    """How often a waiting caller hears their place and the wait; 0: the offer of a return call, by `wish_seconds`."""
    own: bool = False
    """The queue of one agent, in which a caller of theirs is rung once and only if the agent is free."""
    no_speaker: tuple[str, ...] = ()
    """Of a ladder whose callers are called back when no speaker is on duty: the prompts that say so (R8)."""
    rungs: tuple[int, ...] = ()
    """Of a ladder: the seconds of waiting after which members of the next rung are rung too (R8)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller's file: their priority and the ladders that fit; the first one that their line has applies."""

    priority: int = 0
    ladders: tuple[str, ...] = ()
    blocked: tuple[tuple[str, int], ...] = ()
    """The lines that do not take them, each until an epoch second; an empty code is every line."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """A carrier's address and identification; the first is used, the others when it does not take a call."""

    host: str = ""
    port: int = 5060
    user: str = ""
    secret: str = field(default="", repr=False)
    match: tuple[str, ...] = ()
    """Further hosts, addresses and ranges (192.0.2.0/24) that the carrier calls from."""
    contact_user: str = ""
    """The user part that we register as our address; the login's user when empty."""
    from_user: str = ""
    from_domain: str = ""
    proxy: str = ""
    """The outbound proxy for all requests to the carrier: a host, with or without a port."""
    codecs: tuple[str, ...] = ("alaw", "ulaw")
    trusts_identity: bool = False
    """Trust the caller's number of P-Asserted-Identity (RFC 3325) rather than that of From."""
    transport: str = "udp"
    encryption: str = "no"
    """Media encryption: no or sdes (SRTP with keys in SDP, RFC 4568)."""
    qualify_seconds: int = 0  # How often the carrier is asked by OPTIONS (RFC 3261, 11) whether it answers; 0: never.
    register_seconds: int = 120  # A carrier may demand a longer time (423).


@dataclass(frozen=True, slots=True)
class Phones:
    """How desk phones reach the PBX; browser phones always use a WebSocket and DTLS."""

    transport: str = "udp"
    encryption: str = "no"
    networks: tuple[str, ...] = ()
    """Where phones may be, as addresses and ranges; empty: anywhere."""


@dataclass(frozen=True, slots=True)
class Dialling:
    """Outbound dialling rules. `minutes`: alarm and stop per day by scope: phone, person, house (the centre)."""

    classes: tuple[str, ...] = ("inside", "local", "national", "mobile")
    phones: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By agent number, where the phone has no classes of its own."""
    emergency: tuple[str, ...] = ("110", "119", "120", "122")
    signed_in_only: bool = True
    at_once: int = 2
    minutes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that the files depend on; equal sites give equal files."""

    name: str
    home: str
    modules: str
    data: str
    ami_host: str
    ami_port: int
    events_user: str
    events_secret: str = field(repr=False)
    control_user: str
    control_secret: str = field(repr=False)
    sip_host: str
    sip_port: int
    http_port: int
    rtp_start: int
    rtp_end: int
    agi_host: str
    agi_port: int
    country: str = "cn"
    country_code: str = "86"
    trunk_host: str = ""
    trunk_port: int = 5070
    trunk_user: str = ""
    trunk_secret: str = field(default="", repr=False)
    outbound_number: str = ""
    """The number shown to the carrier for calls that agents dial; empty: the line's, or the first line's."""
    log_dir: str = ""
    log_fifo: str = ""
    """A FIFO for the log, whose reader masks numbers; empty: the plain file messages.log."""
    ami_tls_certificate: str = ""
    phones: tuple[Phone, ...] = ()
    lines: tuple[Line, ...] = ()
    queues: tuple[Queue, ...] = ()
    record_outbound: str = "never"
    silence_seconds: int = 60
    """A call ends after this time without audio from a phone or the carrier."""
    spool_dir: str = ""
    """Where recordings are written; `spool/monitor` of the home when empty."""
    trunk: Trunk = Trunk()
    """Further settings of the carrier at `trunk_host`; `more_trunks` are the fallback carriers, in order."""
    more_trunks: tuple[Trunk, ...] = ()
    desk_phones: Phones = Phones()
    tls_port: int = 0
    """The port for SIP over TLS, with `tls_certificate` and `tls_key`; 0: disabled."""
    tls_certificate: str = ""
    tls_key: str = ""
    dialling: Dialling | None = None
    """None disables the guard."""
    priority_seconds: int = 30
    """Each point of a caller's priority counts as having arrived so many seconds earlier."""
    callers: Mapping[str, Caller] = field(default_factory=dict)
    """Callers who are not served in the order of arrival, by the key of their number (render/ahead.py)."""
    phone_codes: bool = True
    """Whether agents sign in and out, and pause, by codes that they dial."""
    barred: tuple[str, ...] = ()
    """Addresses whose requests are refused before any further processing."""

    @property
    def trunks(self) -> dict[str, Trunk]:
        """All carriers by endpoint name; without one of the centre's own, the simulated one is first."""
        first = replace(
            self.trunk,
            host=self.trunk_host or self.sip_host,
            port=self.trunk_port,
            user=self.trunk_user,
            secret=self.trunk_secret,
        )
        return {f"trunk{place or ''}": trunk for place, trunk in enumerate((first, *self.more_trunks))}

    @property
    def spool(self) -> str:
        return self.spool_dir or f"{self.home}/spool/monitor"

    @property
    def logs(self) -> str:
        return self.log_dir or f"{self.home}/log"

    @property
    def sounds(self) -> str:
        return f"{self.home}/sounds"
