"""Tests reading the vault's recordings for transcripts."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from callcenter.facts import CallId, RecordingId
from recordings.transcripts.audio_source import KeptRecordings
from recordings.transcripts.ports import SoundGone
from tests.recordings.transcripts.sounds import ANSWERED, RATE, channel

CALL = CallId("c1")


@dataclass(frozen=True)
class Take:
    call: CallId = CALL
    kind: str = "in"
    began_at: datetime = ANSWERED
    seconds: float = 4.0


@dataclass
class Vault:
    folder: Path
    take: Take
    voices: int = 1

    async def recording(self, id: str) -> Take:
        return self.take

    async def pcm(self, id: str, channel: str) -> AbstractAsyncContextManager[Path]:
        return self._opened(channel)

    @asynccontextmanager
    async def _opened(self, name: str) -> AsyncIterator[Path]:
        path = self.folder / f"{name}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(self.voices)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(channel(4, (1, "song")))
        yield path
        path.unlink()


async def test_a_talk_has_two_voices_and_a_message_the_callers_alone(tmp_path: Path) -> None:
    for kind, channels in (("in", ("caller", "agent")), ("out", ("caller", "agent")), ("message", ("caller",))):
        about = await KeptRecordings(Vault(tmp_path, Take(kind=kind))).about(RecordingId("r1"))
        assert (about.call, about.started_at, about.channels) == ("c1", ANSWERED, channels)


async def test_a_voice_is_read_whole_and_no_plain_file_is_left(tmp_path: Path) -> None:
    sound = await KeptRecordings(Vault(tmp_path, Take())).pcm(RecordingId("r1"), "agent")
    assert (sound.pcm, sound.rate) == (channel(4, (1, "song")), RATE)
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - a look at a folder of the test


async def test_two_voices_in_one_file_are_not_taken_for_one(tmp_path: Path) -> None:
    with pytest.raises(SoundGone):
        await KeptRecordings(Vault(tmp_path, Take(), voices=2)).pcm(RecordingId("r1"), "agent")
