"""Generates tones as Asterisk writes them, and measures how much of a tone is in a sound."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

import numpy

RATE = 8000


def tone(hertz: float, seconds: float, loud: int = 8000) -> bytes:
    count = int(seconds * RATE)
    return b"".join(struct.pack("<h", int(loud * math.sin(2 * math.pi * hertz * i / RATE))) for i in range(count))


def write_wav(path: Path, sound: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound)
    return path


def samples(path: Path) -> numpy.typing.NDArray[numpy.int16]:
    with wave.open(str(path), "rb") as file:
        return numpy.frombuffer(file.readframes(file.getnframes()), dtype="<i2")


def share_of(hertz: float, sound: numpy.typing.NDArray[numpy.int16], width: float = 15.0) -> float:
    """The share of a sound's energy within `width` hertz of a tone, 0 to 1."""
    if not len(sound):
        return 0.0
    power = numpy.abs(numpy.fft.rfft(sound.astype(float))) ** 2
    places = numpy.fft.rfftfreq(len(sound), 1 / RATE)
    return float(power[numpy.abs(places - hertz) <= width].sum() / max(power.sum(), 1.0))
