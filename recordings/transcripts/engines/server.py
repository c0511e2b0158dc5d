"""Calls a server that implements OpenAI's transcription API: the centre's own machine or a hosted service.

`POST {base}/audio/transcriptions` with a WAV file; `verbose_json` gives segments and words with times. A server that
returns text alone gets the audio in pieces, cut at speech boundaries. Source: OpenAI API reference, "Create
transcription".
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import aiohttp
from pydantic import BaseModel, Field, ValidationError

from recordings.transcripts.cleaning import cleaned
from recordings.transcripts.engine import EngineFailed, EngineMissing
from recordings.transcripts.model import Segment, Transcript, Word
from recordings.transcripts.speech import spoken

if TYPE_CHECKING:
    import speech_recognition as sr

LONGEST_ANSWER = 32 * 1024 * 1024
BUSY = frozenset({408, 409, 429})


class HeardWord(BaseModel):
    word: str = Field(max_length=500)
    start: float = Field(ge=0, allow_inf_nan=False)
    end: float = Field(ge=0, allow_inf_nan=False)


class HeardSegment(BaseModel):
    start: float = Field(ge=0, allow_inf_nan=False)
    end: float = Field(ge=0, allow_inf_nan=False)
    text: str
    avg_logprob: float | None = Field(None, allow_inf_nan=False)


class Heard(BaseModel):
    """The part of the answer that is used; everything else is ignored."""

    text: str = ""
    segments: list[HeardSegment] | None = None
    words: list[HeardWord] | None = None


class ServerEngine:
    name = "openai"

    def __init__(self, base_url: str, key: str, model: str, timeout_seconds: float, *, prompts: bool = False) -> None:
        self._prompts = prompts
        self._base = base_url.rstrip("/")
        self._key = key
        self._model = model
        self._timeout = timeout_seconds

    def __repr__(self) -> str:
        return f"ServerEngine({self._base!r}, model={self._model!r})"

    def available(self) -> str | None:
        if not self._base.startswith(("http://", "https://")):
            return "no server is named; set transcripts.server_url"
        return None if self._model else "no model is named; set transcripts.server_model"

    def transcribe(self, audio: sr.AudioData, language: str, hot_words: Sequence[str] = ()) -> Transcript:
        if reason := self.available():
            raise EngineMissing(reason)
        heard = asyncio.run(self._hear_all(audio, language, hot_words))
        segments = cleaned(heard, hot_words)
        between = "" if language == "zh" else " "
        return Transcript(
            between.join(segment.text for segment in segments), segments, self.name, self._model, language
        )

    async def _hear_all(self, audio: sr.AudioData, language: str, hot_words: Sequence[str]) -> list[Segment]:
        spans = spoken(audio.get_raw_data(convert_width=2), audio.sample_rate)
        if not spans:
            # Silence is not sent: servers without voice detection invent text for it.
            return []
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        timeout = aiohttp.ClientTimeout(total=self._timeout)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            answer = await self._hear(session, audio.get_wav_data(), language, hot_words)
            if answer.segments is not None:
                return _segments(answer)
            segments = []
            for start, end in spans:
                piece = audio.get_segment(start * 1000, end * 1000).get_wav_data()
                heard = await self._hear(session, piece, language, hot_words)
                segments.append(Segment(round(start, 2), round(end, 2), heard.text))
            return segments

    async def _hear(self, session: aiohttp.ClientSession, wav: bytes, language: str, hot_words: Sequence[str]) -> Heard:
        form = aiohttp.FormData()
        # The file name reveals nothing about the call.
        form.add_field("file", wav, filename="channel.wav", content_type="audio/wav")
        fields = [("model", self._model), ("language", language), ("temperature", "0")]
        fields += [("response_format", "verbose_json")]
        fields += [("timestamp_granularities[]", "segment"), ("timestamp_granularities[]", "word")]
        fields += [("prompt", " ".join(hot_words))] if hot_words and self._prompts else []
        for name, value in fields:
            form.add_field(name, value)
        try:
            async with session.post(f"{self._base}/audio/transcriptions", data=form) as answer:
                body = await answer.content.read(LONGEST_ANSWER + 1)
                while len(body) <= LONGEST_ANSWER and (more := await answer.content.read(LONGEST_ANSWER)):
                    body += more
        except (aiohttp.ClientError, TimeoutError) as error:
            raise EngineFailed(f"the server does not answer: {type(error).__name__}") from error
        if answer.status in (401, 403, 404):
            raise EngineMissing(f"the server refuses: {answer.status}")
        if answer.status != 200 or len(body) > LONGEST_ANSWER:
            word = "is busy" if answer.status in BUSY or answer.status >= 500 else "refuses the audio"
            raise EngineFailed(f"the server {word}: {answer.status}")
        try:
            return Heard.model_validate_json(body)
        except ValidationError as error:
            raise EngineFailed("the server's answer is no transcription") from error


def _segments(heard: Heard) -> list[Segment]:
    """Segments with the words that begin within them; a log probability becomes a confidence."""
    segments = []
    for segment in heard.segments or ():
        sure = None if segment.avg_logprob is None else round(min(1.0, math.exp(segment.avg_logprob)), 3)
        inside = [word for word in heard.words or () if segment.start <= word.start < segment.end]
        words = tuple(Word(round(w.start, 2), round(w.end, 2), w.word.strip(), sure or 0.0) for w in inside)
        segments.append(Segment(round(segment.start, 2), round(segment.end, 2), segment.text, sure, words))
    return segments
