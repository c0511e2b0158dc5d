"""Defines the port through which transcripts read audio and its metadata; recordings implements it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from callcenter.errors import NotFound
from callcenter.facts import CallId, RecordingId


class SoundGone(NotFound):
    """The recording or one of its channels is no longer kept: it can never be transcribed."""

    code = "sound_gone"


@dataclass(frozen=True, slots=True)
class Sound:
    """One channel as 16-bit little-endian mono samples at `rate` per second."""

    pcm: bytes
    rate: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """`started_at` is the instant of second 0; `channels` are those that hold a voice (caller, agent)."""

    recording: RecordingId
    call: CallId
    started_at: datetime
    seconds: float
    channels: tuple[str, ...]


class Audio(Protocol):
    """Kept recordings, opened for transcription."""

    async def about(self, recording: RecordingId) -> Recorded:
        """Raises NotFound."""
        ...

    async def pcm(self, recording: RecordingId, channel: str) -> Sound:
        """Raises NotFound when it is not, or no longer, kept."""
        ...


class NoRecordings:
    """For a centre that keeps no recordings."""

    async def about(self, recording: RecordingId) -> Recorded:
        raise SoundGone("no recordings are kept", recording=recording)

    async def pcm(self, recording: RecordingId, channel: str) -> Sound:
        raise SoundGone("no recordings are kept", recording=recording)
