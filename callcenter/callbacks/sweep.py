"""Applies the clock to return calls: claims expire, missing results are written, calling hours move on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.endings import Endings
from callcenter.callbacks.errors import ChangedMeanwhile
from callcenter.callbacks.model import BUSY, WAITING, Event, Result, State
from callcenter.callbacks.rows import ReturnCallRow
from callcenter.callbacks.rulebook import Rulebook
from callcenter.callbacks.store import BY_SYSTEM, Steps, load
from callcenter.callbacks.timing import Place
from callcenter.clock import Clock
from callcenter.followup.evaluations.model import meaning_of
from callcenter.followup.evaluations.service import evaluation_of_item
from callcenter.storage.database import Database

AT_ONCE = 2000


class Sweep:
    def __init__(self, database: Database, clock: Clock, rules: Rulebook, steps: Steps, endings: Endings) -> None:
        self._database = database
        self._clock = clock
        self._steps = steps
        self._endings = endings
        self.rules = rules

    async def once(self) -> int:
        """Return expired claims, mark results that were never recorded as such, and move calling hours on."""
        now = self._clock()
        async with self._database.read() as session:
            over = await self._ids(
                session, ReturnCallRow.state.in_([s.value for s in BUSY]), ReturnCallRow.lease_until <= now
            )
            waiting = ReturnCallRow.state.in_([s.value for s in WAITING])
            late = await self._ids(session, waiting, ReturnCallRow.may_until <= now)
        for id in [*over, *late]:
            try:
                async with self._database.write() as session:
                    await self._swept(session, await load(session, id), now)
            except ChangedMeanwhile:
                continue
        return len(over) + len(late)

    async def _ids(self, session: AsyncSession, *conditions: Any) -> Sequence[str]:
        return (await session.scalars(select(ReturnCallRow.id).where(*conditions).limit(AT_ONCE))).all()

    async def _swept(self, session: AsyncSession, row: ReturnCallRow, now: datetime) -> None:
        ran_out = row.lease_until is not None and row.lease_until <= now
        if row.state == State.CLAIMED and ran_out:
            await self._steps.take(session, row, Event.LEASE_ENDED, BY_SYSTEM, lease_until=None)
        elif row.state == State.TALKING and ran_out:
            await self._close_unrecorded(session, row)
        elif row.state in WAITING and row.may_until <= now:
            place = Place(row.region, tuple(row.zones))
            times = self.rules.at(row.due_at, now, place, self.rules.hours.of(row.region), appointed=False)
            # What was due stays due: a night does not make an overdue call less overdue.
            await self._steps.change(
                session, row, "next_hours", BY_SYSTEM, may_from=times.may_from, may_until=times.may_until
            )

    async def _close_unrecorded(self, session: AsyncSession, row: ReturnCallRow) -> None:
        """The agent wrote no result; the customer's answers in the script are used instead where they are clear."""
        given = await evaluation_of_item(session, row.id)
        word = None if given is None else meaning_of(given)
        if given is None or word is None:
            await self._endings.record(session, row, Result.UNSAID, BY_SYSTEM, "the agent wrote no result")
        else:
            notes = given.problem or given.notes
            await self._endings.record(session, row, word, BY_SYSTEM, notes, given.satisfaction, given.id)
