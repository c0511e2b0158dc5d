"""Works on the sound of recordings: silence at the ends, loudness, sample rate, and the checks of uploads. Pure.

All functions take and give mono samples between -1 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy
    import numpy.typing

    Samples = numpy.typing.NDArray[numpy.float64]

LEVEL_DB: Final = -20.0
"""Loudness of what is spoken, without the pauses, in dB below full scale: that of Asterisk's own sounds."""
PEAK: Final = 0.89
MARGIN_SECONDS: Final = 0.04
"""Silence that stays at each end: two recordings in a row have a joint of 80 ms, about that between spoken words."""
COMMA_SECONDS: Final = 0.2
FADE_SECONDS: Final = 0.005
_FRAME_SECONDS: Final = 0.01
_QUIET_DB: Final = -38.0
"""A frame so far below the loudest counts as silence."""
_PAUSE_DB: Final = -25.0
CLIPPED: Final = 0.995
_MARGIN: Final = 0.2
"""Seconds of the neighbours with which a second is resampled."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What is heard of a recording: levels in dB below full scale, `clipped` the share of samples at full scale."""

    seconds: float
    level_db: float
    peak_db: float
    clipped: float
    lead_seconds: float
    tail_seconds: float


def _frames(samples: Samples, rate: int) -> Samples:
    """The root mean square of each frame of 10 ms."""
    import numpy

    size = max(1, round(rate * _FRAME_SECONDS))
    whole = numpy.concatenate([samples, numpy.zeros(-len(samples) % size)]).reshape(-1, size)
    result: Samples = numpy.sqrt((whole**2).mean(axis=1))
    return result


def _db(value: float) -> float:
    import math

    return 20 * math.log10(value) if value > 1e-6 else -120.0


def level(samples: Samples, rate: int) -> float:
    """The loudness of what is spoken, in dB: pauses do not count, in the manner of ITU-T P.56."""
    import numpy

    frames = _frames(samples, rate)
    loud = frames[frames > frames.max(initial=0.0) * 10 ** (_PAUSE_DB / 20)]
    return _db(float(numpy.sqrt((loud**2).mean()))) if loud.size else -120.0


def _spoken(samples: Samples, rate: int) -> tuple[int, int]:
    """Where speech starts and ends, in samples."""
    import numpy

    frames = _frames(samples, rate)
    heard = numpy.flatnonzero(frames > max(frames.max(initial=0.0) * 10 ** (_QUIET_DB / 20), 1e-4))
    size = max(1, round(rate * _FRAME_SECONDS))
    return (int(heard[0]) * size, min(len(samples), (int(heard[-1]) + 1) * size)) if heard.size else (0, 0)


def measure(samples: Samples, rate: int) -> Measured:
    import numpy

    start, end = _spoken(samples, rate)
    peak = float(numpy.abs(samples).max(initial=0.0))
    clipped = float((numpy.abs(samples) >= CLIPPED).mean()) if len(samples) else 0.0
    return Measured(
        len(samples) / rate, level(samples, rate), _db(peak), clipped, start / rate, (len(samples) - end) / rate
    )


def tail_of(text: str) -> float:
    """The silence that stays after a text: longer after a comma, as when a person reads on."""
    return COMMA_SECONDS if text.endswith(("，", ",")) else MARGIN_SECONDS


def trimmed(samples: Samples, rate: int, tail_seconds: float = MARGIN_SECONDS) -> Samples:
    """Without the silence at the ends but for a short margin, faded in and out so that joints do not click."""
    import numpy

    start, end = _spoken(samples, rate)
    margin = round(MARGIN_SECONDS * rate)
    after = round(tail_seconds * rate)
    lead, tail = max(0, margin - start), max(0, end + after - len(samples))
    cut = samples[max(0, start - margin) : end + after].copy()
    fade = min(len(cut) // 2, round(FADE_SECONDS * rate))
    if fade:
        ramp = numpy.linspace(0, 1, fade)
        cut[:fade] *= ramp
        cut[-fade:] *= ramp[::-1]
    result: Samples = numpy.concatenate([numpy.zeros(lead), cut, numpy.zeros(tail)])
    return result


def levelled(samples: Samples, rate: int, target_db: float = LEVEL_DB) -> Samples:
    """At the common loudness, or as near to it as the peak allows: nothing is clipped."""
    import numpy

    peak = float(numpy.abs(samples).max(initial=0.0))
    if peak == 0:
        return samples
    gain = min(10 ** ((target_db - level(samples, rate)) / 20), PEAK / peak)
    return samples * gain


def resampled(samples: Samples, rate: int, to: int) -> Samples:
    """At another sample rate. Cutting the spectrum band-limits and resamples in one step, without a separate filter."""
    import numpy

    if rate == to or len(samples) == 0:
        return samples
    length = max(1, round(len(samples) * to / rate))
    result: Samples = numpy.fft.irfft(numpy.fft.rfft(samples)[: length // 2 + 1], n=length) * (length / len(samples))
    return result


class Narrower:
    """Takes a long sound second by second and keeps it at a lower sample rate, or at its own.

    Each second is resampled with a margin of its neighbours: a block by itself would begin and end with a click.
    """

    def __init__(self, rate: int, to: int) -> None:
        self._rate = rate
        self._to = to
        self._margin = round(rate * _MARGIN)
        self._kept: list[Samples] = []
        self._before: Samples | None = None
        self._waiting: Samples | None = None

    def take(self, second: Samples) -> None:
        """The next second of samples; only the last may be shorter."""
        if self._rate == self._to:
            self._kept.append(second)
            return
        if self._waiting is not None:
            self._keep(self._waiting, second[: self._margin])
        self._waiting = second

    def whole(self) -> Samples:
        """Everything that was taken."""
        if self._waiting is not None:
            self._keep(self._waiting, self._waiting[:0])
            self._waiting = None
        return joined(self._kept)

    def _keep(self, second: Samples, after: Samples) -> None:
        before = second[:0] if self._before is None else self._before
        narrow = resampled(joined([before, second, after]), self._rate, self._to)
        start = round(len(before) * self._to / self._rate)
        self._kept.append(narrow[start : start + round(len(second) * self._to / self._rate)])
        self._before = second[-self._margin :]


def joined(parts: Sequence[Samples]) -> Samples:
    import numpy

    result: Samples = numpy.concatenate(list(parts)) if parts else numpy.zeros(0)
    return result


def mono(samples: Any) -> Samples:
    """Channels mixed to one."""
    import numpy

    result: Samples = numpy.asarray(samples, dtype=numpy.float64)
    return result.mean(axis=1) if result.ndim == 2 else result
