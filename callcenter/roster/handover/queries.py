"""Reads handover logs: what the centre knows, what was written, and who sees which part of it (H3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.roster.errors import UnknownHandover
from callcenter.roster.handover.model import HandoverState, LiveFact
from callcenter.roster.handover.notices import fact_of
from callcenter.roster.rows import HandoverItemRow, HandoverRow
from callcenter.storage.database import Database
from callcenter.storage.paging import Position, newest_first
from callcenter.web.roles import LEADERS, Person

Prefill = Callable[[str, Sequence[str]], Awaitable[Sequence[LiveFact]]]
"""What the centre knows that the next shift should know, for an agent and the lines of their shift."""
PRIVATE: Final = frozenset({"flag"})
"""Evidence about an agent is theirs and the leaders' to see."""


class HandoverQueries:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.prefill: list[Prefill] = []
        """The centre adds what it knows: cases, return calls, alarms, announcements."""

    async def handover(self, id: str) -> HandoverRow:
        """One log; raises UnknownHandover."""
        async with self._database.read() as session:
            return await handover_row(session, id, hold=False)

    async def handovers(
        self, limit: int, after: Position | None = None, *, agent: str | None = None, state: HandoverState | None = None
    ) -> Sequence[HandoverRow]:
        """Logs, newest first."""
        query = select(HandoverRow)
        if agent is not None:
            query = query.where(HandoverRow.agent == agent)
        if state is not None:
            query = query.where(HandoverRow.state == state.value)
        async with self._database.read() as session:
            rows = await session.scalars(newest_first(query, HandoverRow.begun_at, HandoverRow.id, limit, after))
            return rows.all()

    async def facts(self, row: HandoverRow, by: Person | None = None) -> Sequence[LiveFact]:
        """What the centre knows: now while the log is a draft, as kept afterwards; all of it without a reader."""
        if row.state != HandoverState.DRAFT:
            facts = [fact_of(stored) for stored in row.facts]
        else:
            facts = [fact for source in self.prefill for fact in await source(row.agent, row.lines)]
        return [fact for fact in facts if by is None or fact.kind not in PRIVATE or sees_all(row.agent, by)]

    async def items(self, row: HandoverRow) -> Sequence[HandoverItemRow]:
        """The log's own items and those that earlier shifts of its lines left open, oldest first."""
        query = select(HandoverItemRow).where(HandoverItemRow.opened_at <= (row.ended_at or self._clock()))
        query = query.where(
            (HandoverItemRow.handover == row.id)
            | HandoverItemRow.closed_at.is_(None)
            | (HandoverItemRow.closed_at > row.begun_at)
        )
        async with self._database.read() as session:
            items = (await session.scalars(query.order_by(HandoverItemRow.opened_at, HandoverItemRow.id))).all()
        lines = set(row.lines)
        return [item for item in items if item.handover == row.id or not item.lines or lines & {*item.lines}]


def sees_all(agent: str, by: Person) -> bool:
    """Whether a person sees of a log what concerns its agent alone: flags about them, why a leader let them go."""
    return by.agent == agent or by.may(LEADERS)


async def handover_row(session: AsyncSession, id: str, *, hold: bool = True) -> HandoverRow:
    """One row, held against other changes; raises UnknownHandover."""
    row = await session.get(HandoverRow, id, with_for_update=hold)
    if row is None:
        raise UnknownHandover("there is no such handover", handover=id[:40])
    return row
