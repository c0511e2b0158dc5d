"""Computes the figures now, and publishes them as they change.

The counts of records are read again only after a call has begun or ended, at most every few seconds; this moment is
taken from the live picture.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from callcenter.calls.effects import FloorNow
from callcenter.calls.figures.deltas import FIGURES, delta_of
from callcenter.calls.figures.model import SUPERVISING, DayNow, occupancy
from callcenter.calls.figures.queries import WEEK, DayFigures
from callcenter.clock import Clock
from callcenter.web.ports import Publish

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 5.0
LOOKS: Final = 4
"""So often the figures are read after a change on the floor: a record is stored some seconds after its call's end."""
QueueOf = Callable[[str], Awaitable[str]]
"""The queue of a line; raises UnknownLine."""
Within = Callable[[str | None, int], Awaitable[int]]
"""The threshold of the service level of a line, or of the centre; else the one given."""
LineCodes = Callable[[], Awaitable[Sequence[str]]]


class FiguresNow:
    def __init__(
        self,
        figures: DayFigures,
        clock: Clock,
        floor: Callable[[], FloorNow],
        queue_of: QueueOf,
        within: Within,
        lines: LineCodes,
        publish: Publish,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self._figures = figures
        self._clock = clock
        self._floor = floor
        self._queue_of = queue_of
        self._within = within
        self._lines = lines
        self._publish = publish
        self._every = every_seconds
        self._changed = asyncio.Event()
        self._published: dict[str | None, DayNow] = {}

    async def read(self, line: str | None) -> DayNow:
        """Raises UnknownLine."""
        now, figures, seen = self._clock(), self._figures, self._floor()
        since = figures.midnight(now)
        queue = None if line is None else await self._queue_of(line)
        within = await self._within(line, figures.seconds)
        queues = [known for known in seen.queues if queue is None or known.code.partition(".")[0] == queue]
        states = [SUPERVISING if agent.supervising else agent.state for agent in seen.agents]
        return DayNow(
            as_of=now,
            since=since,
            line=line,
            threshold_seconds=within,
            today=await figures.between(since, now, line, within),
            week_ago=await figures.between(since - WEEK, now - WEEK, line, within),
            curve=await figures.curve(since, now, line),
            week_ago_curve=await figures.curve(since - WEEK, now - WEEK, line),
            waiting=sum(known.waiting for known in queues),
            longest_since=min((known.longest_since for known in queues if known.longest_since), default=None),
            agents=dict(Counter(states)),
            occupancy=occupancy(states),
            live=seen.link.connected,
        )

    def changed(self, *_: object) -> None:
        """Something on the floor has changed; never blocks."""
        self._changed.set()

    async def run(self) -> None:
        """Publish what has changed, at most every few seconds, until cancelled."""
        left = 0
        while True:
            if left == 0 or self._changed.is_set():
                await self._changed.wait()
                left = LOOKS
            left -= 1
            self._changed.clear()
            try:
                await self.publish()
            except (DBAPIError, OSError) as error:
                self._changed.set()
                log.warning("figures_not_published", cause=type(error).__name__)
            await asyncio.sleep(self._every)

    async def publish(self) -> None:
        """Publish the figures of the centre and of each line that differ from those published before."""
        lines: list[str | None] = [None, *await self._lines()]
        for line in lines:
            now = await self.read(line)
            before = self._published.get(line)
            if before is None or replace(before, as_of=now.as_of) != now:
                self._published[line] = now
                self._publish(FIGURES, delta_of(now))
        self._published = {line: now for line, now in self._published.items() if line in lines}
