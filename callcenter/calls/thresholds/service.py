"""Use cases of the figures' thresholds: one document for all lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, fields

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.thresholds.model import Thresholds, check
from callcenter.calls.thresholds.rows import FigureThresholdRow
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

LineExists = Callable[[str], Awaitable[object]]
"""Raises UnknownLine."""


class FigureThresholds:
    def __init__(self, database: Database, audit: Audit, line_exists: LineExists) -> None:
        self._database = database
        self._audit = audit
        self._line_exists = line_exists

    async def all(self) -> Sequence[Thresholds]:
        async with self._database.read() as session:
            return await _stored(session)

    async def answer_within(self, line: str | None, otherwise: int) -> int:
        """The threshold of the service level of a line, or of the centre."""
        own = next((each for each in await self.all() if each.line == (line or "")), None)
        return otherwise if own is None or own.answer_within_seconds is None else own.answer_within_seconds

    async def replace(
        self, thresholds: Sequence[Thresholds], by: Person, guard: Callable[[Sequence[Thresholds]], None]
    ) -> Sequence[Thresholds]:
        """Raises BadThresholds, UnknownLine, and what the guard raises for what is stored."""
        rows = check(thresholds)
        for each in rows:
            if each.line:
                await self._line_exists(each.line)
        async with self._database.write() as session:
            guard(await _stored(session))
            await session.execute(delete(FigureThresholdRow))
            session.add_all([FigureThresholdRow(**asdict(each)) for each in rows])
            await self._audit.append(session, by, "figure_thresholds.changed", "figure-thresholds")
        return rows


async def _stored(session: AsyncSession) -> Sequence[Thresholds]:
    rows = await session.scalars(select(FigureThresholdRow).order_by(FigureThresholdRow.line))
    names = [field.name for field in fields(Thresholds)]
    return [Thresholds(**{name: getattr(row, name) for name in names}) for row in rows]
