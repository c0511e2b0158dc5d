"""The one way in which a call's final record becomes known: a durable job in the transaction that writes the record.

Flags are its first listener. Nothing is lost in a crash between a record and what follows from it, so nothing is
looked for again at a start.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.storage.jobs import Jobs

CALLS_RECORDED: Final = "calls_recorded"
Announce = Callable[[AsyncSession, Collection[str]], Awaitable[None]]
"""Queues, in the transaction of the session, that the listeners look at these calls (ids)."""


class RecordedCalls:
    """Queues one job for the calls of one transaction; the job notifies every listener, at least once."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def announce(self, session: AsyncSession, calls: Collection[str]) -> None:
        if calls:
            await self._jobs.put(session, CALLS_RECORDED, {"calls": sorted(calls)})
