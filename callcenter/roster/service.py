"""Use-cases of the roster: shifts, who is on duty, when that changes, where people are missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.service import AgentService, nothing
from callcenter.roster import model
from callcenter.roster.errors import UnknownShift
from callcenter.roster.model import Gap, Shift
from callcenter.roster.rows import ShiftRow
from callcenter.storage.database import Database, after_commit
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

Check = Callable[[Shift], None]


class Lines(Protocol):
    """The lines, which the routing room keeps; the two rooms do not import each other."""

    async def hold(self, session: AsyncSession, code: str) -> None:
        """Keep the line from being removed until the transaction ends; raises NotFound."""
        ...


class RosterService:
    """`changed` is called after each commit, to wake the routing; it must not block."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        agents: AgentService,
        lines: Lines,
        changed: Callable[[], object] = nothing,
    ) -> None:
        self._database = database
        self._audit = audit
        self._agents = agents
        self._lines = lines
        self._changed = changed

    async def duty(self, at: datetime) -> dict[str, set[str]]:
        """Line code -> numbers of the agents on duty at the instant, by the roster alone."""
        covering = select(ShiftRow).where(ShiftRow.starts_at <= at, ShiftRow.ends_at > at)
        async with self._database.read() as session:
            return model.duty_at([_shift(row) for row in await session.scalars(covering)], at)

    async def next_change(self, at: datetime) -> datetime | None:
        """The first instant after `at` at which a shift begins or ends; None when the roster has no more."""
        async with self._database.read() as session:
            start = await session.scalar(select(func.min(ShiftRow.starts_at)).where(ShiftRow.starts_at > at))
            end = await session.scalar(select(func.min(ShiftRow.ends_at)).where(ShiftRow.ends_at > at))
        return min((edge for edge in (start, end) if edge is not None), default=None)

    async def shift(self, shift: int) -> Shift:
        """One shift; raises UnknownShift."""
        async with self._database.read() as session:
            return _shift(await _row(session, shift))

    async def shifts(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        agent: str | None = None,
        line: str | None = None,
        after: tuple[datetime, int] | None = None,
        limit: int | None = None,
    ) -> list[Shift]:
        """Shifts that touch the range, in order of their start; `after` is the start and id of the last one seen."""
        query = select(ShiftRow).order_by(ShiftRow.starts_at, ShiftRow.id).limit(limit)
        if start is not None:
            query = query.where(ShiftRow.ends_at > start)
        if end is not None:
            query = query.where(ShiftRow.starts_at < end)
        if agent is not None:
            query = query.where(ShiftRow.agent == agent)
        if line is not None:
            query = query.where(ShiftRow.line == line)
        if after is not None:
            at, last = after
            query = query.where((ShiftRow.starts_at > at) | ((ShiftRow.starts_at == at) & (ShiftRow.id > last)))
        async with self._database.read() as session:
            return [_shift(row) for row in await session.scalars(query)]

    async def gaps(self, line: str, start: datetime, end: datetime, minimum: int) -> list[Gap]:
        """Where fewer than `minimum` people are on the line (policy D2); raises BadRange."""
        return model.gaps(await self.shifts(start, end, line=line), line, start, end, minimum)

    async def add(self, shift: Shift, by: Person | None) -> Shift:
        """Raises UnknownAgent, UnknownLine, ShiftOverlaps or what model.py refuses."""
        async with self._database.write() as session:
            return await self.insert(session, shift, by)

    async def change(self, shift: Shift, by: Person | None, check: Check | None = None) -> Shift:
        """Replace a shift; a call in progress is never cut by it. Raises UnknownShift and what `add` raises."""
        shift = model.check_shift(shift)
        async with self._database.write() as session:
            row = await _row(session, shift.id)
            if check is not None:
                check(_shift(row))
            await self._check_others(session, shift)
            row.agent, row.line, row.starts_at, row.ends_at = shift.agent, shift.line, shift.starts_at, shift.ends_at
            await self._note(session, by, "shift.changed", shift)
            return shift

    async def remove(self, shift: int, by: Person | None, check: Check | None = None) -> None:
        """Raises UnknownShift."""
        async with self._database.write() as session:
            row = await _row(session, shift)
            if check is not None:
                check(_shift(row))
            await session.delete(row)
            await self._note(session, by, "shift.removed", _shift(row))

    async def insert(self, session: AsyncSession, shift: Shift, by: Person | None) -> Shift:
        """`add` inside a transaction of the caller's."""
        shift = model.check_shift(shift)
        await self._check_others(session, shift)
        row = ShiftRow(agent=shift.agent, line=shift.line, starts_at=shift.starts_at, ends_at=shift.ends_at)
        session.add(row)
        await session.flush()
        await self._note(session, by, "shift.added", _shift(row))
        return _shift(row)

    async def has(self, session: AsyncSession, shift: Shift) -> bool:
        """Whether exactly this shift is kept already; an import that is repeated then adds nothing."""
        same = select(ShiftRow.id).where(
            ShiftRow.agent == shift.agent,
            ShiftRow.line == shift.line,
            ShiftRow.starts_at == shift.starts_at,
            ShiftRow.ends_at == shift.ends_at,
        )
        return await session.scalar(same) is not None

    async def _check_others(self, session: AsyncSession, shift: Shift) -> None:
        # Holding the agent makes two overlapping shifts, added at the same time, come one after the other.
        await self._agents.hold(session, shift.agent)
        await self._lines.hold(session, shift.line)
        near = select(ShiftRow).where(
            ShiftRow.agent == shift.agent,
            ShiftRow.line == shift.line,
            ShiftRow.starts_at < shift.ends_at,
            ShiftRow.ends_at > shift.starts_at,
        )
        model.check_free(shift, [_shift(row) for row in await session.scalars(near)])

    async def _note(self, session: AsyncSession, by: Person | None, action: str, shift: Shift) -> None:
        await session.flush()
        span = f"{shift.starts_at.isoformat()}/{shift.ends_at.isoformat()}"
        facts = {"agent": shift.agent, "line": shift.line, "span": span}
        await self._audit.append(session, by, action, f"shift/{shift.id}", facts=facts)
        after_commit(session, self._changed)


async def _row(session: AsyncSession, shift: int) -> ShiftRow:
    row = await session.get(ShiftRow, shift) if 0 < shift < 2**31 else None
    if row is None:
        raise UnknownShift("no such shift", shift=shift)
    return row


def _shift(row: ShiftRow) -> Shift:
    return Shift(row.agent, row.line, row.starts_at, row.ends_at, row.id)
