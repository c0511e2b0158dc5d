"""Measures parsing of AMI bytes against panoramisk, asterisk-ami and a bare split, on the same bytes in the same run.

Ours reads one field of every event and translates it; the others read the same field. panoramisk passes it to one plain
callback for `*`, its only way to deliver an event; asterisk-ami runs its decoding and its event class without a
listener, so the comparison favours it. The bytes are recorded conversations of a real Asterisk, fed in pieces as TCP
delivers them.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from asterisk.ami import Event
from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol

from benchmarks.result import Result
from callcenter.asterisk.ami_protocol import FrameReader
from callcenter.asterisk.translate import translate

CAPTURES: Final = Path(__file__).parent.parent / "tests" / "asterisk" / "captures"
PACKET: Final = 16 * 1024
REPEATS: Final = 12
ROUNDS: Final = 5
ARRIVED: Final = datetime(2026, 11, 23, tzinfo=UTC)
COMMAND: Final = "make bench ONLY=ami_decode"


def conversation() -> bytes:
    """Only the events: logins and responses are not part of the measurement."""
    data = b"".join(path.read_bytes() for path in sorted(CAPTURES.glob("*.ami")))
    frames = [frame for frame in data.split(b"\r\n\r\n") if frame.startswith(b"Event: ")]
    # FullyBooted makes panoramisk start a task of its own, which would distort the measurement.
    return b"".join(f + b"\r\n\r\n" for f in frames if not f.startswith(b"Event: FullyBooted")) * REPEATS


def packets(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), PACKET):
        yield data[start : start + PACKET]


def ours(data: bytes) -> int:
    reader, events = FrameReader(), 0
    for packet in packets(data):
        for message in reader.feed(packet):
            message.get("Uniqueid")
            translate(message, ARRIVED)
            events += 1
    return events


def panoramisk(data: bytes) -> int:
    manager, events = Manager(), 0

    def seen(_manager: Any, message: Any) -> None:
        nonlocal events
        message.get("uniqueid")
        events += 1

    manager.register_event("*", seen)
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory, protocol.encoding, protocol.version = manager, "utf8", "11"
    for packet in packets(data):
        protocol.data_received(packet)
    return events


def asterisk_ami(data: bytes) -> int:
    """The client's own steps without its socket: split by its separator regular expression, decode, match, read."""
    rest, events = b"", 0
    for packet in packets(data):
        *whole, rest = (rest + packet).split(b"\r\n\r\n")
        for raw in whole:
            text = raw.decode("utf-8", "replace")
            if Event.match(text):
                Event.read(text).keys.get("Uniqueid")
                events += 1
    return events


def bare_split(data: bytes) -> int:
    rest, events = b"", 0
    for packet in packets(data):
        *whole, rest = (rest + packet).split(b"\r\n\r\n")
        events += len(whole)
    return events


WAYS: Final[dict[str, Callable[[bytes], int]]] = {
    "ours": ours,
    "panoramisk": panoramisk,
    "asterisk_ami": asterisk_ami,
    "bare_split": bare_split,
}


def measure() -> dict[str, float]:
    """Events per second of CPU time, the median of interleaved rounds."""
    data = conversation()
    expected = bare_split(data)
    speeds: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(ROUNDS):
        for name, way in WAYS.items():
            began = time.process_time()
            if way(data) != expected:
                raise AssertionError(f"{name} did not read every event")
            speeds[name].append(expected / (time.process_time() - began))
    return {name: statistics.median(speed) for name, speed in speeds.items()}


async def run() -> list[Result]:
    speeds = await asyncio.to_thread(measure)
    mine = speeds["ours"]
    return [
        Result(f"ami_decode_vs_{name}", round(mine), "events/s", round(speed), round(mine / speed, 2), target, COMMAND)
        for name, speed, target in (
            ("panoramisk", speeds["panoramisk"], ">= 5 x"),
            ("asterisk_ami", speeds["asterisk_ami"], ""),
            ("bare_split", speeds["bare_split"], ""),
        )
    ]


if __name__ == "__main__":
    for result in asyncio.run(run()):
        print(result)  # noqa: T201
