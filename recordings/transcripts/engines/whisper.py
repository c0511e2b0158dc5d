"""Runs faster-whisper through SpeechRecognition's adapter and keeps the model loaded between calls.

SpeechRecognition's own `recognize_faster_whisper` loads the model for every call and resamples by linear interpolation,
which costs about two points of character error at telephone quality. So its adapter gets a loaded model and the
original 8 kHz audio, which faster-whisper resamples well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recordings.transcripts.cleaning import cleaned
from recordings.transcripts.engine import EngineMissing, why_no_model
from recordings.transcripts.model import Segment, Transcript, Word
from recordings.transcripts.speech import Span, stretches

if TYPE_CHECKING:
    import speech_recognition as sr

PACKAGES = ("speech_recognition", "faster_whisper", "opencc")
LEAST_SILENCE_MS = 500
VOICE_PAD_MS = 200
MODEL_RATE = 16_000
CONFIG_SIMPLIFIED = "tw2s"
# With previous text Whisper loops; without word times the segment times are off by seconds. Its voice detection finds
# the stretches; its own filter (`vad_filter`) joins them without the quiet between, which costs six points of error.
OPTIONS: dict[str, Any] = {
    "beam_size": 5,
    "temperature": 0.0,
    "word_timestamps": True,
    "condition_on_previous_text": False,
}


class WhisperEngine:
    name = "faster_whisper"

    def __init__(self, folder: str, threads: int = 1, *, prompts: bool = False) -> None:
        self._prompts = prompts
        self._folder = Path(folder) if folder else None
        self._threads = threads

    def available(self) -> str | None:
        missing = [name for name in PACKAGES if find_spec(name) is None]
        if missing:
            return f"not installed: {', '.join(missing)}; install the extra: pip install '.[transcripts]'"
        return why_no_model(self._folder)

    @cached_property
    def _adapter(self) -> Any:
        if reason := self.available():
            raise EngineMissing(reason)
        from faster_whisper import WhisperModel
        from speech_recognition.recognizers.whisper_local.faster_whisper import TranscribableAdapter

        # A name or a missing folder would be looked up in a hub; `available` has checked that it is a folder.
        model = WhisperModel(str(self._folder), device="cpu", compute_type="int8", cpu_threads=self._threads)
        return TranscribableAdapter(model)

    @cached_property
    def _simplified(self) -> Callable[[str], str]:
        from opencc import OpenCC

        convert: Callable[[str], str] = OpenCC(CONFIG_SIMPLIFIED).convert
        return convert

    def _listened(self, wav: BytesIO) -> tuple[Any, list[Span]]:
        """The samples as the model takes them, and the stretches with speech, in seconds."""
        from faster_whisper.audio import decode_audio
        from faster_whisper.vad import VadOptions, get_speech_timestamps

        samples = decode_audio(wav, sampling_rate=MODEL_RATE)
        voice = VadOptions(min_silence_duration_ms=LEAST_SILENCE_MS, speech_pad_ms=VOICE_PAD_MS)
        spans = [
            (stretch["start"] / MODEL_RATE, stretch["end"] / MODEL_RATE)
            for stretch in get_speech_timestamps(samples, voice)
        ]
        return samples, stretches(spans, len(samples) / MODEL_RATE)

    def transcribe(self, audio: sr.AudioData, language: str, hot_words: Sequence[str] = ()) -> Transcript:
        # The base model loops when prompted: its character error doubled in our measurement.
        prompt = hot_words if self._prompts else ()
        options = OPTIONS | {"language": language, "hotwords": " ".join(prompt) or None}
        name, adapter = self._folder.name if self._folder else "", self._adapter
        samples, spans = self._listened(BytesIO(audio.get_wav_data()))
        # For silence Whisper invents text: it is not asked.
        clips = [second for span in spans for second in span]
        heard = adapter.transcribe(samples, clip_timestamps=clips, **options) if clips else {"segments": ()}
        spell = self._simplified if language == "zh" else str
        segments = cleaned((_segment(raw, spell) for raw in heard["segments"]), hot_words)
        between = "" if language == "zh" else " "
        return Transcript(between.join(segment.text for segment in segments), segments, self.name, name, language)


def _segment(heard: Any, spell: Callable[[str], str]) -> Segment:
    words = tuple(
        Word(
            round(float(word.start), 2),
            round(float(word.end), 2),
            spell(word.word.strip()),
            round(float(word.probability), 3),
        )
        for word in heard.words or ()
    )
    sure = round(sum(word.confidence for word in words) / len(words), 3) if words else None
    start, end = (words[0].start, words[-1].end) if words else (float(heard.start), float(heard.end))
    return Segment(round(start, 2), round(end, 2), spell(heard.text.strip()), sure, words)
