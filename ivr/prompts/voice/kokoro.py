"""Speaks text with Kokoro-82M (Apache-2.0) through ONNX Runtime; blocking, and heavy: run it in a process of its own.

Inputs of the model: the phonemes' numbers between two zeros, a style of 256 numbers that is chosen by their count, and
the speed. Output: 24,000 samples a second, and how long each phoneme lasts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from callcenter.errors import Unavailable
from ivr.prompts.voice import english, mandarin
from ivr.prompts.voice.carriers import carrier_of, cut_out
from ivr.prompts.voice.durations import DURATIONS, with_durations
from ivr.prompts.voice.pack import LEXICON, MARK, MODEL, VOCABULARY

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

RATE: Final = 24000
PACKAGES: Final = ("onnxruntime", "pypinyin", "rjieba")
SPEAKERS: Final[Mapping[str, str]] = MappingProxyType({"zh-CN": "zf_xiaobei", "en": "af_heart"})


@dataclass(frozen=True, slots=True)
class Take:
    """A way to speak a text: the speed, and what is put around it, which changes the melody."""

    speed: float
    before: str = ""
    after: str = ""


TAKES: Final[Mapping[str, tuple[Take, ...]]] = MappingProxyType(
    {
        "zh-CN": (Take(1.0), Take(1.0, after="."), Take(0.9), Take(1.1, after="."), Take(1.0, before=", ", after="!")),
        "en": (Take(1.0), Take(1.05, after="."), Take(0.9, after="."), Take(0.95, before=", ", after="!")),
    }
)
"""The first is the usual one; for a recording that comes with the software, the one that is understood best is kept."""
LONGEST_PHONEMES: Final = 500
SOUND: Final = "audio"


class VoiceMissing(Unavailable):
    """The voice is not installed; `detail` names what is missing."""

    code = "voice_missing"


@dataclass(frozen=True)
class Kokoro:
    """`folder` holds the model as `pack.install` puts it there."""

    folder: Path
    threads: int = 1

    def why_missing(self) -> str | None:
        """Why the voice cannot speak here, None when it can."""
        absent = [name for name in PACKAGES if find_spec(name) is None]
        if absent:
            return f"not installed: {', '.join(absent)}; install the extra: pip install '.[voice]'"
        if not (self.folder / MARK).is_file():
            return "no model; run: callcenter prompts install"
        return None

    def speak(self, text: str, language: str, take: int = 0) -> Samples:
        """The text as samples. Raises VoiceMissing."""
        import numpy

        manner, carrier = TAKES[language][take], carrier_of(text, language)
        phrase = self.phonemes(carrier.before, language) + " " if carrier.before else ""
        before = self._numbers(manner.before + phrase)
        after = self._numbers(self.phonemes(carrier.after, language) if carrier.after else manner.after)
        # A longer text than the model takes loses its end, never a carrier.
        room = LONGEST_PHONEMES - len(before) - len(after)
        numbers = [*before, *self._numbers(self.phonemes(text, language))[:room], *after]
        style = self._style(SPEAKERS[language])
        inputs = {
            "tokens": numpy.array([[0, *numbers, 0]], dtype=numpy.int64),
            "style": style[min(len(numbers), len(style) - 1)].reshape(1, 256).astype(numpy.float32),
            "speed": numpy.array([manner.speed], dtype=numpy.float32),
        }
        sound, durations = self._session.run([SOUND, DURATIONS], inputs)
        samples: Samples = sound.ravel().astype(numpy.float64)
        cut_before, cut_after = len(before) if carrier.before else 0, len(after) if carrier.after else 0
        return cut_out(samples, durations.ravel().tolist(), cut_before, cut_after)

    def _numbers(self, signs: str) -> list[int]:
        return [self._vocabulary[sign] for sign in signs if sign in self._vocabulary]

    def phonemes(self, text: str, language: str) -> str:
        return mandarin.phonemes(text) if language == "zh-CN" else english.phonemes(text, self._lexicon)

    @cached_property
    def _session(self) -> Any:
        if reason := self.why_missing():
            raise VoiceMissing(reason)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(
            with_durations((self.folder / MODEL).read_bytes()), sess_options=options, providers=["CPUExecutionProvider"]
        )

    @cached_property
    def _vocabulary(self) -> Mapping[str, int]:
        return self._json(VOCABULARY)["vocab"]  # type: ignore[no-any-return]

    @cached_property
    def _lexicon(self) -> english.Lexicon:
        return self._json(LEXICON)  # type: ignore[no-any-return]

    def _json(self, name: str) -> Any:
        if reason := self.why_missing():
            raise VoiceMissing(reason)
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def _style(self, speaker: str) -> Any:
        import numpy

        source = files("ivr.prompts.voice") / "styles" / f"{speaker}.f16"
        return numpy.frombuffer(source.read_bytes(), dtype="<f2").reshape(-1, 256)
