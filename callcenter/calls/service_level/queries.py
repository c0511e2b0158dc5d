"""Computes the service level (S1): the share of staying callers answered within the configured threshold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from sqlalchemy import case, func, select

from callcenter.calls.model import Direction, Outcome
from callcenter.calls.rows import CallRow
from callcenter.storage.database import Database
from callcenter.storage.hints import mostly


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """`seconds` is `policy.answer_within_seconds`; the level is in_time / (answered + abandoned)."""

    seconds: int
    answered: int
    in_time: int
    abandoned: int

    @property
    def level(self) -> float | None:
        """None when there were no calls: 0 and 1 would both be wrong."""
        asked = self.answered + self.abandoned
        return self.in_time / asked if asked else None


class ServiceLevels:
    def __init__(self, database: Database, pbx: str, answer_within_seconds: int, zone: tzinfo = UTC) -> None:
        """`zone` is the centre's own: its day begins at its midnight, independent of the client's clock."""
        self._zone = zone
        self._database = database
        self._pbx = pbx
        self._seconds = answer_within_seconds

    def midnight(self, now: datetime) -> datetime:
        """The beginning of the centre's day."""
        return now.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)

    async def between(self, since: datetime, until: datetime, line: str | None = None) -> ServiceLevel:
        """Count the external callers who arrived in a period; an answered call without a known wait is not in time."""
        answered, abandoned = CallRow.outcome == Outcome.ANSWERED, CallRow.outcome == Outcome.ABANDONED
        in_time = answered & (CallRow.wait_seconds <= self._seconds)
        query = select(*(func.count(case((condition, 1))) for condition in (answered, in_time, abandoned))).where(
            mostly(CallRow.pbx == self._pbx),
            CallRow.direction == Direction.INBOUND,
            CallRow.arrived_at >= since,
            CallRow.arrived_at < until,
        )
        if line is not None:
            query = query.where(CallRow.line == line)
        async with self._database.read() as session:
            row = (await session.execute(query)).one()
        return ServiceLevel(self._seconds, row[0], row[1], row[2])
