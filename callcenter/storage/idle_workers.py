"""Wakes one of the workers that wait for a job: all of them would look for the same one."""

from __future__ import annotations

import asyncio


class IdleWorkers:
    def __init__(self) -> None:
        self._waiting: list[asyncio.Event] = []
        """The worker that was idle last is at the end."""
        self._missed = False
        """Whether a job was queued while no worker was idle."""

    def looks(self) -> None:
        """A worker looks for a job now; it sees every job that was queued before."""
        self._missed = False

    def wake(self) -> None:
        if self._waiting:
            self._waiting.pop().set()
        else:
            self._missed = True

    async def rest(self, seconds: float) -> None:
        """Wait to be woken, at most so long; not at all when a job was queued since the last look began."""
        if self._missed:
            return
        woken = asyncio.Event()
        self._waiting.append(woken)
        try:
            async with asyncio.timeout(seconds):
                await woken.wait()
        except TimeoutError:
            pass
        finally:
            if woken in self._waiting:
                self._waiting.remove(woken)
