"""Counts the day so far, and the same weekday of the week before up to the same time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from sqlalchemy import ColumnElement, case, func, select

from callcenter.calls.figures.model import Period, Step, curve
from callcenter.calls.model import Direction, Outcome
from callcenter.calls.rows import CallRow
from callcenter.storage.database import Database
from callcenter.storage.hints import mostly

WEEK: Final = timedelta(days=7)


class DayFigures:
    def __init__(self, database: Database, pbx: str, answer_within_seconds: int, zone: tzinfo = UTC) -> None:
        self._database = database
        self._pbx = pbx
        self.seconds = answer_within_seconds
        self._zone = zone

    def midnight(self, now: datetime) -> datetime:
        """The beginning of the centre's day."""
        return now.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)

    async def between(self, since: datetime, until: datetime, line: str | None, within: int | None = None) -> Period:
        """The figures of the calls that arrived in a period; a call in progress is offered and not yet answered.

        `within` is the threshold of the service level in seconds, the centre's own unless it is given.
        """
        answered, abandoned = CallRow.outcome == Outcome.ANSWERED, CallRow.outcome == Outcome.ABANDONED
        in_time = answered & (CallRow.wait_seconds <= (self.seconds if within is None else within))
        query = select(
            func.count(),
            func.count(case((answered, 1))),
            func.count(case((in_time, 1))),
            func.count(case((abandoned, 1))),
            func.avg(case((answered, CallRow.wait_seconds))),
            func.avg(case((answered, CallRow.talk_seconds))),
        ).where(*self._inbound(since, until, line))
        async with self._database.read() as session:
            row = (await session.execute(query)).one()
        return Period(row[0], row[1], row[2], row[3], _rounded(row[4]), _rounded(row[5]))

    async def curve(self, since: datetime, until: datetime, line: str | None) -> list[Step]:
        query = select(CallRow.arrived_at, CallRow.outcome).where(*self._inbound(since, until, line))
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return curve([(row[0], row[1]) for row in rows], since)

    def _inbound(self, since: datetime, until: datetime, line: str | None) -> list[ColumnElement[bool]]:
        conditions = [
            mostly(CallRow.pbx == self._pbx),
            CallRow.direction == Direction.INBOUND.value,
            CallRow.arrived_at >= since,
            CallRow.arrived_at < until,
        ]
        return conditions if line is None else [*conditions, CallRow.line == line]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)
