"""Use cases of the rollups: count what has changed, extend them into the past, check them against the records.

Rollups begin at the present and are extended backwards day by day, so that the days that are asked for most are there
first; a process that is killed continues where it was. Until then, and wherever a record has changed, reports read the
records: their answers are the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.reports.queries import CallReports
from callcenter.calls.reports.rollups.model import Calendar, Range, rule_of
from callcenter.calls.reports.rollups.rows import CallRollupMarkRow, CallRollupStateRow
from callcenter.calls.reports.rollups.store import COUNTS, RollupStore, mark
from callcenter.calls.reports.work import store as work_store
from callcenter.calls.rows import CallRow
from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.storage.hints import mostly
from callcenter.storage.upsert import insert_ignore

log = structlog.get_logger(__name__)

MARKS_AT_ONCE: Final = 200
FIRST_SECONDS: Final = 20.0
"""A start has more urgent work."""
EVERY_SECONDS: Final = 60.0
BETWEEN_DAYS_SECONDS: Final = 0.05
"""Between two days of the past, so that a rebuild of years leaves the database to others."""
CHECKED_DAYS: Final = 7
CHECK_EVERY: Final = timedelta(days=1)
NEAR: Final = 0.01
"""Sums of seconds may differ in the last places, because they were added in another order."""


@dataclass(frozen=True, slots=True)
class RollupState:
    """`complete`: every record is covered; `waiting` are quarter hours whose records have changed since."""

    counted_since: datetime | None
    complete: bool
    waiting: int
    checked_at: datetime | None
    checked_days: int
    differences: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A half hour whose stored count is not that of the records."""

    at: datetime
    line: str
    queue: str
    agent: str
    count: str
    stored: float
    recorded: float


