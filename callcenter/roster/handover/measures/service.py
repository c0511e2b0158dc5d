"""Measures handovers once their change of shift is over, and counts them (H4)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final, NoReturn

from sqlalchemy import select

from callcenter.agents.presence import PresenceService
from callcenter.clock import Clock
from callcenter.roster.coverage import without
from callcenter.roster.effects import LONGEST
from callcenter.roster.errors import BadRange
from callcenter.roster.handover.measures.model import (
    HandoverCounts,
    Presences,
    below_seconds,
    counts_of,
    end_of_change,
    overstays,
)
from callcenter.roster.handover.model import OVERSTAY, RELIEF_WINDOW, HandoverState
from callcenter.roster.needs.model import Minimum
from callcenter.roster.needs.service import NeedService
from callcenter.roster.rows import HandoverRow
from callcenter.roster.service import RosterService
from callcenter.storage.database import Database

EVERY_SECONDS: Final = 20.0
AT_ONCE: Final = 100
BACK: Final = timedelta(days=7)
"""Handovers that ended earlier than this and were never measured stay so: needs have changed since."""


class Measures:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        presence: PresenceService,
        roster: RosterService,
        needs: NeedService,
        zone: tzinfo,
        least: int,
        *,
        handover_first: bool = True,
    ) -> None:
        """`handover_first`: whether an agent is rung until the relief is there."""
        self._handover_first = handover_first
        self._database = database
        self._clock = clock
        self._presence = presence
        self._roster = roster
        self._needs = needs
        self._zone = zone
        self._least = least

    async def run(self, every: float = EVERY_SECONDS) -> NoReturn:
        while True:
            await self.once()
            await asyncio.sleep(every)

    async def once(self) -> None:
        """Measure what is over and not measured yet; idempotent."""
        query = select(HandoverRow).where(
            HandoverRow.changed_at.is_(None),
            HandoverRow.offered_at.is_not(None),
            HandoverRow.ended_at > self._clock() - BACK,
        )
        async with self._database.read() as session:
            rows = (await session.scalars(query.order_by(HandoverRow.ended_at).limit(AT_ONCE))).all()
        for row in rows:
            await self._measure(row)

    async def of(self, start: datetime, end: datetime, line: str | None = None) -> HandoverCounts:
        """The counts of the handovers whose change of shift ended in the period; raises BadRange."""
        if end <= start or end - start > LONGEST:
            raise BadRange("the range ends after its start", days=LONGEST.days)
        query = select(HandoverRow).where(HandoverRow.changed_at >= start, HandoverRow.changed_at < end)
        async with self._database.read() as session:
            rows = (await session.scalars(query)).all()
        if line is None:
            return counts_of(row.below_seconds for row in rows)
        return counts_of(_of_line(row, line) for row in rows if line in row.lines)

    async def _measure(self, row: HandoverRow) -> None:
        if row.offered_at is None or row.ended_at is None:
            return
        leaver = (await self._presence.states([row.agent], row.offered_at)).get(row.agent, ())
        end = end_of_change(row.ended_at, row.offered_at, leaver, self._clock())
        if end is None:
            return
        seconds, by_line = await self._seconds(row.lines, row.offered_at, end)
        async with self._database.write() as session:
            stored = await session.get(HandoverRow, row.id, with_for_update=True, populate_existing=True)
            if stored is not None and stored.changed_at is None:
                stored.changed_at, stored.below_seconds, stored.below_by_line = end, seconds, by_line

    async def _seconds(
        self, lines: Sequence[str], start: datetime, end: datetime
    ) -> tuple[float | None, dict[str, float | None]]:
        """In which any of the lines was below its minimum, and in which each was."""
        began = await self._presence.began()
        if began is None or began > start:
            return None, dict.fromkeys(lines)
        presences = await self._presences(start, end)
        minimum = Minimum(await self._needs.needs(), await self._roster.skills(), self._least, self._zone)

        def below(of: Sequence[str]) -> float | None:
            return below_seconds(of, presences, minimum, (start, end))

        return below(lines), {line: below([line]) for line in lines}

    async def _presences(self, start: datetime, end: datetime) -> Presences:
        """Who was there; also who no longer works here, and the reliefs who were to come."""
        first, last = start - OVERSTAY, end + RELIEF_WINDOW
        planned, away = await self._roster.shifts(first, last), await self._roster.away(first, last)
        ended = [shift for shift in planned if shift.ends_at < end] if self._handover_first else []
        over = overstays(ended, away, await self._released(first, end))
        agents = sorted({shift.agent for shift in planned})
        return Presences(without(planned, away), await self._presence.states(agents, start), over)

    async def _released(self, start: datetime, end: datetime) -> dict[str, datetime]:
        """When a leader let an agent go; the first time of each."""
        query = select(HandoverRow.agent, HandoverRow.ended_at).where(
            HandoverRow.state == HandoverState.RELEASED.value,
            HandoverRow.ended_at > start,
            HandoverRow.ended_at < end,
        )
        async with self._database.read() as session:
            rows = (await session.execute(query.order_by(HandoverRow.ended_at.desc()))).all()
        return {agent: ended for agent, ended in rows if ended is not None}


def _of_line(row: HandoverRow, line: str) -> float | None:
    """A log of several lines that was measured before each line was has no figure of one line."""
    if row.below_by_line is None:
        return row.below_seconds if row.lines == [line] else None
    seconds: float | None = row.below_by_line.get(line)
    return seconds
