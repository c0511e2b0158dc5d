"""Defines the interface of speech engines and their errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from callcenter.errors import CallCentreError, Invalid, Unavailable
from recordings.transcripts.model import Transcript

if TYPE_CHECKING:
    import speech_recognition as sr


class EngineMissing(Unavailable):
    """The engine or its model is not installed; only this feature is off."""

    code = "transcript_engine_missing"


class EngineFailed(CallCentreError):
    """The engine did not finish this audio; a retry may succeed."""

    code = "transcript_engine_failed"


class UnknownEngine(Invalid):
    code = "unknown_transcript_engine"


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Everything an engine needs, as sent to the worker process; `key` is a secret."""

    engine: str
    model: str = ""
    """A model's folder, or a server's name for it."""
    threads: int = 1
    base_url: str = ""
    key: str = field(default="", repr=False)
    timeout_seconds: float = 300.0
    prompts: bool = False
    """Whether hot words are also added to the model's prompt; they always correct the spelling afterwards."""
    options: dict[str, str] = field(default_factory=dict)
    """Passed unchanged to a stock SpeechRecognition engine."""


class Engine(Protocol):
    """An interface to anything that turns speech into text. It blocks: only the worker process calls `transcribe`."""

    name: str

    def available(self) -> str | None:
        """None when the engine can work, else a short reason; never raises and never loads a model."""
        ...

    def transcribe(self, audio: sr.AudioData, language: str, hot_words: Sequence[str] = ()) -> Transcript:
        """Transcribe one channel; `language` is zh or en and is never guessed.

        Raises EngineMissing, EngineFailed.
        """
        ...


MODEL_FILES = ("model.bin", "config.json", "tokenizer.json")


def why_no_model(folder: Path | None) -> str | None:
    """None for a complete CTranslate2 model folder, else what is missing."""
    if folder is None or not folder.is_dir():
        return "no model is installed; run: callcenter transcripts install"
    missing = [name for name in MODEL_FILES if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in ("vocabulary.txt", "vocabulary.json")):
        missing.append("vocabulary")
    return f"the model folder {folder.name} lacks {', '.join(missing)}" if missing else None
