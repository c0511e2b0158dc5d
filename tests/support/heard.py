"""Recognises recordings in what a caller heard, by correlation."""

from __future__ import annotations

from pathlib import Path

import numpy
import soundfile

from tests.support.media import Sound

RATE = 8000
ALIKE = 0.7


def recording(path: Path) -> Sound:
    """The first channel of a file."""
    samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    assert rate == RATE, path
    return numpy.asarray(samples[:, 0], dtype=numpy.int16)


def likeness(expected: Sound, heard: Sound) -> float:
    """The highest normalised correlation of a recording with any stretch of what was heard; 1 is the same."""
    if len(heard) < len(expected):
        return 0.0
    short, whole = expected.astype(float), heard.astype(float)
    size = 1 << (len(short) + len(whole)).bit_length()
    product = numpy.fft.rfft(whole, size) * numpy.conj(numpy.fft.rfft(short, size))
    scores = numpy.fft.irfft(product, size)[: len(whole) - len(short) + 1]
    energy = numpy.concatenate(([0.0], numpy.cumsum(whole**2)))
    stretches = numpy.sqrt(numpy.maximum(energy[len(short) :] - energy[: -len(short)], 1.0))
    return float((scores / (stretches * max(1.0, float(numpy.linalg.norm(short))))).max())
