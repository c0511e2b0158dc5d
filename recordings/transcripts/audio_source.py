"""Reads the recordings' vault for transcripts: one channel at a time, open only while it is read."""

from __future__ import annotations

import asyncio
import wave
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from callcenter.facts import CallId, RecordingId
from recordings.transcripts.model import CALLER, CHANNELS
from recordings.transcripts.ports import Recorded, Sound, SoundGone

TALKS = frozenset({"in", "out"})
"""The kinds of recording with two voices; messages and survey answers have only the caller's."""


class Kept(Protocol):
    """What is known of a kept recording."""

    @property
    def call(self) -> CallId: ...

    @property
    def kind(self) -> str: ...

    @property
    def began_at(self) -> datetime: ...

    @property
    def seconds(self) -> float: ...


class Keeper(Protocol):
    """The part of the recordings' service that is used here."""

    async def recording(self, id: str) -> Kept: ...

    async def pcm(self, id: str, channel: str) -> AbstractAsyncContextManager[Path]: ...


class KeptRecordings:
    """`Audio` from the vault; the plain WAV file exists only while it is read."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    async def about(self, recording: RecordingId) -> Recorded:
        about = await self._keeper.recording(recording)
        channels = CHANNELS if about.kind in TALKS else (CALLER,)
        return Recorded(recording, about.call, about.began_at, about.seconds, channels)

    async def pcm(self, recording: RecordingId, channel: str) -> Sound:
        async with await self._keeper.pcm(recording, channel) as path:
            return await asyncio.to_thread(_sound_of, path)


def _sound_of(path: Path) -> Sound:
    with wave.open(str(path), "rb") as file:
        if file.getnchannels() != 1 or file.getsampwidth() != 2:
            raise SoundGone("a channel is one voice of 16-bit samples")
        return Sound(file.readframes(file.getnframes()), file.getframerate())
