"""Overtime use cases: ask or offer, agree, approve with its effect seen, cancel before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.coverage import Shortage, Strain, is_away
from callcenter.roster.effects import Effects
from callcenter.roster.errors import (
    BadOvertime,
    NotYourRequest,
    OvertimeOutdated,
    OwnRequest,
    RequestReasonMissing,
    ShiftOverlaps,
    UnknownOvertime,
)
from callcenter.roster.history import RequestHistory, RosterRequestDelta
from callcenter.roster.model import Shift
from callcenter.roster.overtime.model import (
    NEEDS_REASON,
    TEXT_LIMIT,
    OvertimeEvent,
    OvertimeState,
    after,
    check_span,
    clashing,
    steps_of_agent,
)
from callcenter.roster.overtime.rows import OvertimeRow
from callcenter.roster.service import Lines, RosterService
from callcenter.storage.database import Database
from callcenter.storage.paging import Position, newest_first
from callcenter.web.roles import LEADERS, Person


@dataclass(frozen=True, slots=True)
class OvertimeEffect:
    """The line's shortages at that time without and with it, the limits it breaks, the hours of the week."""

    before: Sequence[Shortage]
    after: Sequence[Shortage]
    strains: Sequence[Strain]
    week_hours_before: float
    week_hours_after: float


