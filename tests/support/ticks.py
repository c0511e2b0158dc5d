"""A clock that counts the turns a thread of this process gets, so that a test can compare waits on any machine.

A wait in seconds measures the machine as much as the program: on a busy one everything may pause for
seconds. This clock pauses with it. It goes on while the event loop is blocked or waits for a lock.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TURN: Final = 0.005
"""Seconds between two turns at best."""


class Ticks:
    def __init__(self) -> None:
        self._count = 0
        self._over = threading.Event()

    def __call__(self) -> float:
        return float(self._count)

    def run(self) -> None:
        while not self._over.wait(TURN):
            self._count += 1

    def stop(self) -> None:
        self._over.set()


@contextmanager
def ticking() -> Iterator[Ticks]:
    """A clock that runs until the block ends."""
    ticks = Ticks()
    thread = threading.Thread(target=ticks.run, name="ticks")
    thread.start()
    try:
        yield ticks
    finally:
        ticks.stop()
        thread.join()
