"""Reads the past of a line at an hour of the day, and combines it with the live floor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from sqlalchemy import select

from callcenter.calls.expected_wait.model import Estimate, Pace, PastCall, estimate, pace_of
from callcenter.calls.model import Direction
from callcenter.calls.rows import CallRow
from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.storage.hints import mostly

DAYS: Final = 28
"""How far back the past goes."""
MOST: Final = 4000
"""Calls of the past, the newest."""
FRESH: Final = timedelta(minutes=10)
"""How long a pace is used before it is read again."""


@dataclass(frozen=True, slots=True)
class FloorNow:
    """The queue of a line now: callers waiting, agents on a call or in after-call work, agents free."""

    waiting: int
    serving: int
    free: int


class ExpectedWaits:
    """`floor` returns the state of a line's queue now; None when the live picture is not current."""

    def __init__(
        self,
        database: Database,
        pbx: str,
        floor: Callable[[str], FloorNow | None],
        clock: Clock,
        zone: tzinfo,
        wrap_up_seconds: float = 0.0,
    ) -> None:
        self._database = database
        self._pbx = pbx
        self._floor = floor
        self._clock = clock
        self._zone = zone
        self._wrap_up = wrap_up_seconds
        self._paces: dict[tuple[str, int], tuple[datetime, Pace | None]] = {}

    async def of(self, line: str, place: int | None = None) -> tuple[FloorNow | None, Estimate | None]:
        """The floor now and the wait of the caller in this place, 1 being the next; by default of one who calls now."""
        now = self._floor(line)
        if now is None:
            return None, None
        ahead = now.waiting if place is None else place - 1
        return now, estimate(await self.pace(line), ahead, now.serving, now.free)

    async def pace(self, line: str) -> Pace | None:
        """The line's pace at this hour of the centre's day."""
        at = self._clock()
        key = (line, at.astimezone(self._zone).hour)
        known = self._paces.get(key)
        if known is None or at - known[0] >= FRESH:
            known = self._paces[key] = (at, pace_of(await self._past(line, at), self._wrap_up))
        return known[1]

    async def _past(self, line: str, at: datetime) -> list[PastCall]:
        """The line's queued calls of the last days in this hour of the day."""
        query = (
            select(CallRow.queued_at, CallRow.answered_at, CallRow.ended_at)
            .where(
                mostly(CallRow.pbx == self._pbx),
                CallRow.line == line,
                CallRow.direction == Direction.INBOUND,
                CallRow.final,
                CallRow.queued_at.is_not(None),
                CallRow.ended_at.is_not(None),
                CallRow.arrived_at >= at - timedelta(days=DAYS),
            )
            .order_by(CallRow.arrived_at.desc())
            .limit(MOST)
        )
        hour = at.astimezone(self._zone).hour
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return [
            PastCall(queued, answered or ended, answered, ended)
            for queued, answered, ended in rows
            if queued is not None and ended is not None and queued.astimezone(self._zone).hour == hour
        ]