class Overtimes:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        agents: AgentService,
        lines: Lines,
        roster: RosterService,
        effects: Effects,
        history: RequestHistory,
    ) -> None:
        self._database = database
        self._clock = clock
        self._agents = agents
        self._lines = lines
        self._roster = roster
        self._effects = effects
        self._history = history

    async def ask(
        self, agent: str, line: str, starts_at: datetime, ends_at: datetime, reason: str, by: Person
    ) -> OvertimeRow:
        """Ask an agent for overtime, as a leader, or offer one's own.

        Raises UnknownAgent, UnknownLine, NotYourRequest, BadOvertime, ShiftOverlaps.
        """
        own = by.agent == agent
        if not own and not by.may(LEADERS):
            raise NotYourRequest("only a supervisor asks another agent for overtime", agent=agent[:20])
        check_span(starts_at, ends_at, self._clock())
        if not reason.strip():
            raise BadOvertime("a reason is required", fault="reason")
        row = OvertimeRow(
            id=uuid4().hex,
            agent=AgentNumber(agent),
            line=LineCode(line),
            starts_at=starts_at,
            ends_at=ends_at,
            offered=own,
            shift=None,
            approved_by_name="",
            reason=reason.strip()[:TEXT_LIMIT],
            state=OvertimeState.ASKED.value,
            asked_at=self._clock(),
            asked_by=by.id,
        )
        async with self._database.write() as session:
            await self._check_free(session, row)
            session.add(row)
            await session.flush()
            await self._history.step(session, delta_of(row), "offer" if own else "ask", by, row.reason)
        return row

    async def decide(self, id: str, event: OvertimeEvent, by: Person, reason: str = "") -> OvertimeRow:
        """Take the next step; approving makes the overtime a shift, and routing follows at once.

        Raises UnknownOvertime, NotYourRequest, OwnRequest, RequestReasonMissing, IllegalTransition, OvertimeOutdated,
        BadOvertime, ShiftOverlaps.
        """
        reason = reason.strip()[:TEXT_LIMIT]
        if event in NEEDS_REASON and not reason:
            raise RequestReasonMissing("a reason is required", event=event.value)
        await self.overtime(id, by)
        async with self._database.write() as session:
            row = await _row(session, id)
            _check_person(row, event, by)
            state = after(OvertimeState(row.state), event)
            if event is OvertimeEvent.APPROVE:
                await self._approve(session, row, by)
            if event is OvertimeEvent.CANCEL:
                await self._cancel(session, row, by)
            row.state = state.value
            await self._history.step(session, delta_of(row), event.value, by, reason)
        return row

    async def effect(self, id: str, by: Person) -> OvertimeEffect:
        """What it does to coverage, rest and the hours of the week; raises UnknownOvertime."""
        row = await self.overtime(id, by)
        return OvertimeEffect(*await self._effects.of_extra(shift_of(row)))

    async def overtime(self, id: str, by: Person) -> OvertimeRow:
        """One overtime; raises UnknownOvertime, also to agents whose overtime it is not."""
        async with self._database.read() as session:
            row = await session.get(OvertimeRow, id)
        if row is None or not (by.may(LEADERS) or by.agent == row.agent):
            raise UnknownOvertime("there is no such overtime", overtime=id[:40])
        return row

    async def overtimes(
        self,
        by: Person,
        limit: int,
        after: Position | None = None,
        *,
        agent: str | None = None,
        state: OvertimeState | None = None,
        span: tuple[datetime, datetime] | None = None,
    ) -> Sequence[OvertimeRow]:
        """Overtime, newest requests first; agents see their own. `span`: that begins in this time."""
        if not by.may(LEADERS):
            agent = by.agent or ""
        query = select(OvertimeRow)
        if agent is not None:
            query = query.where(OvertimeRow.agent == agent)
        if state is not None:
            query = query.where(OvertimeRow.state == state.value)
        if span is not None:
            query = query.where(OvertimeRow.starts_at >= span[0], OvertimeRow.starts_at < span[1])
        query = newest_first(query, OvertimeRow.asked_at, OvertimeRow.id, limit, after)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def _approve(self, session: AsyncSession, row: OvertimeRow, by: Person) -> None:
        if row.ends_at <= self._clock():
            raise OvertimeOutdated("this time is over", overtime=row.id)
        await self._check_free(session, row)
        stored = await self._roster.insert(session, shift_of(row), by)
        row.shift, row.approved_by_name = stored.id, by.name[:200]

    async def _cancel(self, session: AsyncSession, row: OvertimeRow, by: Person) -> None:
        if row.starts_at <= self._clock():
            raise OvertimeOutdated("this overtime has begun", overtime=row.id)
        if row.shift is not None:
            await self._roster.remove_overtime(session, row.shift, by)

    async def _check_free(self, session: AsyncSession, row: OvertimeRow) -> None:
        """The agent works here, and has no shift and no approved leave at that time; they stay locked."""
        if not (await self._agents.hold(session, row.agent)).active:
            raise BadOvertime("this agent no longer works here", fault="agent", agent=row.agent)
        await self._lines.hold(session, row.line)
        shift = shift_of(row)
        other = clashing(shift, await self._roster.shifts_in(session, row.agent, row.starts_at, row.ends_at))
        if other is not None:
            raise ShiftOverlaps(
                "this agent has a shift at that time already",
                agent=row.agent,
                line=other.line,
                shift=other.id,
                starts_at=other.starts_at.isoformat(),
                ends_at=other.ends_at.isoformat(),
            )
        away = await self._roster.away(row.starts_at, row.ends_at)
        if is_away(shift, away):
            raise BadOvertime("this agent is on leave at that time", fault="leave", agent=row.agent)


def delta_of(row: OvertimeRow) -> RosterRequestDelta:
    return {
        "id": row.id,
        "kind": "overtime",
        "state": row.state,
        "agent": row.agent,
        "colleague": None,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
    }


def shift_of(row: OvertimeRow) -> Shift:
    return Shift(row.agent, row.line, row.starts_at, row.ends_at, row.shift or 0, overtime=True)


def _check_person(row: OvertimeRow, event: OvertimeEvent, by: Person) -> None:
    own = by.agent == row.agent
    if steps_of_agent(event, offered=row.offered):
        # No one agrees to work more on behalf of another.
        if not own:
            raise NotYourRequest("this step belongs to the agent", overtime=row.id)
    elif not by.may(LEADERS):
        raise NotYourRequest("a supervisor decides this", overtime=row.id)
    elif own:
        raise OwnRequest("another supervisor decides on your overtime", overtime=row.id)


async def _row(session: AsyncSession, id: str) -> OvertimeRow:
    row = await session.get(OvertimeRow, id, with_for_update=True, populate_existing=True)
    if row is None:
        raise UnknownOvertime("there is no such overtime", overtime=id[:40])
    return row
