"""Holds the floor's effects until they are stored; bounded, so that a slow database never holds up the floor."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from callcenter.calls.effects import AutoPause, CallEnded, Stored

BACKLOG: Final = 20_000


class Backlog:
    """Effects waiting to be stored, in order; one entry per call, always its newest state."""

    def __init__(self, limit: int = BACKLOG) -> None:
        self._limit = limit
        self._effects: dict[object, Stored] = {}
        self._filled = asyncio.Event()
        self._urgent = asyncio.Event()
        """Set by a pause: until it is stored, the next call may ring at the same phone."""
        self.dropped = 0

    def put(self, effect: Stored) -> None:
        key: object = effect.record.linkedid if isinstance(effect, CallEnded) else effect
        self._effects.pop(key, None)
        if len(self._effects) >= self._limit:
            # Drop the oldest provisional state: the PBX's files complete its record anyway.
            self._effects.pop(next(iter(self._effects)))
            self.dropped += 1
        self._effects[key] = effect
        self._filled.set()
        if isinstance(effect, AutoPause):
            self._urgent.set()

    async def take(self, most: int = 500) -> list[Stored]:
        """Wait until there is something and return up to `most` effects, oldest first."""
        await self._filled.wait()
        keys = list(self._effects)[:most]
        taken = [self._effects.pop(key) for key in keys]
        if not self._effects:
            self._filled.clear()
            self._urgent.clear()
        return taken

    async def gather(self, seconds: float) -> None:
        """Leave time for further effects, which are then stored together; a pause ends it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._urgent.wait()
