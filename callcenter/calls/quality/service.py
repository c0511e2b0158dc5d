"""Use cases of measured quality: the page of an agent reports it, leaders and the call's agents read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import delete, func, select

from callcenter.calls.access import NotYourCall, must_be_theirs
from callcenter.calls.agent_state import AgentState
from callcenter.calls.control.errors import CallOver
from callcenter.calls.effects import AgentNow
from callcenter.calls.model import CallRecord
from callcenter.calls.quality.errors import BadSample, QualityFull
from callcenter.calls.quality.model import LATEST, MOST, SKEW, Cause, Measured, Sample, VoiceFigure, by_agent, figures
from callcenter.calls.quality.rows import CallQualityRow
from callcenter.calls.service import CallService
from callcenter.clock import Clock
from callcenter.facts import CallId
from callcenter.storage.database import Database
from callcenter.storage.upsert import insert_ignore
from callcenter.web.roles import LEADERS, Person


class Floor(Protocol):
    """The live picture (calls/live.py)."""

    def record_by_id(self, call: str) -> CallRecord | None: ...

    def agents_now(self) -> Mapping[str, AgentNow]: ...


class CallQuality:
    def __init__(self, database: Database, clock: Clock, calls: CallService, floor: Floor) -> None:
        self._database = database
        self._clock = clock
        self._calls = calls
        self._floor = floor

    async def report(self, call: CallId, samples: Sequence[Sample], by: Person) -> None:
        """Keep intervals of one's own call; an interval that is there already stays.

        Raises UnknownCall, NotYourCall, CallOver, BadSample, QualityFull.
        """
        record, now = await self._record(call), self._clock()
        if by.agent is None or (by.agent not in record.agents and not self._talks(by.agent, call)):
            raise NotYourCall("only an agent of this call measures it", call=call)
        if record.ended_at is not None and now - record.ended_at > LATEST:
            raise CallOver("this call has ended", call=call)
        latest = min(now, record.ended_at or now) + SKEW
        if any(not record.arrived_at - SKEW <= sample.at <= latest for sample in samples):
            raise BadSample("an interval lies outside the call", field="at")
        mine = (CallQualityRow.call == call, CallQualityRow.agent == by.agent)
        rows = [
            {
                "call": call,
                "agent": by.agent,
                "at": sample.at,
                "seconds": sample.seconds,
                "rtt_ms": sample.rtt_ms,
                "jitter_ms": sample.jitter_ms,
                "loss_percent": sample.loss_percent,
                "lost_there_percent": sample.lost_there_percent,
                "codec": sample.codec,
                "cause": sample.cause.value,
            }
            for sample in samples
        ]
        async with self._database.write() as session:
            await session.execute(insert_ignore(session, CallQualityRow).values(rows))
            if (await session.scalar(select(func.count()).where(*mine)) or 0) > MOST:
                raise QualityFull("so many intervals of this call are kept already", most=MOST)

    async def samples(self, call: CallId, by: Person) -> list[tuple[str, Sample]]:
        """The intervals of a call by agent, the oldest first. Raises UnknownCall, NotYourCall."""
        must_be_theirs(by, (await self._record(call)).agents, call)
        return (await self._of([call])).get(call, [])

    async def of_calls(self, calls: Sequence[CallRecord], by: Person) -> Mapping[str, Sequence[Measured]]:
        """The sound of calls, as far as this person may know: their own, and of every call for leaders."""
        theirs = [call.id for call in calls if by.may(LEADERS) or (by.agent is not None and by.agent in call.agents)]
        return {call: by_agent(samples) for call, samples in (await self._of(theirs)).items()}

    async def figures(self, since: datetime, until: datetime) -> list[VoiceFigure]:
        """How the calls of a period sounded, all of them first, then by agent."""
        query = select(CallQualityRow).where(CallQualityRow.at >= since, CallQualityRow.at < until)
        calls: dict[str, list[tuple[str, Sample]]] = {}
        async with self._database.read() as session:
            async for row in await session.stream_scalars(query.order_by(CallQualityRow.call)):
                calls.setdefault(row.call, []).append((row.agent, _sample(row)))
        return figures(sound for samples in calls.values() for sound in by_agent(samples))

    async def clear(self, before: datetime) -> int:
        """Delete intervals that are older; returns how many."""
        gone = delete(CallQualityRow).where(CallQualityRow.at < before).returning(CallQualityRow.at)
        async with self._database.write() as session:
            return len((await session.scalars(gone)).all())

    async def _of(self, calls: Sequence[CallId]) -> dict[str, list[tuple[str, Sample]]]:
        held: dict[str, list[tuple[str, Sample]]] = {}
        if not calls:
            return held
        query = select(CallQualityRow).where(CallQualityRow.call.in_(calls))
        async with self._database.read() as session:
            for row in await session.scalars(query.order_by(CallQualityRow.at)):
                held.setdefault(row.call, []).append((row.agent, _sample(row)))
        return held

    def _talks(self, agent: str, call: CallId) -> bool:
        """Whether the agent is on the call now; the record of a live call names its first agent."""
        now = self._floor.agents_now().get(agent)
        return now is not None and now.call == call and now.state == AgentState.ON_CALL

    async def _record(self, call: CallId) -> CallRecord:
        return self._floor.record_by_id(call) or await self._calls.get(call)


def _sample(row: CallQualityRow) -> Sample:
    return Sample(
        at=row.at,
        seconds=row.seconds,
        rtt_ms=row.rtt_ms,
        jitter_ms=row.jitter_ms,
        loss_percent=row.loss_percent,
        lost_there_percent=row.lost_there_percent,
        codec=row.codec,
        cause=Cause(row.cause),
    )
