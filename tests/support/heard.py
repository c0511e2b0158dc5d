"""Recognises recordings in what a caller heard, by correlation."""

from __future__ import annotations

from pathlib import Path

import numpy
import soundfile

from tests.support.media import Sound

RATE = 8000
STRETCH = RATE // 4
ALIKE = 0.65
"""Different prompts reach 0.56 at most; a prompt that lost every sixteenth frame at random keeps 0.74 or more."""
QUIET = 100.0
"""Below this level a stretch is a pause."""


def recording(path: Path) -> Sound:
    """The first channel of a file."""
    samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    assert rate == RATE, path
    return numpy.asarray(samples[:, 0], dtype=numpy.int16)


def likeness(expected: Sound, heard: Sound) -> float:
    """How much of a recording is in what was heard, in stretches of a quarter of a second: 1 is the same.

    A loaded machine sends or keeps a frame too many or too few now and then; a longer stretch would no longer match.
    """
    stretches = [expected[place : place + STRETCH] for place in range(0, len(expected), STRETCH)]
    loud = [stretch for stretch in stretches if len(stretch) > STRETCH // 2 and _level(stretch) > QUIET]
    return sum(_best(stretch, heard) for stretch in loud) / len(loud) if loud else 0.0


def ending(sound: Sound) -> Sound:
    """The last half second of a recording before its trailing silence."""
    loud = numpy.flatnonzero(numpy.abs(sound.astype(int)) > QUIET)
    end = int(loud[-1]) + 1 if len(loud) else len(sound)
    return sound[max(0, end - RATE // 2) : end]


def _level(sound: Sound) -> float:
    return float(numpy.sqrt((sound.astype(float) ** 2).mean()))


def _best(expected: Sound, heard: Sound) -> float:
    """The highest normalised correlation of a stretch with any stretch of what was heard."""
    if len(heard) < len(expected):
        return 0.0
    short, whole = expected.astype(float), heard.astype(float)
    size = 1 << (len(short) + len(whole)).bit_length()
    product = numpy.fft.rfft(whole, size) * numpy.conj(numpy.fft.rfft(short, size))
    scores = numpy.fft.irfft(product, size)[: len(whole) - len(short) + 1]
    energy = numpy.concatenate(([0.0], numpy.cumsum(whole**2)))
    stretches = numpy.sqrt(numpy.maximum(energy[len(short) :] - energy[: -len(short)], 1.0))
    return float((scores / (stretches * max(1.0, float(numpy.linalg.norm(short))))).max())
