"""Pushes decisions about callers ahead into Asterisk, as global variables that the dialplan reads.

A line that only greets and queues then asks no one, and works the same while the service is down. Asterisk loses the
variables at a restart and at a reload of the dialplan, so all of them are sent again after either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import structlog

from callcenter.clock import Clock
from callcenter.errors import CallCentreError

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 60.0
"""How often all are sent again: what an operator changed at the console, or a reload that no one reported."""
LOOK_SECONDS: Final = 1.0
"""How often it is checked whether the first decision of a line has run out."""
RETRY_SECONDS: Final = 1.0


class Switch(Protocol):
    """The control login (asterisk/control.py); `ready` is set while it is connected."""

    ready: asyncio.Event
    connections: int

    async def push(self, line: str, decisions: str) -> None: ...


class Ahead:
    """Run `run()` as one task; `wake()` after each change, `again()` after a reload of the dialplan.

    `decisions` returns the text for each line (callcenter/asterisk/render/ahead.py).
    """

    def __init__(self, switch: Switch, decisions: Callable[[], Mapping[str, str]], clock: Clock) -> None:
        self._switch = switch
        self._decisions = decisions
        self._clock = clock
        self._woken = asyncio.Event()
        self._sent: dict[str, str] = {}
        self._connection = 0

    def wake(self, *_: object) -> None:
        self._woken.set()

    def again(self) -> None:
        """Send all of them again."""
        self._sent.clear()
        self._woken.set()

    async def run(self) -> None:
        """Push until cancelled; without a connection it waits for one."""
        while True:
            self._woken.clear()
            await self._switch.ready.wait()
            try:
                await self.once()
            except CallCentreError as error:
                log.warning("decisions_not_pushed", cause=error.code)
                self._sent.clear()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await self._until_next()

    async def once(self) -> None:
        """Send the decisions that differ from those sent on this connection. Raises what the control link raises."""
        if self._connection != self._switch.connections:
            self._connection = self._switch.connections
            self._sent.clear()
        for line, decisions in self._decisions().items():
            if self._sent.get(line) != decisions:
                await self._switch.push(line, decisions)
                self._sent[line] = decisions

    async def _until_next(self) -> None:
        """Wait for a change, another connection, a decision that runs out, or the next time that all are sent."""
        loop = asyncio.get_running_loop()
        due = loop.time() + EVERY_SECONDS
        while self._connection == self._switch.connections and not self._run_out():
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()
                return
            except TimeoutError:
                if loop.time() >= due:
                    self._sent.clear()
                    return

    def _run_out(self) -> bool:
        now = self._clock().timestamp()
        return any(until_of(decisions) <= now for decisions in self._sent.values())


def until_of(decisions: str) -> int:
    """The epoch second until which the first decision holds."""
    return int(decisions[1:11])
