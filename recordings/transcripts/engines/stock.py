"""Wraps any SpeechRecognition engine by its own name: `sr:sphinx`, `sr:google_cloud`, `sr:vosk` ...

They return text without times, so the audio is cut at speech boundaries and each piece is recognised separately.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from recordings.transcripts.cleaning import cleaned
from recordings.transcripts.engine import EngineFailed, EngineMissing
from recordings.transcripts.model import Segment, Transcript
from recordings.transcripts.speech import spoken

if TYPE_CHECKING:
    import speech_recognition as sr

SHORT_NAMES = frozenset({"whisper", "faster_whisper", "openai", "groq", "cohere_api"})
LONG = {"zh": "zh-CN", "en": "en-US"}
NEEDS = {
    "sphinx": "pocketsphinx",
    "vosk": "vosk",
    "whisper": "whisper",
    "faster_whisper": "faster_whisper",
    "openai": "openai",
    "groq": "groq",
    "cohere_api": "cohere",
    "google_cloud": "google.cloud.speech",
}


class StockEngine:
    def __init__(self, name: str, model: str = "", options: Mapping[str, str] | None = None) -> None:
        self.name = f"sr:{name}"
        self._engine = name
        self._model = model
        self._options = dict(options or {}) | ({"model": model} if model else {})

    def available(self) -> str | None:
        if find_spec("speech_recognition") is None:
            return "not installed: SpeechRecognition"
        import speech_recognition as sr

        if not hasattr(sr.Recognizer, f"recognize_{self._engine}"):
            return f"SpeechRecognition has no engine {self._engine[:40]!r}"
        package = NEEDS.get(self._engine)
        return f"not installed: {package}" if package and not _installed(package) else None

    def transcribe(self, audio: sr.AudioData, language: str, hot_words: Sequence[str] = ()) -> Transcript:
        if reason := self.available():
            raise EngineMissing(reason)
        heard = [
            Segment(round(start, 2), round(end, 2), self._hear(audio.get_segment(start * 1000, end * 1000), language))
            for start, end in spoken(audio.get_raw_data(convert_width=2), audio.sample_rate)
        ]
        segments = cleaned(heard, hot_words)
        between = "" if language == "zh" else " "
        text = between.join(segment.text for segment in segments)
        return Transcript(text, segments, self.name, self._model or "built in", language)

    def _hear(self, piece: sr.AudioData, language: str) -> str:
        import speech_recognition as sr

        name = language if self._engine in SHORT_NAMES else LONG.get(language, language)
        recognize: Any = getattr(sr.Recognizer(), f"recognize_{self._engine}")
        try:
            return str(recognize(piece, language=name, **self._options))
        except sr.UnknownValueError:
            # SpeechRecognition raises this for "no speech here".
            return ""
        except (sr.RequestError, sr.exceptions.SetupError) as error:
            raise EngineFailed(f"{self.name}: {error}") from error
        except ModuleNotFoundError as error:
            raise EngineMissing(f"{self.name}: {error.name} is not installed") from error


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False
