"""The null engine, for a centre without transcripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from recordings.transcripts.engine import EngineMissing
from recordings.transcripts.model import Transcript

if TYPE_CHECKING:
    import speech_recognition as sr

REASON = "switched off"


class Off:
    name = "off"

    def available(self) -> str | None:
        return REASON

    def transcribe(self, audio: sr.AudioData, language: str, hot_words: Sequence[str] = ()) -> Transcript:
        raise EngineMissing(REASON)
