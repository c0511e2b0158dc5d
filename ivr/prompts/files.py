"""Reads and writes sound files; blocking."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from callcenter.errors import Invalid
from ivr.prompts.sound import mono, resampled

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

NARROW: Final = 8000
WIDE: Final = 16000
SUFFIXES: Final = {NARROW: ".wav", WIDE: ".wav16"}
"""Asterisk's names of a WAV file by its sample rate (formats/format_wav.c)."""


class BadRecording(Invalid):
    """A recording that cannot be read as audio, or that callers would not understand."""

    code = "bad_recording"


def read_sound(data: bytes, *, prompt: str = "", language: str = "") -> tuple[Samples, int]:
    """Any sound file as mono samples, and its sample rate. Raises BadRecording."""
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, ValueError) as error:
        raise BadRecording("this recording cannot be read", prompt=prompt, language=language) from error
    if samples.shape[0] == 0:
        raise BadRecording("this recording is empty", prompt=prompt, language=language)
    return mono(samples), int(rate)


def wav(samples: Samples, rate: int, to: int) -> bytes:
    """The samples as a WAV file of 16 bits at another rate."""
    import soundfile

    out = io.BytesIO()
    soundfile.write(out, resampled(samples, rate, to).clip(-1, 1), to, format="WAV", subtype="PCM_16")
    return out.getvalue()


def silence(seconds: float, rate: int) -> bytes:
    import numpy

    return wav(numpy.zeros(round(seconds * rate)), rate, rate)


def write_whole(path: Path, data: bytes) -> None:
    """Write atomically: Asterisk may be playing the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)
