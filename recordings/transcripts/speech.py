"""Detects speech by loudness: a simple segmentation for engines without voice detection of their own. Pure.

16-bit mono PCM in, seconds out. A frame counts as speech when it is well above the channel's own noise floor; telephone
lines differ by tens of decibels, so the threshold is derived from the channel itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy
    import numpy.typing

    Samples = numpy.typing.NDArray[numpy.int16]


FRAME_SECONDS = 0.03
OVER_QUIET_DB = 9.0
FAINTEST_DB = -50.0
BRIDGE_SECONDS = 0.5
PAD_SECONDS = 0.2
SHORTEST_SECONDS = 0.2
LONGEST_SECONDS = 28.0
MARGIN_SECONDS = 1.0
PAUSE_SECONDS = 2.0
"""Between two margins; a longer pause is left out, because engines invent text for it."""
WINDOW_SECONDS = 29.0
"""Whisper hears 30 s at once."""
BLOCK_FRAMES = 2000
"""One minute."""

Span = tuple[float, float]


def samples_of(pcm: bytes) -> Samples:
    """16-bit little-endian samples; an odd last byte is dropped."""
    import numpy

    return numpy.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2").astype(numpy.int16, copy=False)


def loudness(samples: Samples, rate: int) -> list[float]:
    """Decibels relative to full scale for each frame of 30 ms; digital silence is -120."""
    import numpy

    size = max(1, int(rate * FRAME_SECONDS))
    levels: list[float] = []
    # Block by block: as floats all at once, an hour would need a hundred megabytes more.
    for start in range(0, len(samples), size * BLOCK_FRAMES):
        block = samples[start : start + size * BLOCK_FRAMES].astype(numpy.float32)
        whole = len(block) // size * size
        levels += numpy.mean(block[:whole].reshape(-1, size) ** 2, axis=1).tolist()
        if whole < len(block):
            levels.append(float(numpy.mean(block[whole:] ** 2)))
    return [10 * math.log10(power / 32768**2) if power else -120.0 for power in levels]


def voiced(pcm: bytes, rate: int, bridge: float = BRIDGE_SECONDS) -> list[Span]:
    """Stretches with speech, in seconds; pauses shorter than `bridge` are included.

    Empty for silence and for steady noise.
    """
    levels = loudness(samples_of(pcm), rate)
    if not levels:
        return []
    quiet = sorted(levels)[len(levels) // 5]
    threshold = max(FAINTEST_DB, quiet + OVER_QUIET_DB)
    loud = [place * FRAME_SECONDS for place, level in enumerate(levels) if level >= threshold]
    # A clip that is speech throughout has no noise floor of its own.
    if not loud and max(levels) > FAINTEST_DB + 20 and quiet > FAINTEST_DB + 20:
        return [(0.0, len(pcm) / 2 / rate)]
    return [span for span in _joined(loud, bridge) if span[1] - span[0] >= SHORTEST_SECONDS]


def spoken(pcm: bytes, rate: int) -> list[Span]:
    """Stretches of speech in seconds, padded, none longer than 28 s; empty for silence and steady noise."""
    end = len(pcm) / 2 / rate
    padded = [(max(0.0, start - PAD_SECONDS), min(end, stop + PAD_SECONDS)) for start, stop in voiced(pcm, rate)]
    return [piece for span in padded for piece in _pieces(span)]


def stretches(spans: Iterable[Span], end: float) -> list[Span]:
    """What an engine is given at once: speech with the quiet around it, and with short pauses, up to its window.

    `spans` are in order. An engine that hears a word without its beginning or end hears another one, so a cut is made
    in a pause only, and each side of it keeps up to a second of that pause.
    """
    merged: list[Span] = []
    for start, stop in spans:
        start, stop = max(0.0, start - MARGIN_SECONDS), min(end, stop + MARGIN_SECONDS)
        if not merged:
            merged.append((start, stop))
            continue
        first, last = merged[-1]
        if start - last <= PAUSE_SECONDS and stop - first <= WINDOW_SECONDS:
            merged[-1] = (first, max(last, stop))
        else:
            # Margins that meet share the pause.
            middle = (start + last) / 2
            merged[-1] = (first, min(last, middle) if start < last else last)
            merged.append((max(start, middle) if start < last else start, stop))
    return merged


def _joined(instants: Iterable[float], bridge: float) -> list[Span]:
    spans: list[Span] = []
    for at in instants:
        if spans and at - spans[-1][1] <= bridge:
            spans[-1] = (spans[-1][0], at + FRAME_SECONDS)
        else:
            spans.append((at, at + FRAME_SECONDS))
    return spans


def _pieces(span: Span) -> list[Span]:
    start, end = span
    number = max(1, math.ceil((end - start) / LONGEST_SECONDS))
    size = (end - start) / number
    return [(start + place * size, start + (place + 1) * size) for place in range(number)]
