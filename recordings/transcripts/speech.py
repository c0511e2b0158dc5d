"""Detects speech by loudness: a simple segmentation for engines without voice detection of their own. Pure.

16-bit mono PCM in, seconds out. A frame counts as speech when it is well above the channel's own noise floor; telephone
lines differ by tens of decibels, so the threshold is derived from the channel itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
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
"""Quiet that stays on each side of speech, so a pause up to twice as long stays whole."""
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


@dataclass(frozen=True, slots=True)
class Timeline:
    """A channel without its long pauses: `parts` are the spans that an engine hears, one after another."""

    parts: tuple[Span, ...]

    def place(self, start: float, end: float) -> tuple[int, Span]:
        """Where a word of the shortened sound is in the channel: the number of its part, and its seconds.

        An engine may let a word begin in the pause before it: it belongs to the part that most of it is in.
        """
        middle, at = (start + end) / 2, 0.0
        for number, (first, last) in enumerate(self.parts):
            after = at + last - first
            if middle <= after or number == len(self.parts) - 1:
                begins = min(max(start, at), after) - at + first
                return number, (begins, min(max(end, at), after) - at + first)
            at = after
        raise ValueError("a channel without speech has no words")


def timeline(spans: Iterable[Span], end: float) -> Timeline:
    """Keep speech with the quiet around it, and of a longer pause only its two ends: engines invent text for the rest.

    `spans` are in order. A cut lies in a pause only, a second from any speech: an engine that hears a word without its
    beginning or end hears another one.
    """
    parts: list[Span] = []
    for start, stop in spans:
        start, stop = max(0.0, start - MARGIN_SECONDS), min(end, stop + MARGIN_SECONDS)
        if parts and start <= parts[-1][1]:
            parts[-1] = (parts[-1][0], max(parts[-1][1], stop))
        else:
            parts.append((start, stop))
    return Timeline(tuple(parts))


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
