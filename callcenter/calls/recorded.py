"""Publishes a call's final record in the one way there is: a durable job in the transaction that writes the record.

Flags are its first listener. A crash between a record and its consequences loses nothing, so no scan is needed at
start.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.rows import CallRow
from callcenter.storage.jobs import Jobs

CALLS_RECORDED: Final = "calls_recorded"
Announce = Callable[[AsyncSession, Collection[str]], Awaitable[None]]
"""Queues, in the transaction of the session, a job that makes the listeners process these calls (ids)."""


class RecordedCalls:
    """Queues one job for the calls of one transaction; the job notifies every listener, at least once."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def announce(self, session: AsyncSession, calls: Collection[str]) -> None:
        if calls:
            await self._jobs.put(session, CALLS_RECORDED, {"calls": sorted(calls)})

    async def announce_again(self, session: AsyncSession, calls: Collection[str]) -> None:
        """Queue a further job for those of the calls that are final already; the others' own job is still to come.

        A call without a row counts as final: its row may be written at this moment. The lock keeps it from becoming
        final before the caller's transaction is visible.
        """
        query = select(CallRow.id).where(CallRow.id.in_(calls), CallRow.final.is_(False))
        query = query.order_by(CallRow.id).with_for_update()
        pending = set(await session.scalars(query))
        await self.announce(session, set(calls) - pending)
