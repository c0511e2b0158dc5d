"""A listener: Whisper base, at telephone quality, with the same settings for every voice."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy
import soundfile

from ivr.prompts.sound import resampled

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

TELEPHONE: Final = 8000
PAD_SECONDS: Final = 0.4
SEED: Final = 1
OPTIONS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "beam_size": 5,
        "temperature": (0.0, 0.4, 0.8),
        "compression_ratio_threshold": 2.4,
        "log_prob_threshold": -1.0,
        "condition_on_previous_text": False,
        "max_new_tokens": 120,
    }
)
"""The decoding of faster-whisper's defaults and of Whisper's command line: where the recogniser repeats itself
(compression ratio) or guesses (log probability), it decodes again at the next temperature. Three temperatures instead
of six, and a limit of tokens that is four times the longest sentence, bound the time that a voice takes that the
recogniser cannot follow at all."""


class Ear:
    """Whisper base, at telephone quality."""

    def __init__(self, folder: Path) -> None:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def hear(self, samples: Samples, rate: int, language: str) -> str:
        """What the recogniser writes down of a sound that is played into a call."""
        return self.hear_call(through_telephone(resampled(samples, rate, TELEPHONE)), language)

    def hear_call(self, samples: Samples, language: str) -> str:
        """The same of 8 kHz samples that have been through a telephone."""
        import ctranslate2

        silence = numpy.zeros(round(PAD_SECONDS * TELEPHONE))
        wav = BytesIO()
        soundfile.write(wav, numpy.concatenate([silence, samples, silence]), TELEPHONE, format="WAV", subtype="PCM_16")
        wav.seek(0)
        # Above temperature 0 it samples: each sound is heard with the same chance, in any order.
        ctranslate2.set_random_seed(SEED)
        segments, _ = self._model.transcribe(wav, language=language[:2], **OPTIONS)
        return "".join(segment.text for segment in segments)


def through_telephone(samples: Samples) -> Samples:
    """8 kHz samples as a call transmits them: 300-3400 Hz, 8-bit mu-law (ITU-T G.711) and back."""
    spectrum = numpy.fft.rfft(samples)
    pitch = numpy.fft.rfftfreq(len(samples), 1 / TELEPHONE)
    spectrum[(pitch < 300) | (pitch > 3400)] = 0
    narrow = numpy.fft.irfft(spectrum, len(samples)).clip(-1, 1)
    pressed = numpy.round(numpy.sign(narrow) * numpy.log1p(255 * abs(narrow)) / numpy.log(256) * 127) / 127
    back: Samples = numpy.sign(pressed) * numpy.expm1(abs(pressed) * numpy.log(256)) / 255
    return back
