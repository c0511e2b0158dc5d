"""Where somebody speaks, by loudness: a plain cut for engines that have no voice detection of their own. Pure.

16-bit mono PCM in, seconds out. A frame counts as speech when it is well above the channel's own quiet; telephone
lines differ by tens of decibels, so the threshold is taken from the channel itself.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterable, Sequence

FRAME_SECONDS = 0.03
OVER_QUIET_DB = 9.0
FAINTEST_DB = -50.0
BRIDGE_SECONDS = 0.5
PAD_SECONDS = 0.2
SHORTEST_SECONDS = 0.2
LONGEST_SECONDS = 28.0

Span = tuple[float, float]


def samples_of(pcm: bytes) -> array[int]:
    """16-bit little-endian samples; an odd last byte is left out."""
    samples = array("h")
    samples.frombytes(pcm[: len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def loudness(samples: Sequence[int], rate: int) -> list[float]:
    """Decibels below full scale of each frame of 30 ms."""
    size = max(1, int(rate * FRAME_SECONDS))
    found = []
    for start in range(0, len(samples), size):
        frame = samples[start : start + size]
        power = sum(one * one for one in frame) / len(frame)
        found.append(10 * math.log10(power / 32768**2) if power else -120.0)
    return found


def spoken(pcm: bytes, rate: int) -> list[Span]:
    """Stretches of speech in seconds, padded, none longer than 28 s; empty for silence and steady noise."""
    levels = loudness(samples_of(pcm), rate)
    if not levels:
        return []
    quiet = sorted(levels)[len(levels) // 5]
    threshold = max(FAINTEST_DB, quiet + OVER_QUIET_DB)
    loud = [place * FRAME_SECONDS for place, level in enumerate(levels) if level >= threshold]
    # A clip that is speech throughout has no quiet of its own.
    if not loud and max(levels) > FAINTEST_DB + 20 and quiet > FAINTEST_DB + 20:
        loud = [0.0, len(levels) * FRAME_SECONDS]
    end = len(pcm) / 2 / rate
    spans = [span for span in _joined(loud) if span[1] - span[0] >= SHORTEST_SECONDS]
    padded = [(max(0.0, start - PAD_SECONDS), min(end, stop + PAD_SECONDS)) for start, stop in spans]
    return [piece for span in padded for piece in _pieces(span)]


def _joined(instants: Iterable[float]) -> list[Span]:
    spans: list[Span] = []
    for at in instants:
        if spans and at - spans[-1][1] <= BRIDGE_SECONDS:
            spans[-1] = (spans[-1][0], at + FRAME_SECONDS)
        else:
            spans.append((at, at + FRAME_SECONDS))
    return spans


def _pieces(span: Span) -> list[Span]:
    start, end = span
    number = max(1, math.ceil((end - start) / LONGEST_SECONDS))
    size = (end - start) / number
    return [(start + place * size, start + (place + 1) * size) for place in range(number)]
