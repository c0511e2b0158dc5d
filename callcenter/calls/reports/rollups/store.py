"""Statements of the rollups, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, cast, delete, func, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.model import Direction
from callcenter.calls.reports.counting import COLUMNS, IN_TIME_OF_LINE, counted
from callcenter.calls.reports.model import BUCKET_SECONDS, Within
from callcenter.calls.reports.rollups.model import HALF_HOUR, Calendar, Grain, Range
from callcenter.calls.reports.rollups.rows import CallRollupMarkRow, CallRollupRow
from callcenter.calls.rows import CallRow
from callcenter.storage.hints import mostly
from callcenter.storage.instants import second_of

COUNTS: Final = (*COLUMNS, IN_TIME_OF_LINE)
CODES: Final = ("line", "queue", "agent")
_FINE: Final = ("pbx", "grain", "start", *CODES)


async def mark(session: AsyncSession, calls: Iterable[tuple[str, datetime]]) -> None:
    """Note that calls (PBX, arrival) have changed: they are counted again."""
    quarters = {(pbx, at.timestamp() // BUCKET_SECONDS * BUCKET_SECONDS, at.tzinfo) for pbx, at in calls}
    marks = [{"pbx": pbx, "at": datetime.fromtimestamp(second, zone)} for pbx, second, zone in quarters]
    if marks:
        await session.execute(insert(CallRollupMarkRow), marks)


class RollupStore:
    """How one PBX's calls are counted."""

    def __init__(self, pbx: str, within: Within, short_seconds: float, calendar: Calendar) -> None:
        self._pbx = pbx
        self._counted = counted(within, short_seconds)
        self._calendar = calendar

    async def count_half_hours(self, session: AsyncSession, spans: Sequence[Range]) -> None:
        """Count the half hours in these ranges again from the records."""
        await self._remove(session, (Grain.AGENT_HALF_HOUR, Grain.HALF_HOUR), spans)
        await session.execute(insert(CallRollupRow).from_select([*_FINE, *COUNTS], self.recount(spans)))
        await self._sum(session, Grain.AGENT_HALF_HOUR, Grain.HALF_HOUR, spans)

    async def count_days(self, session: AsyncSession, midnights: Iterable[datetime]) -> None:
        """Sum the half hours of local days."""
        for midnight in midnights:
            day = (midnight, self._calendar.next_day(midnight))
            await self._sum_up(session, (Grain.AGENT_HALF_HOUR, Grain.HALF_HOUR), (Grain.AGENT_DAY, Grain.DAY), day)

    async def count_months(self, session: AsyncSession, starts: Iterable[datetime]) -> None:
        """Sum the days of local months."""
        for start in starts:
            month = (start, self._calendar.next_month(start))
            await self._sum_up(session, (Grain.AGENT_DAY, Grain.DAY), (Grain.AGENT_MONTH, Grain.MONTH), month)

    async def _sum_up(
        self, session: AsyncSession, sources: Sequence[Grain], targets: Sequence[Grain], span: Range
    ) -> None:
        await self._remove(session, targets, [span])
        for source, target in zip(sources, targets, strict=True):
            await self._sum(session, source, target, [span], int(span[0].timestamp()))

    def recount(self, spans: Sequence[Range]) -> Any:
        """The rows of half hours by agent, as the records give them."""
        second = second_of(CallRow.arrived_at)
        start = second - (second - self._calendar.grid) % HALF_HOUR
        codes = [func.coalesce(getattr(CallRow, name), "") for name in CODES]
        return (
            select(
                literal(self._pbx).label("pbx"),
                literal(Grain.AGENT_HALF_HOUR.value).label("grain"),
                start.label("start"),
                *(code.label(name) for name, code in zip(CODES, codes, strict=True)),
                *(self._counted[name].label(name) for name in COUNTS),
            )
            .where(
                mostly(CallRow.pbx == self._pbx),
                CallRow.direction == Direction.INBOUND.value,
                or_(*((CallRow.arrived_at >= since) & (CallRow.arrived_at < until) for since, until in spans)),
            )
            .group_by(start, *codes)
        )

    def stored(self, span: Range, grain: Grain = Grain.AGENT_HALF_HOUR) -> Any:
        """The rows that are kept of a range."""
        row = CallRollupRow
        return select(*(getattr(row, name) for name in (*_FINE, *COUNTS))).where(*self._where((grain,), [span]))

    async def clear(self, session: AsyncSession) -> None:
        await session.execute(delete(CallRollupRow).where(CallRollupRow.pbx == self._pbx))

    async def _remove(self, session: AsyncSession, grains: Collection[Grain], spans: Sequence[Range]) -> None:
        removed = delete(CallRollupRow).where(*self._where(grains, spans))
        await session.execute(removed, execution_options={"synchronize_session": False})

    async def _sum(
        self, session: AsyncSession, source: Grain, target: Grain, spans: Sequence[Range], start: int | None = None
    ) -> None:
        """Sum rows into those of a wider grain: over agents, or over the time that begins then."""
        row = CallRollupRow
        agent = row.agent if target.value.startswith("agent") else literal("")
        first = row.start if start is None else cast(literal(start), BigInteger)
        keys: list[Any] = [row.line, row.queue]
        if target.value.startswith("agent"):
            keys.append(row.agent)
        if start is None:
            keys.append(row.start)
        summed = (
            select(
                literal(self._pbx),
                literal(target.value),
                first,
                row.line,
                row.queue,
                agent,
                *(func.sum(getattr(row, name)) for name in COUNTS),
            )
            .where(*self._where((source,), spans))
            .group_by(*keys)
        )
        await session.execute(insert(row).from_select([*_FINE, *COUNTS], summed))

    def _where(self, grains: Collection[Grain], spans: Sequence[Range]) -> list[ColumnElement[bool]]:
        row = CallRollupRow
        starts = ((int(since.timestamp()), int(until.timestamp())) for since, until in spans)
        return [
            row.pbx == self._pbx,
            row.grain.in_([grain.value for grain in grains]),
            or_(*((row.start >= since) & (row.start < until) for since, until in starts)),
        ]
