"""A listener for synthetic speech: Whisper base, at telephone quality."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy
import soundfile

from ivr.prompts.sound import resampled

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

TELEPHONE: Final = 8000
PAD_SECONDS: Final = 0.4
MOST_TOKENS: Final = 120


class Ear:
    """Whisper base, at telephone quality."""

    def __init__(self, folder: Path) -> None:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def hear(self, samples: Samples, rate: int, language: str) -> str:
        silence = numpy.zeros(round(PAD_SECONDS * TELEPHONE))
        sound = numpy.concatenate([silence, through_telephone(resampled(samples, rate, TELEPHONE)), silence])
        wav = BytesIO()
        soundfile.write(wav, sound, TELEPHONE, format="WAV", subtype="PCM_16")
        wav.seek(0)
        # A recogniser that repeats itself without end says nothing more about the voice.
        options: dict[str, Any] = {
            "max_new_tokens": MOST_TOKENS,
            "beam_size": 5,
            "temperature": 0.0,
            "condition_on_previous_text": False,
        }
        segments, _ = self._model.transcribe(wav, language=language[:2], **options)
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
