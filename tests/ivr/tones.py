"""Generates sounds for the tests of prompts."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float64]


def tone(rate: int, seconds: float = 0.5) -> Samples:
    result: Samples = 0.5 * np.sin(np.arange(round(rate * seconds)) * 2 * np.pi * 440 / rate)
    return result


def spoken(seconds: float = 2.0, rate: int = 44100, loudness: float = 0.3, silence: float = 1.0) -> Samples:
    """A tone that swells like syllables, with silence around it."""
    at = np.arange(round(seconds * rate)) / rate
    swelling = loudness * np.sin(2 * np.pi * 300 * at) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * at))
    pause = np.zeros(round(silence * rate))
    return np.concatenate([pause, swelling, pause])


def file_of(samples: Samples, rate: int = 44100, kind: str = "WAV", subtype: str | None = None) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=kind, subtype=subtype)
    return out.getvalue()
