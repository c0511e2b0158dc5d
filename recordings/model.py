"""Defines recordings, the names of their files while Asterisk writes them, and their state transitions. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from callcenter.errors import IllegalTransition
from callcenter.facts import CallId, Linkedid, RecordingId, Uniqueid, linkedid_of


class Party(StrEnum):
    """Whose voice a channel of the recording carries: channel 0 is the caller's side, channel 1 the centre's."""

    CALLER = "caller"
    AGENT = "agent"


PARTIES: Final = (Party.CALLER, Party.AGENT)


class Kind(StrEnum):
    INBOUND = "in"
    OUTBOUND = "out"
    MESSAGE = "message"
    """A message that a caller left (R4): one channel, the caller's."""


class Format(StrEnum):
    FLAC = "flac"
    OPUS = "opus"
    WAV = "wav"


CONTENT_TYPES: Final = {Format.FLAC: "audio/flac", Format.OPUS: "audio/ogg", Format.WAV: "audio/wav"}

_ID: Final = r"[A-Za-z0-9_.-]{1,150}"
_NAME: Final = re.compile(
    rf"(?P<linkedid>{_ID})~(?P<leg>{_ID})~(?P<began>[0-9]{{9,11}})~(?P<kind>in|out|message)"
    r"~(?P<line>[A-Za-z0-9_-]{0,40})~(?P<party>caller|agent)\.wav"
)


@dataclass(frozen=True, slots=True, order=True)
class Take:
    """One recording as Asterisk writes it: a file per party, named by ids alone, never by anything a caller sends.

    `leg` is the Uniqueid of the recorded channel, `began` the epoch second in which the recorder was started.
    """

    linkedid: Linkedid
    leg: Uniqueid
    began: int
    kind: Kind
    line: str

    @property
    def stem(self) -> str:
        return f"{self.linkedid}~{self.leg}~{self.began}~{self.kind.value}~{self.line}"

    @property
    def began_at(self) -> datetime:
        return datetime.fromtimestamp(self.began, UTC)

    def id(self, pbx: str) -> RecordingId:
        """The recording's id, always the same for this take, so keeping is idempotent."""
        return RecordingId(uuid5(NAMESPACE_OID, f"recording/{pbx}/{self.stem}").hex)

    def file(self, party: Party) -> str:
        return f"{self.stem}~{party.value}.wav"


def read_name(name: str) -> tuple[Take, Party] | None:
    """Parse a file name of the spool; None for a name that the rendered dialplan does not produce."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    take = Take(
        linkedid_of(match["linkedid"]),
        Uniqueid(match["leg"]),
        int(match["began"]),
        Kind(match["kind"]),
        match["line"],
    )
    return take, Party(match["party"])


def takes_of(names: Iterable[str]) -> list[Take]:
    """The takes among the names of a folder, oldest first; other names are left alone."""
    takes = {read[0] for name in names if (read := read_name(name)) is not None}
    return sorted(takes, key=lambda take: (take.began, take.stem))


class CaptureState(StrEnum):
    """The state of the recording of a live call."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class CaptureEvent(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


CAPTURE_TRANSITIONS: Final[dict[CaptureState, dict[CaptureEvent, CaptureState]]] = {
    CaptureState.RUNNING: {
        # A second pause renews the deadline: the card has not been read out yet.
        CaptureEvent.PAUSE: CaptureState.PAUSED,
        CaptureEvent.STOP: CaptureState.STOPPED,
    },
    CaptureState.PAUSED: {
        CaptureEvent.PAUSE: CaptureState.PAUSED,
        CaptureEvent.RESUME: CaptureState.RUNNING,
        CaptureEvent.STOP: CaptureState.STOPPED,
    },
    CaptureState.STOPPED: {CaptureEvent.START: CaptureState.RUNNING},
}


def next_capture(state: CaptureState, event: CaptureEvent) -> CaptureState:
    """The state after an event; raises IllegalTransition and changes nothing when the table has no such transition."""
    try:
        return CAPTURE_TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition("capture", state.value, event.value, CAPTURE_TRANSITIONS[state]) from None


class RecordingState(StrEnum):
    KEPT = "kept"
    ERASED = "erased"
    """The row stays as the trace of the erasure; key, audio, number and waveform are gone."""


class RecordingEvent(StrEnum):
    ERASE = "erase"


RECORDING_TRANSITIONS: Final[dict[RecordingState, dict[RecordingEvent, RecordingState]]] = {
    RecordingState.KEPT: {RecordingEvent.ERASE: RecordingState.ERASED},
    RecordingState.ERASED: {},
}


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording in the vault. `size` and `sha256` describe the whole audio file as played; `seconds` is its length.

    `began_at` is the instant of the first audio, so `began_at + t` is the moment heard at second t.
    """

    id: RecordingId
    call: CallId
    pbx: str
    linkedid: str
    kind: Kind
    line: str
    agent: str
    began_at: datetime
    seconds: float
    format: Format
    size: int
    sha256: str
    kept_at: datetime
    retain_until: datetime
    state: RecordingState = RecordingState.KEPT
    problem: str = ""
    erased_at: datetime | None = None
    erased_reason: str = ""

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.format]


def read_range(header: str, size: int) -> tuple[int, int] | None:
    """The one byte range (start, length) of a Range header (RFC 9110, 14.2); None when the whole is to be sent.

    Raises ValueError where no byte of it is satisfiable (416). Several ranges are answered with the whole, as RFC 9110
    allows: no audio player asks for them.
    """
    match = re.fullmatch(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", header)
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        length = min(int(match[2]), size)
        if length == 0:
            raise ValueError("an empty range")
        return size - length, length
    start, end = int(match[1]), int(match[2]) if match[2] else size - 1
    if match[2] and end < start:
        return None
    if start >= size:
        raise ValueError("the range begins after the end")
    return start, min(end, size - 1) - start + 1
