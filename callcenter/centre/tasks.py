"""Runs tasks as long as the service lives: a task that fails is restarted and affects no other."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable, Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
QUIET_SECONDS = 60.0
"""Work that ran this long before it failed restarts after the first pause."""

log = structlog.get_logger(__name__)


class Lasting:
    """Runs named tasks forever and counts the restarts of each (`restarts`, exposed as a metric)."""

    def __init__(self, *, first_pause: float = FIRST_PAUSE, longest_pause: float = LONGEST_PAUSE) -> None:
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self.restarts: dict[str, int] = {}

    async def run(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Runs until cancelled or until the work returns. A fault is logged, never raised."""
        loop, pause = asyncio.get_running_loop(), self._first_pause
        self.restarts.setdefault(name, 0)
        while True:
            began = loop.time()
            try:
                await work()
                return
            except asyncio.CancelledError:
                if being_cancelled():
                    raise
                self._note(name, "something that it waited for was cancelled")
            except Exception as error:
                self._note(name, cause_of(error), error)
            if loop.time() - began > QUIET_SECONDS:
                pause = self._first_pause
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._longest_pause)

    def _note(self, name: str, cause: str, error: Exception | None = None) -> None:
        self.restarts[name] += 1
        # For an unavailable database or disk the error's name is enough; a fault of our own needs its location.
        expected = error is None or isinstance(error, (SQLAlchemyError, OSError))
        log.error("work_begins_again", work=name, cause=cause, exc_info=None if expected else error)

    def all(self, works: Mapping[str, Callable[[], Awaitable[object]]]) -> dict[str, Awaitable[None]]:
        """Each of the tasks, made lasting under its name."""
        return {name: self.run(name, work) for name, work in works.items()}


def being_cancelled() -> bool:
    """Whether this task itself is being cancelled, and not just something that it awaited."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def cause_of(error: BaseException) -> str:
    """The kind of a fault, with the system error's name where there is one; never its text."""
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(sorted({cause_of(inner) for inner in error.exceptions}))
    name = errno.errorcode.get(error.errno or 0) if isinstance(error, OSError) else None
    return f"{type(error).__name__} {name}" if name else type(error).__name__
