"""Measures the usual length of calls by line (R6) once a day, and records it with each call as of that time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Never, Protocol
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.clock import Clock
from callcenter.facts import CallId
from callcenter.flags.lengths.model import Usual, length_of, usual_of
from callcenter.flags.rows import CallLengthRow, LineUsualRow
from callcenter.settings import PolicySettings
from callcenter.storage.database import Database
from callcenter.storage.upsert import insert_ignore

LOOK_SECONDS: Final = 900.0
log = structlog.get_logger(__name__)


class TalkTimes(Protocol):
    """Reads the calls' records (calls/service.py)."""

    async def talk_times(self, line: str, since: datetime, most: int) -> list[float]: ...


Lines = Callable[[], Awaitable[Sequence[str]]]


class CallLengths:
    def __init__(
        self, database: Database, clock: Clock, policy: PolicySettings, zone: ZoneInfo, calls: TalkTimes, lines: Lines
    ) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._zone = zone
        self._calls = calls
        self.lines = lines

    async def run(self) -> Never:
        """Computes each line's usual length once a day; failures are retried."""
        while True:
            try:
                await self.refresh()
            except (SQLAlchemyError, OSError) as error:
                log.warning("usual_lengths_not_told", cause=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def refresh(self) -> None:
        """Computes today's usual length of every line that has none yet and enough calls."""
        day = self._clock().astimezone(self._zone).date()
        async with self._database.read() as session:
            known_lines = set(await session.scalars(select(LineUsualRow.line).where(LineUsualRow.day == day)))
        for line in await self.lines():
            if line in known_lines:
                continue
            since = self._clock() - timedelta(days=self._policy.usual_days)
            seconds = await self._calls.talk_times(line, since, self._policy.usual_calls)
            usual = usual_of(seconds, self._policy.usual_least)
            if usual is None:
                continue
            async with self._database.write() as session:
                row = insert_ignore(session, LineUsualRow).values(
                    line=line, day=day, calls=usual.calls, median=usual.median, p90=usual.p90, at=self._clock()
                )
                await session.execute(row)

    async def usual(self, line: str) -> LineUsualRow | None:
        """Returns the latest known value of a line."""
        query = select(LineUsualRow).where(LineUsualRow.line == line).order_by(LineUsualRow.day.desc()).limit(1)
        async with self._database.read() as session:
            return (await session.scalars(query)).first()

    async def calls_recorded(self, records: Sequence[CallRecord]) -> None:
        """Records the length of each answered call beside what is usual now. Idempotent."""
        talked = [call for call in records if _talked(call)]
        known = {line: await self.usual(line) for line in {call.line for call in talked if call.line}}
        rows = [self._row(call, known[call.line]) for call in talked if call.line]
        if rows:
            async with self._database.write() as session:
                await session.execute(insert_ignore(session, CallLengthRow), rows)

    def _row(self, call: CallRecord, known: LineUsualRow | None) -> dict[str, Any]:
        usual = None if known is None else Usual(known.calls, known.median, known.p90)
        length = length_of(call.talk_seconds or 0.0, usual, float(self._policy.long_call_seconds))
        return {
            "call": call.id,
            "line": call.line,
            "agent": call.agent,
            "at": self._clock(),
            "seconds": length.seconds,
            "usual": length.usual,
            "long_from": length.long_from,
            "long": length.long,
        }

    async def of_call(self, call: CallId) -> CallLengthRow | None:
        async with self._database.read() as session:
            return await session.get(CallLengthRow, call)


def _talked(call: CallRecord) -> bool:
    """Whether this is an incoming call that was answered: on return calls the agent's preparation would count."""
    inbound = call.direction is Direction.INBOUND and call.line is not None
    return inbound and call.outcome is Outcome.ANSWERED and call.talk_seconds is not None
