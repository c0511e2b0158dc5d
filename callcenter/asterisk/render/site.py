"""What the configuration is made of: plain values, each checked before it can reach a file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from callcenter.errors import Invalid


class HostileValue(Invalid):
    """A value holds a character that Asterisk's files or dialplan would take for syntax."""

    code = "hostile_value"


_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NUMBER = re.compile(r"\+?[0-9*#]{1,20}")
_PROMPT = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_SECRET = re.compile(r"[A-Za-z0-9_.~-]{0,120}")
_HOST = re.compile(r"[A-Za-z0-9.:_-]{0,120}")
# Letters of any script and spaces inside: people keep things in folders named in their own language.
_PATH = re.compile(r"/(?:[\w./@+ -]*[\w./@+-])?")


def code(value: str) -> str:
    """A name of ours: ASCII letters, digits, `_` and `-`. Raises HostileValue."""
    return _checked(_CODE, value, "code")


def number(value: str) -> str:
    """A dialled number: digits with a leading plus, or a short code with * and #. Raises HostileValue."""
    return _checked(_NUMBER, value, "number")


def secret(value: str) -> str:
    return _checked(_SECRET, value, "secret")


def host(value: str) -> str:
    return _checked(_HOST, value, "host")


def path(value: str) -> str:
    return _checked(_PATH, value, "path")


def prompt(value: str) -> str:
    """The name of a prompt in a language's folder, such as cc/recorded. Raises HostileValue."""
    return _checked(_PROMPT, value, "prompt")


def _checked(pattern: re.Pattern[str], value: str, kind: str) -> str:
    if not pattern.fullmatch(value):
        raise HostileValue(f"a {kind} in the configuration of Asterisk has characters that it may not have", kind=kind)
    return value


@dataclass(frozen=True, slots=True)
class Phone:
    """An agent's phone: a PJSIP endpoint. `kind` is desk or webrtc; the display name never enters a file."""

    endpoint: str
    secret: str = field(repr=False)
    agent: str
    kind: str = "desk"


@dataclass(frozen=True, slots=True)
class Line:
    code: str
    dids: tuple[str, ...]
    queue: str
    language: str = "zh"
    record: str = "never"
    """always, never or consent (an agent starts it by *91)."""
    notice: str = ""
    """The prompt that tells the caller of the recording, before queueing; empty: none."""
    take_message: bool = False
    """Outside the hours, or when nobody is on duty, the caller may leave a message (R4)."""
    hears: str = "ring"
    """What a waiting caller hears: ring (R1 is counted from the queue's start) or music."""


@dataclass(frozen=True, slots=True)
class Queue:
    """`ring_seconds` is when the call moves on to the next phone: the start of ring `move_on_at_ring` (R1)."""

    code: str
    strategy: str = "rrmemory"
    ring_seconds: int = 15
    max_wait_seconds: int = 600
    wrap_up_net_seconds: int = 5
    """Asterisk's own pause after a call: short, and only felt while the service is down."""
    wish_seconds: int = 60
    """How often a waiting caller hears that they may be called back instead."""


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
    trunk_host: str = ""
    trunk_port: int = 5070
    trunk_user: str = ""
    trunk_secret: str = field(default="", repr=False)
    log_dir: str = ""
    ami_tls_certificate: str = ""
    phones: tuple[Phone, ...] = ()
    lines: tuple[Line, ...] = ()
    queues: tuple[Queue, ...] = ()
    record_outbound: str = "never"
    spool_dir: str = ""
    """Where recordings are written; `spool/monitor` of the home when empty."""

    @property
    def spool(self) -> str:
        return self.spool_dir or f"{self.home}/spool/monitor"

    @property
    def logs(self) -> str:
        return self.log_dir or f"{self.home}/log"

    @property
    def sounds(self) -> str:
        return f"{self.home}/sounds"
