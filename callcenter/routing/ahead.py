"""Pushes decisions about callers ahead into Asterisk, as global variables that the dialplan reads.

A line that only greets and queues then asks no one, and works the same while the service is down. Asterisk loses the
variables at a restart and at a reload of the dialplan, so all of them are sent again after either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from callcenter.clock import Clock
from callcenter.routing.published_states import EVERY_SECONDS, PublishedStates

LOOK_SECONDS: Final = 1.0
"""How often it is checked whether the first decision of a line has run out."""


class Switch(Protocol):
    """The control login (asterisk/control.py); `ready` is set while it is connected."""

    ready: asyncio.Event
    connections: int

    async def push(self, line: str, decisions: str) -> None: ...


class Ahead(PublishedStates[str]):
    """`decisions` returns the text for each line (callcenter/asterisk/render/ahead.py)."""

    failure = "decisions_not_pushed"

    def __init__(self, switch: Switch, decisions: Callable[[], Mapping[str, str]], clock: Clock) -> None:
        super().__init__(switch)
        self._switch = switch
        self._decisions = decisions
        self._clock = clock
        self._connection = 0

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
