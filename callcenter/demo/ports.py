"""Chooses ports on loopback for PBXs, phones and callers that run side by side.

A port that the system hands out for `bind(0)` may be taken by any outgoing connection before the program that it was
chosen for binds it. These ports lie below the system's range for outgoing connections (ip(7), ip_local_port_range), and
each process takes them from a block of its own, under a lock that ends with the process (flock(2)).
"""

from __future__ import annotations

import fcntl
import itertools
import os
import random
import socket
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

BLOCKS: Final = 20
SERVICES: Final = range(12_000, 20_000)
"""For listening sockets and SIP."""
MEDIA: Final = range(20_000, 32_000)
"""For the sound of simulated phones and callers."""
RTP: Final = range(33_000, 61_000)
"""For the PBX's sound: it takes another port of its range when one is in use (res_rtp_asterisk.c)."""


class Block:
    """One process's part of each range."""

    def __init__(self, number: int) -> None:
        self.services, self.media, self.rtp = (
            ports[number * len(ports) // BLOCKS : (number + 1) * len(ports) // BLOCKS]
            for ports in (SERVICES, MEDIA, RTP)
        )
        # In turn, so that a port rests before it is used again.
        self.turns = itertools.cycle(self.services[::2])
        self.media_ends = self.media.start


def free_port() -> int:
    """A port that is free for UDP and TCP; even, because RTP uses even ports (RFC 3550, 11)."""
    block = _block()
    return next(port for port in itertools.islice(block.turns, len(block.services)) if is_free(port))


def media_ports(count: int) -> int:
    """The first of `count` ports for the sound of simulated phones; several programs get ports apart."""
    block, count = _block(), count + count % 2
    if count > len(block.media):
        return random.randrange(MEDIA.start, max(MEDIA.start + 1, RTP.stop - count)) // 2 * 2
    first = block.media_ends if block.media_ends + count <= block.media.stop else block.media.start
    block.media_ends = first + count
    return first


def rtp_ports() -> tuple[int, int]:
    """The first and last port for a PBX's sound."""
    rtp = _block().rtp
    return rtp.start, rtp.stop - 1


def is_free(port: int) -> bool:
    """Whether the port can be bound on loopback; a TCP port in TIME_WAIT is free."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


@cache
def _block() -> Block:
    """This process's block; some block without a lock when all are taken."""
    folder = Path(tempfile.gettempdir()) / f"callcenter-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in random.sample(range(BLOCKS), BLOCKS):
        lock = os.open(folder / str(number), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return Block(number)
    return Block(random.randrange(BLOCKS))
