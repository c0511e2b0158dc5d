"""Simulates the media side of one telephone: it sends A-law, presses keys, and keeps what it hears."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import random
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy

from callcenter.demo.sipp import a_law_of

FRAME = 160
FRAME_SECONDS = 0.02
SILENCE = bytes([0xD5]) * FRAME
A_LAW, KEYS = 8, 101
# ITU-T Q.23: each key is a low and a high tone.
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYPAD = ("123A", "456B", "789C", "*0#D")
EVENTS = "0123456789*#ABCD"
Sound = numpy.typing.NDArray[numpy.int16]


def _decoded(byte: int) -> int:
    """A byte of G.711 A-law as a 16-bit sample (ITU-T G.711, table 1a)."""
    byte ^= 0x55
    exponent, mantissa = byte >> 4 & 7, (byte & 15) << 4
    size = mantissa + 8 if exponent == 0 else (mantissa + 0x108) << (exponent - 1)
    return size if byte & 0x80 else -size


TABLE = numpy.array([_decoded(byte) for byte in range(256)], dtype="<i2")


def tones_of(key: str) -> tuple[int, int]:
    row = next(place for place, keys in enumerate(KEYPAD) if key in keys)
    return LOW[row], HIGH[KEYPAD[row].index(key)]


def spoken(hertz: tuple[int, ...], seconds: float, loud: int = 6000) -> list[bytes]:
    """Frames of A-law with these tones mixed."""
    count = round(seconds / FRAME_SECONDS) * FRAME
    wave = (sum(loud * math.sin(2 * math.pi * tone * i / 8000) for tone in hertz) for i in range(count))
    data = bytes(a_law_of(int(sample)) for sample in wave)
    return [data[place : place + FRAME] for place in range(0, count, FRAME)]


@dataclass
class Media(asyncio.DatagramProtocol):
    """One RTP port (RFC 3550).

    It sends a frame every 20 ms once it knows where to; `hum` is what it sends while idle.
    """

    local: str = "127.0.0.1"
    hum: tuple[int, ...] = ()
    quiet: bool = False
    """Sends nothing any more, like a telephone that lost its network."""
    peer: tuple[str, int] | None = None
    heard: list[tuple[float, int, bytes]] = field(default_factory=list)
    _key_frames: list[tuple[int, bool, bytes]] = field(default_factory=list)
    _task: asyncio.Task[None] | None = None
    _transport: asyncio.DatagramTransport | None = None

    async def open(self) -> int:
        door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        door.bind((self.local, 0))
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=door)
        self._task = asyncio.create_task(self._speak())
        port: int = door.getsockname()[1]
        return port

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) > 12:
            self.heard.append((time.time(), data[1] & 0x7F, data[12:]))

    def press(self, keys: str) -> None:
        """Send each key as a telephone-event of 120 ms (RFC 4733, 2.5) followed by an equally long pause."""
        for key in keys:
            event = EVENTS.index(key)
            durations = [FRAME * step for step in range(1, 7)]
            packets = [(KEYS, step == 0, struct.pack("!BBH", event, 10, d)) for step, d in enumerate(durations)]
            ends = [(KEYS, False, struct.pack("!BBH", event, 0x8A, durations[-1]))] * 3
            self._key_frames += [*packets, *ends, *[(A_LAW, False, SILENCE)] * 6]

    @property
    def pressing(self) -> bool:
        """Whether keys are still to be sent."""
        return bool(self._key_frames)

    def speak(self, sound: bytes) -> None:
        """Send this A-law sound in place of the hum."""
        frames = (sound[place : place + FRAME] for place in range(0, len(sound) - FRAME + 1, FRAME))
        self._key_frames += [(A_LAW, False, frame) for frame in frames]

    def press_in_band(self, keys: str, seconds: float = 0.4) -> None:
        """Send each key as its two tones in the audio itself, like a telephone without telephone-event."""
        for key in keys:
            self._key_frames += [(A_LAW, False, frame) for frame in spoken(tones_of(key), seconds)]
            self._key_frames += [(A_LAW, False, SILENCE)] * 10

    def _humming(self) -> Iterator[bytes]:
        return itertools.cycle(spoken(self.hum, 1.0)) if self.hum else itertools.repeat(SILENCE)

    async def _speak(self) -> None:
        loop, source = asyncio.get_running_loop(), random.getrandbits(32)
        playing, hum = self.hum, self._humming()
        due, stamp, event_stamp = loop.time(), 0, 0
        for number in itertools.count(1):
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))
            stamp += FRAME
            if self.peer is None or self._transport is None or self.quiet:
                continue
            if self.hum != playing:
                playing, hum = self.hum, self._humming()
            kind, first, frame = self._key_frames.pop(0) if self._key_frames else (A_LAW, False, next(hum))
            event_stamp = stamp if first else event_stamp
            written = event_stamp if kind == KEYS else stamp
            head = struct.pack("!BBHII", 0x80, kind | (0x80 if first else 0), number & 0xFFFF, written, source)
            self._transport.sendto(head + frame, self.peer)

    def sound(self, since: float = 0.0, until: float = math.inf) -> Sound:
        """What was heard between two instants (epoch seconds), as 16-bit samples."""
        data = b"".join(frame for at, kind, frame in list(self.heard) if kind == A_LAW and since <= at < until)
        return TABLE[numpy.frombuffer(data, dtype=numpy.uint8)]

    def loud_seconds(self, since: float = 0.0, until: float = math.inf) -> float:
        """For how many seconds something louder than noise was heard."""
        sound = self.sound(since, until)
        frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME).astype(float)
        return float((numpy.sqrt((frames**2).mean(axis=1)) > 200).sum()) * FRAME_SECONDS if len(frames) else 0.0
