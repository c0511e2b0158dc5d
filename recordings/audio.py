"""Mixes the two files that Asterisk writes into one two-channel file, and extracts single channels from it.

Everything here blocks and works in small blocks, so an hour needs no more memory than a second.
"""

from __future__ import annotations

import struct
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from recordings.errors import VaultDamaged
from recordings.model import PARTIES, Format, Party

if TYPE_CHECKING:
    import numpy
    import numpy.typing

    Samples = numpy.typing.NDArray[numpy.int16]


RATE: Final = 8000
BLOCK: Final = 8000
PEAKS_PER_SECOND: Final = 10
MOST_PEAKS: Final = 1000
EMPTY_BYTES: Final = 44

_FILE: Final = {
    Format.FLAC: ("FLAC", "PCM_16"),
    Format.OPUS: ("OGG", "OPUS"),
    Format.WAV: ("WAV", "PCM_16"),
}


@dataclass(frozen=True, slots=True)
class Mixed:
    """The result: `seconds` is the length; `peaks` holds per channel the loudest sample of each slice, 0 to 100."""

    seconds: float
    peaks: list[list[int]]
    problem: str = ""


def sound_bytes(path: Path) -> int:
    """The number of audio bytes in a file of Asterisk's; a recorder that never wrote leaves a bare header."""
    try:
        return max(0, path.stat().st_size - EMPTY_BYTES)
    except FileNotFoundError:
        return 0


def _sound(path: Path | None) -> Iterator[Samples]:
    """The samples of a WAV file in blocks.

    The length is taken from the file, not from its header: Asterisk writes the header's length when it closes the file,
    so all audio after the header is present even when Asterisk was killed.
    """
    import numpy

    if path is None or sound_bytes(path) == 0:
        return
    with path.open("rb") as file:
        _to_data(file)
        while block := file.read(BLOCK * 2):
            yield numpy.frombuffer(block[: len(block) // 2 * 2], dtype="<i2")


def _to_data(file: BinaryIO) -> None:
    """Seek past the header of the data chunk; a file without one is read as audio after 44 bytes."""
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        while len(chunk := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", chunk)
            if name == b"data":
                return
            file.seek(size + size % 2, 1)
    file.seek(EMPTY_BYTES)


def mix(sources: Mapping[Party, Path], target: Path, form: Format) -> Mixed:
    """Write both parties' audio to one file, the caller on channel 0; the shorter one is padded with silence."""
    import numpy
    import soundfile

    container, kind = _FILE[form]
    streams = [_sound(sources.get(party)) for party in PARTIES]
    frames, slice_size = 0, RATE // PEAKS_PER_SECOND
    peaks: tuple[list[int], list[int]] = ([], [])
    with soundfile.SoundFile(str(target), "w", RATE, 2, kind, format=container) as out:
        while True:
            blocks = [next(stream, None) for stream in streams]
            length = max((len(block) for block in blocks if block is not None), default=0)
            if length == 0:
                break
            both = numpy.zeros((length, 2), dtype=numpy.int16)
            for channel, block in enumerate(blocks):
                if block is not None:
                    both[: len(block), channel] = block
            out.write(both)
            frames += length
            for channel in range(2):
                peaks[channel].extend(_peaks(both[:, channel], slice_size))
    lengths = {sound_bytes(path) for path in sources.values()}
    problem = "one party's sound is missing" if len(sources) == 2 and 0 in lengths else ""
    return Mixed(round(frames / RATE, 3), [_fewer(peak) for peak in peaks], problem)


def _peaks(samples: Samples, size: int) -> list[int]:
    import numpy

    rest = -len(samples) % size
    loud = numpy.abs(samples.astype(numpy.int32))
    slices = numpy.concatenate([loud, numpy.zeros(rest, dtype=numpy.int32)]).reshape(-1, size).max(axis=1)
    return [round(int(piece) * 100 / 32768) for piece in slices]


def _fewer(peaks: list[int]) -> list[int]:
    """At most MOST_PEAKS values, each the loudest of its neighbours."""
    step = -(-len(peaks) // MOST_PEAKS) or 1
    return [max(peaks[place : place + step]) for place in range(0, len(peaks), step)]


def write_channel(source: BinaryIO | Path, target: Path, party: Party) -> None:
    """One party's audio as an 8 kHz 16-bit mono WAV file; raises VaultDamaged when the source is not audio."""
    import soundfile

    place = PARTIES.index(party)
    opened: Any = str(source) if isinstance(source, Path) else source
    try:
        with soundfile.SoundFile(opened) as sound, wave.open(str(target), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(sound.samplerate)
            while len(block := sound.read(BLOCK, dtype="int16", always_2d=True)):
                out.writeframes(block[:, place].astype("<i2").tobytes())
    except soundfile.LibsndfileError as error:
        raise VaultDamaged("the recording is no sound that can be read", cause=str(error)[:80]) from error
