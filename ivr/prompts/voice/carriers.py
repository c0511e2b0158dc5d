"""Speaks a short text inside a longer one and cuts it out: Kokoro slurs what is shorter than a sentence. Pure.

The text stands first, before digits that begin with a stop, or last, after a phrase. Each way leaves one cut to make,
and it falls into the closure of a consonant, where the sound is quietest. The durations that the model predicts for its
signs tell where to look; they are off by up to 50 ms, because the signs between words take part of the sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

FRAME: Final = 600
"""Samples of one unit of the model's durations."""
_STEP: Final = 120
"""Samples of one measurement of loudness: 5 ms."""
_SLACK: Final = 1200
_FADE: Final = 96
_SENTENCE_ENDS: Final = "。？！"
_ASKS_FOR_A_KEY: Final = "请按"
_POINT: Final = "点"
"""Between digits it has the sound that it has after them; before them it was taken for 天 and 殿."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """What is spoken before and after a text, and cut off again."""

    before: str = ""
    after: str = ""


NONE: Final = Carrier()
AFTER_A_PHRASE: Final = Carrier(before="人工服务，")
BEFORE_DIGITS: Final = Carrier(after="，八六五四。")
AFTER_DIGITS: Final = Carrier(before="八六五四，")


def carrier_of(text: str, language: str) -> Carrier:
    """The carrier of a text: none for a whole sentence, and none in English, which is understood without."""
    if language != "zh-CN" or text[-1:] in _SENTENCE_ENDS:
        return NONE
    if text == _POINT:
        return AFTER_DIGITS
    return AFTER_A_PHRASE if text.startswith(_ASKS_FOR_A_KEY) else BEFORE_DIGITS


def cut_out(samples: Samples, durations: Sequence[int], before: int, after: int) -> Samples:
    """The samples without those of the first `before` and the last `after` signs.

    `durations` has one more unit at each end, for the silence around the text.
    """
    ends = [0]
    for duration in durations:
        ends.append(ends[-1] + int(duration) * FRAME)
    # The separator of two signs is silence, sound of the text or of the carrier: the cut may lie anywhere in it.
    start = _quietest(samples, ends[max(0, before - 1)], ends[1 + before]) if before else 0
    last = len(durations) - 1 - after
    end = _quietest(samples, ends[last], ends[min(last + 2, len(durations))]) if after else len(samples)
    return _faded(samples[start:end], start=bool(before), end=bool(after))


def _quietest(samples: Samples, low: int, high: int) -> int:
    """The quietest place between two samples, and a little around them."""
    import numpy

    low, high = max(0, low - _SLACK), min(len(samples), high + _SLACK)
    whole = samples[low : low + (high - low) // _STEP * _STEP].reshape(-1, _STEP)
    if len(whole) == 0:
        return min(low, len(samples))
    loudness = numpy.convolve((whole**2).mean(axis=1), numpy.ones(3), "same")
    # "same" takes silence beyond the ends for quiet.
    loudness[[0, -1]] = loudness.max()
    return low + int(loudness.argmin()) * _STEP


def _faded(samples: Samples, *, start: bool, end: bool) -> Samples:
    import numpy

    cut = samples.copy()
    length = min(_FADE, len(cut) // 2)
    ramp = numpy.linspace(0, 1, length)
    if start and length:
        cut[:length] *= ramp
    if end and length:
        cut[-length:] *= ramp[::-1]
    return cut
