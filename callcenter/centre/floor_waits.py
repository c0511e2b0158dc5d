"""Reads from the live floor who waits for a line and who serves it."""

from __future__ import annotations

from collections.abc import Callable

from callcenter.asterisk.events import Events
from callcenter.calls.expected_wait.queries import FloorNow
from callcenter.calls.live import LiveFloor


def floor_of(
    live: LiveFloor, events: Events, queue_of: Callable[[str], str | None]
) -> Callable[[str], FloorNow | None]:
    """Return the state of a line's queue now; None for an unknown line, or while the picture is not current."""

    def now(line: str) -> FloorNow | None:
        queue = queue_of(line)
        if queue is None or not events.connected:
            return None
        waiting = live.floor.waiting
        return FloorNow(waiting.callers(queue), *waiting.staff(queue))

    return now