class Rollups:
    def __init__(self, database: Database, clock: Clock, pbx: str, reports: CallReports, calendar: Calendar) -> None:
        self._database = database
        self._clock = clock
        self._pbx = pbx
        self._reports = reports
        self._calendar = calendar

    async def state(self) -> RollupState:
        async with self._database.read() as session:
            row = await session.get(CallRollupStateRow, self._pbx)
            waiting = await session.scalar(
                select(func.count(CallRollupMarkRow.at.distinct())).where(CallRollupMarkRow.pbx == self._pbx)
            )
        if row is None:
            return RollupState(
                None, complete=False, waiting=waiting or 0, checked_at=None, checked_days=0, differences=0
            )
        return RollupState(
            row.counted_since, row.complete, waiting or 0, row.checked_at, row.checked_days, row.differences
        )

    async def run(self) -> None:
        """Keep the rollups until cancelled; without the database they wait."""
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            try:
                await self.catch_up()
                if await self._check_due():
                    now = self._clock()
                    await self.check(now - timedelta(days=CHECKED_DAYS), now)
            except (DBAPIError, OSError) as error:
                log.warning("rollups_wait", cause=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def catch_up(self) -> None:
        """Count all that has changed, then the whole past."""
        while await self.count_changed():
            pass
        going = True
        while going:
            going = await self.extend()
            await asyncio.sleep(BETWEEN_DAYS_SECONDS)

    async def rebuild(self) -> None:
        """Count everything from the beginning; reports read the records meanwhile."""
        store, rule = await self._store()
        async with self._database.write() as session:
            await self._begin(session, store, rule, afresh=True)
        while await self.count_changed():
            pass
        while await self.extend():
            pass

    async def count_changed(self) -> bool:
        """Count some half hours whose records have changed; whether there were any."""
        store, rule = await self._store()
        async with self._database.write() as session:
            state = await self._begin(session, store, rule)
            marks = CallRollupMarkRow
            earlier = (marks.pbx == self._pbx, marks.at < state.counted_since)
            if await session.scalar(select(marks.id).where(*earlier).limit(1)) is not None:
                # What is not counted yet needs no mark, but a call may have come that is older than all before.
                state.complete = False
                await session.execute(delete(marks).where(*earlier))
            query = select(marks.id, marks.at).where(marks.pbx == self._pbx).order_by(marks.id).limit(MARKS_AT_ONCE)
            rows = (await session.execute(query)).all()
            if not rows:
                return False
            half_hours = sorted({self._calendar.half_hour(at) for _, at in rows})
            spans = [(at, at + timedelta(minutes=30)) for at in half_hours]
            for start in range(0, len(spans), 50):
                await store.count_half_hours(session, spans[start : start + 50])
            days = sorted({self._calendar.day(at) for at in half_hours})
            await store.count_days(session, days)
            months = sorted({self._calendar.month(day) for day in days})
            await store.count_months(session, [month for month in months if month >= state.counted_since])
            dates = [day.astimezone(self._calendar.zone).date() for day in days]
            await work_store.forget(session, dates, self._calendar)
            # By their ids: a mark that came meanwhile stays.
            await session.execute(delete(marks).where(marks.id.in_([id_ for id_, _ in rows])))
        return True

    async def extend(self) -> bool:
        """Count the last day before those that are counted; False once no call is older."""
        store, rule = await self._store()
        async with self._database.write() as session:
            state = await self._begin(session, store, rule)
            if state.complete:
                return False
            newest = await session.scalar(
                select(func.max(CallRow.arrived_at)).where(
                    mostly(CallRow.pbx == self._pbx), CallRow.arrived_at < state.counted_since
                )
            )
            if newest is None:
                state.complete = True
                return False
            day = self._calendar.day(newest)
            await store.count_half_hours(session, [(day, state.counted_since)])
            await store.count_days(session, [day])
            # Its days are all there now; between this day and those counted before there are none with calls.
            await store.count_months(session, self._calendar.months(day, state.counted_since))
            state.counted_since = day
        return True

    async def check(self, since: datetime, until: datetime) -> Sequence[Difference]:
        """Compare the rollups of whole days with the records; what differs is counted again and returned."""
        store, rule = await self._store()
        differences: list[Difference] = []
        days = self._calendar.days(since, until)
        for day in days:
            span = (day, self._calendar.next_day(day))
            async with self._database.write() as session:
                state = await self._begin(session, store, rule)
                if day < state.counted_since:
                    continue
                different = await self._different(session, store, span)
                await mark(session, [(self._pbx, each.at) for each in different])
                differences += different
        async with self._database.write() as session:
            state = await self._begin(session, store, rule)
            state.checked_at, state.checked_days, state.differences = self._clock(), len(days), len(differences)
        if differences:
            log.error("rollups_differed", differences=len(differences), first=differences[0].at.isoformat())
        return differences

    async def _different(self, session: AsyncSession, store: RollupStore, span: Range) -> list[Difference]:
        """Differences of half hours that are not marked: a marked one is known to be old."""
        marks = CallRollupMarkRow
        marked = await session.scalars(
            select(marks.at).where(marks.pbx == self._pbx, marks.at >= span[0], marks.at < span[1])
        )
        old = {int(self._calendar.half_hour(at).timestamp()) for at in marked}
        present = {_key(row): row for row in (await session.execute(store.stored(span))).mappings()}
        fresh = {_key(row): row for row in (await session.execute(store.recount([span]))).mappings()}
        result: list[Difference] = []
        for key in sorted({*present, *fresh}):
            if key[0] in old:
                continue
            for name in COUNTS:
                stored, recorded = (float(rows[key][name]) if key in rows else 0.0 for rows in (present, fresh))
                if abs(stored - recorded) > NEAR:
                    at = datetime.fromtimestamp(key[0], UTC)
                    result.append(Difference(at, *key[1:], name, stored, recorded))
        return result

    async def _check_due(self) -> bool:
        state = await self.state()
        return state.checked_at is None or self._clock() - state.checked_at >= CHECK_EVERY

    async def _store(self) -> tuple[RollupStore, str]:
        within, short = await self._reports.within(), self._reports.short_seconds
        return RollupStore(self._pbx, within, short, self._calendar), rule_of(within, short, self._calendar.zone)

    async def _begin(
        self, session: AsyncSession, store: RollupStore, rule: str, *, afresh: bool = False
    ) -> CallRollupStateRow:
        """The state, held until the transaction ends; counting begins again where the rule has changed."""
        state = await session.get(CallRollupStateRow, self._pbx, with_for_update=True, populate_existing=True)
        if state is not None and state.rule == rule and not afresh:
            return state
        # A clock that was wrong may have left calls in the future.
        newest = await session.scalar(select(func.max(CallRow.arrived_at)).where(mostly(CallRow.pbx == self._pbx)))
        latest = max(self._clock(), newest or self._clock())
        tomorrow = self._calendar.next_day(self._calendar.day(latest))
        if state is None:
            new = insert_ignore(session, CallRollupStateRow)
            values = {"pbx": self._pbx, "rule": rule, "counted_since": tomorrow, "complete": False}
            await session.execute(new.values(**values, checked_days=0, differences=0))
            state = await session.get_one(CallRollupStateRow, self._pbx, with_for_update=True, populate_existing=True)
        await store.clear(session)
        await work_store.clear(session)
        state.rule, state.counted_since, state.complete = rule, tomorrow, False
        return state


def _key(row: Any) -> tuple[int, str, str, str]:
    return int(row["start"]), row["line"], row["queue"], row["agent"]
