"""States that Asterisk holds for us: what differs is sent after each change, and all of it again after a while."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Final, Generic, Protocol, TypeVar

import structlog

from callcenter.errors import CallCentreError

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 60.0
"""How often all are sent again: what an operator changed at the console, or a restart that no one reported."""
RETRY_SECONDS: Final = 1.0
State = TypeVar("State")


class Connection(Protocol):
    """The control login (asterisk/control.py); `ready` is set while it is connected."""

    ready: asyncio.Event


class PublishedStates(ABC, Generic[State]):
    """Run `run()` as one task; `wake()` after each change, `again()` after Asterisk has lost what was sent."""

    failure: str
    """The event that is logged when the control link refuses or breaks."""

    def __init__(self, connection: Connection) -> None:
        self._connected = connection
        self._woken = asyncio.Event()
        self._sent: dict[str, State] = {}

    def wake(self, *_: object) -> None:
        self._woken.set()

    def again(self) -> None:
        """Send all of them again."""
        self._sent.clear()
        self._woken.set()

    async def run(self) -> None:
        """Publish until cancelled; without a connection it waits for one."""
        while True:
            self._woken.clear()
            await self._connected.ready.wait()
            try:
                await self.once()
            except CallCentreError as error:
                log.warning(self.failure, cause=error.code)
                self._sent.clear()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await self._until_next()

    @abstractmethod
    async def once(self) -> None:
        """Send what differs from what was sent before. Raises what the control link raises."""

    async def _until_next(self) -> None:
        """Wait for a change, or for the time at which all are sent again."""
        try:
            async with asyncio.timeout(EVERY_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            self._sent.clear()
