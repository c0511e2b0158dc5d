"""Checks a recording of the centre's own before it replaces a prompt; blocking."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ivr.prompts.files import NARROW, BadRecording
from ivr.prompts.sound import Measured, Narrower, levelled, measure, mono, trimmed

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

LARGEST_BYTES: Final = 20 * 2**20
LONGEST_SECONDS: Final = 60.0
LONGEST_PIECE_SECONDS: Final = 8.0
"""Of a piece of a number or date, which is played inside a sentence."""
SHORTEST_SECONDS: Final = 0.15
MOST_CLIPPED: Final = 0.001
QUIETEST_DB: Final = -45.0
MOST_CHANNELS: Final = 8
HIGHEST_RATE: Final = 192_000

FAULTS: Final[Mapping[str, Callable[[Measured], bool]]] = MappingProxyType(
    {
        "too_quiet": lambda heard: heard.level_db < QUIETEST_DB,
        "too_short": lambda heard: heard.seconds - heard.lead_seconds - heard.tail_seconds < SHORTEST_SECONDS,
        "clipped": lambda heard: heard.clipped > MOST_CLIPPED,
    }
)
"""Why callers would not understand a recording, in the order of the checks."""


def checked(data: bytes, name: str, language: str, longest: float = LONGEST_SECONDS) -> tuple[Samples, int, Measured]:
    """The recording trimmed and levelled as the others are, its sample rate, and what was measured before.

    Raises BadRecording with `fault`.
    """
    samples, rate = _read(data, name, language, longest)
    heard = measure(samples, rate)
    for fault, is_bad in FAULTS.items():
        if is_bad(heard):
            raise _bad(fault, name, language, seconds=round(heard.seconds, 2), level_db=round(heard.level_db, 1))
    return levelled(trimmed(samples, rate), rate), rate, heard


def _read(data: bytes, name: str, language: str, longest: float) -> tuple[Samples, int]:
    """All samples, of a file whose header promises no more than a prompt has."""
    import numpy
    import soundfile

    longest = LONGEST_PIECE_SECONDS if name.startswith("say/") else longest
    if len(data) > LARGEST_BYTES:
        raise _bad("too_large", name, language)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            if not NARROW <= sound.samplerate <= HIGHEST_RATE or sound.channels > MOST_CHANNELS:
                raise _bad("sample_rate", name, language, rate=sound.samplerate)
            rate, seconds = int(sound.samplerate), 0.0
            # Music of minutes is only ever heard by telephone. Whole seconds, mixed to one channel as they are read: a
            # small file may hold hours of silence on eight channels.
            keeps = rate if longest <= LONGEST_SECONDS else NARROW
            narrower = Narrower(rate, keeps)
            # A header may promise less than the file holds, and the other way round: the samples count.
            while len(block := sound.read(rate, dtype="float64", always_2d=True)):
                seconds += len(block) / rate
                if seconds > longest:
                    raise _bad("too_long", name, language, longest=longest)
                if not numpy.isfinite(block).all():
                    raise _bad("format", name, language)
                narrower.take(mono(block))
            samples = narrower.whole()
    except (soundfile.LibsndfileError, ValueError, RuntimeError) as error:
        raise _bad("format", name, language) from error
    if len(samples) == 0:
        raise _bad("too_short", name, language)
    return samples, keeps


def _bad(fault: str, name: str, language: str, **facts: str | float) -> BadRecording:
    return BadRecording(
        "callers would not understand this recording", fault=fault, prompt=name, language=language, **facts
    )
