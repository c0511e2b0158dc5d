"""Runs faster-whisper through SpeechRecognition's adapter and keeps the model loaded between calls.

SpeechRecognition's own `recognize_faster_whisper` loads the model for every call and resamples by linear interpolation,
which costs about two points of character error at telephone quality. So its adapter gets a loaded model and the
original 8 kHz audio, which faster-whisper resamples well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recordings.transcripts.cleaning import cleaned
from recordings.transcripts.engine import EngineMissing, why_no_model
from recordings.transcripts.model import Segment, Transcript, Word
from recordings.transcripts.speech import Timeline, timeline

if TYPE_CHECKING:
    import speech_recognition as sr

PACKAGES = ("speech_recognition", "faster_whisper", "opencc")
LEAST_SILENCE_MS = 500
VOICE_PAD_MS = 200
MODEL_RATE = 16_000
CONFIG_SIMPLIFIED = "tw2s"
SPEECH_PROBABILITY = 0.25
"""Silero's default of 0.5 misses speech sentences of quiet callers in the noise of a line; at 0.25 noise, ringback and
music are still no speech (decision 0315)."""
# With previous text Whisper loops; without word times the segment times are off by seconds. Its voice detection finds
# the speech; its own filter (`vad_filter`) joins it without the quiet between, which costs six points of error.
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

    def _listened(self, wav: BytesIO) -> tuple[Any, Timeline]:
        """The samples without long pauses, as the model takes them, and where they were."""
        import numpy
        from faster_whisper.audio import decode_audio
        from faster_whisper.vad import VadOptions, get_speech_timestamps

        samples = decode_audio(wav, sampling_rate=MODEL_RATE)
        voice = VadOptions(
            threshold=SPEECH_PROBABILITY, min_silence_duration_ms=LEAST_SILENCE_MS, speech_pad_ms=VOICE_PAD_MS
        )
        spans = [
            (stretch["start"] / MODEL_RATE, stretch["end"] / MODEL_RATE)
            for stretch in get_speech_timestamps(samples, voice)
        ]
        speech = timeline(spans, len(samples) / MODEL_RATE)
        parts = [samples[round(start * MODEL_RATE) : round(end * MODEL_RATE)] for start, end in speech.parts]
        return numpy.concatenate(parts) if parts else samples[:0], speech

    def transcribe(self, audio: sr.AudioData, language: str, hot_words: Sequence[str] = ()) -> Transcript:
        # The base model loops when prompted: its character error doubled in our measurement.
        prompt = hot_words if self._prompts else ()
        options = OPTIONS | {"language": language, "hotwords": " ".join(prompt) or None}
        name, adapter = self._folder.name if self._folder else "", self._adapter
        samples, speech = self._listened(BytesIO(audio.get_wav_data()))
        # For silence Whisper invents text: it is not asked.
        heard = adapter.transcribe(samples, **options)["segments"] if speech.parts else ()
        spell = self._simplified if language == "zh" else str
        segments = cleaned((segment for raw in heard for segment in _segments(raw, speech, spell)), hot_words)
        between = "" if language == "zh" else " "
        return Transcript(between.join(segment.text for segment in segments), segments, self.name, name, language)


def _segments(heard: Any, speech: Timeline, spell: Callable[[str], str]) -> Iterator[Segment]:
    """One segment of the engine, in the channel's seconds; one that runs across a pause is cut there."""
    if not heard.words:
        _, (start, end) = speech.place(heard.start, heard.end)
        yield Segment(round(start, 2), round(end, 2), spell(heard.text.strip()))
    placed = ((*speech.place(float(word.start), float(word.end)), word) for word in heard.words or ())
    for _, group in groupby(placed, key=lambda entry: entry[0]):
        words_said = [(start, end, word) for _, (start, end), word in group]
        words = tuple(
            Word(round(start, 2), round(end, 2), spell(word.word.strip()), round(float(word.probability), 3))
            for start, end, word in words_said
        )
        sure = round(sum(word.confidence for word in words) / len(words), 3)
        text = "".join(word.word for _, _, word in words_said)
        yield Segment(words[0].start, words[-1].end, spell(text.strip()), sure, words)
