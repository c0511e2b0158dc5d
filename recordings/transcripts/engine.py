"""What the centre asks of a speech engine, and the words for what goes wrong with one."""

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
    """The engine or its model is not installed; the feature is off, nothing else is."""

    code = "transcript_engine_missing"


class EngineFailed(CallCentreError):
    """The engine did not come to an end with this audio; another try may."""

    code = "transcript_engine_failed"


class UnknownEngine(Invalid):
    code = "unknown_transcript_engine"


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Everything an engine needs to know, as it is sent to the worker process; `key` is a secret."""

    engine: str
    model: str = ""
    """A model's folder, or the name that a server knows it by."""
    threads: int = 1
    base_url: str = ""
    key: str = field(default="", repr=False)
    timeout_seconds: float = 300.0
    prompts: bool = False
    """Whether hot words go into the model's prompt, too; they always correct the spelling afterwards."""
    options: dict[str, str] = field(default_factory=dict)
    """Handed on to a stock SpeechRecognition engine as it is."""


class Engine(Protocol):
    """A face over whatever turns speech into text. It blocks: only the worker process calls `transcribe`."""

    name: str

    def available(self) -> str | None:
        """None when it can work, else the reason in a few words; never raises and never loads a model."""
        ...

    def transcribe(self, audio: sr.AudioData, language: str, hot_words: Sequence[str] = ()) -> Transcript:
        """What is said on one channel; `language` is zh or en and is never guessed.

        Raises EngineMissing, EngineFailed.
        """
        ...


MODEL_FILES = ("model.bin", "config.json", "tokenizer.json")


def why_no_model(folder: Path | None) -> str | None:
    """None for a complete model folder of CTranslate2, else what is missing."""
    if folder is None or not folder.is_dir():
        return "no model is installed; run: callcenter transcripts install"
    missing = [name for name in MODEL_FILES if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in ("vocabulary.txt", "vocabulary.json")):
        missing.append("vocabulary")
    return f"the model folder {folder.name} lacks {', '.join(missing)}" if missing else None
