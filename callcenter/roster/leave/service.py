"""Leave use cases (policy D4): request, approve with its effect seen, refuse, withdraw, cancel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.roster.effects import Effect, Effects
from callcenter.roster.errors import (
    BadLeave,
    CoverageWouldFall,
    LeaveOverlaps,
    NotYourRequest,
    OwnRequest,
    RequestReasonMissing,
    UnknownLeave,
)
from callcenter.roster.history import RequestHistory, RosterRequestDelta
from callcenter.roster.leave.model import (
    NEEDS_REASON,
    TEXT_LIMIT,
    LeaveEvent,
    LeaveKind,
    LeaveState,
    OwnedCase,
    after,
    check_span,
    due_before,
)
from callcenter.roster.rows import LeaveRow
from callcenter.storage.database import Database, after_commit
from callcenter.storage.paging import Position, newest_first
from callcenter.web.ports import DeltaKind, Notify, Publish, notify_nobody, publish_to_nobody
from callcenter.web.roles import LEADERS, Person


class LeaveCasesDelta(TypedDict):
    """An agent goes on leave with open cases that are due before its end, or have no deadline."""

    leave: str
    agent: str
    starts_at: datetime
    ends_at: datetime
    cases: list[str]


LEAVE_CASES: Final = DeltaKind(
    "leave_cases", LeaveCasesDelta, "leaders; from the leave's start on also colleagues on the agent's lines"
)
OwnedCases = Callable[[str], Awaitable[Sequence[OwnedCase]]]
"""The open cases of an agent, which the roster does not know."""


async def no_cases(agent: str) -> Sequence[OwnedCase]:
    """Without cases there is nothing to hand on."""
    return ()


OPEN = (LeaveState.REQUESTED.value, LeaveState.APPROVED.value)


class Leaves:
    """`changed` wakes the routing after each commit that changes who is on duty; it must not block."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        agents: AgentService,
        effects: Effects,
        history: RequestHistory,
        changed: Notify = notify_nobody,
        publish: Publish = publish_to_nobody,
    ) -> None:
        self._database = database
        self._clock = clock
        self._agents = agents
        self._effects = effects
        self._history = history
        self._changed = changed
        self._publish = publish
        self.owned_cases: OwnedCases = no_cases

    async def request(
        self, agent: str, kind: LeaveKind, starts_at: datetime, ends_at: datetime, reason: str, by: Person
    ) -> LeaveRow:
        """Request leave: agents for themselves, leaders for any agent.

        Raises UnknownAgent, NotYourRequest, BadLeave, LeaveOverlaps.
        """
        if by.agent != agent and not by.may(LEADERS):
            raise NotYourRequest("only a supervisor requests leave for another agent", agent=agent[:20])
        check_span(kind, starts_at, ends_at, self._clock())
        if not reason.strip() or len(reason) > TEXT_LIMIT:
            raise BadLeave("a reason is required", fault="reason")
        row = LeaveRow(
            id=uuid4().hex,
            agent=agent,
            kind=kind.value,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason.strip(),
            state=LeaveState.REQUESTED.value,
            asked_at=self._clock(),
            asked_by=by.id,
        )
        async with self._database.write() as session:
            # The lock serialises two requests of one agent for the same days.
            await self._agents.hold(session, agent)
            await self._check_free(session, row)
            session.add(row)
            await session.flush()
            await self._history.step(session, delta_of(row), "request", by, "")
        return row

    async def decide(
        self, id: str, event: LeaveEvent, by: Person, reason: str = "", *, despite_shortage: bool = False
    ) -> LeaveRow:
        """Take the next step; the agent withdraws, leaders decide, and no one decides on their own leave.

        Raises UnknownLeave, NotYourRequest, OwnRequest, RequestReasonMissing, IllegalTransition, and CoverageWouldFall
        unless `despite_shortage` is given with a reason.
        """
        reason = reason.strip()[:TEXT_LIMIT]
        if event in NEEDS_REASON and not reason:
            raise RequestReasonMissing("a reason is required", event=event.value)
        await self.leave(id, by)
        async with self._database.write() as session:
            await self._effects.alone(session)
            row = await _row(session, id)
            _check_person(row, event, by)
            state = after(LeaveState(row.state), event)
            if event is LeaveEvent.APPROVE:
                # The lock serialises it with an overtime of this agent.
                await self._agents.hold(session, row.agent)
                effect = await self._effects.of_leave(row.agent, row.starts_at, row.ends_at)
                check_effect(effect, reason, despite_shortage=despite_shortage)
            row.state = state.value
            await self._history.step(session, delta_of(row), event.value, by, reason)
            after_commit(session, self._changed)
        if event is LeaveEvent.APPROVE:
            await self._notify_of_cases(row)
        return row

    async def cases(self, id: str, by: Person) -> list[OwnedCase]:
        """The agent's open cases that are due before the leave ends, or have no deadline, the most urgent first.

        Raises UnknownLeave.
        """
        row = await self.leave(id, by)
        return due_before(await self.owned_cases(row.agent), row.ends_at)

    async def _notify_of_cases(self, row: LeaveRow) -> None:
        """Leaders hand the cases on, so that none misses its deadline while its owner is away (D4, K4)."""
        numbers = [case.number for case in due_before(await self.owned_cases(row.agent), row.ends_at)]
        if numbers:
            delta: LeaveCasesDelta = {
                "leave": row.id,
                "agent": row.agent,
                "starts_at": row.starts_at,
                "ends_at": row.ends_at,
                "cases": numbers,
            }
            self._publish(LEAVE_CASES, delta, frozenset())

    async def effect(self, id: str, by: Person) -> Effect:
        """What approving does to the coverage; raises UnknownLeave, NotYourRequest."""
        row = await self.leave(id, by)
        return await self._effects.of_leave(row.agent, row.starts_at, row.ends_at)

    async def leave(self, id: str, by: Person) -> LeaveRow:
        """One leave; raises UnknownLeave, also to agents for the leave of a colleague."""
        async with self._database.read() as session:
            row = await session.get(LeaveRow, id)
        if row is None or not (by.may(LEADERS) or by.agent == row.agent):
            raise UnknownLeave("there is no such leave", leave=id[:40])
        return row

    async def leaves(
        self,
        by: Person,
        limit: int,
        after: Position | None = None,
        *,
        agent: str | None = None,
        state: LeaveState | None = None,
    ) -> Sequence[LeaveRow]:
        """Leaves, newest requests first; agents see their own."""
        if not by.may(LEADERS):
            agent = by.agent or ""
        query = select(LeaveRow)
        if agent is not None:
            query = query.where(LeaveRow.agent == agent)
        if state is not None:
            query = query.where(LeaveRow.state == state.value)
        async with self._database.read() as session:
            return (await session.scalars(newest_first(query, LeaveRow.asked_at, LeaveRow.id, limit, after))).all()

    async def _check_free(self, session: AsyncSession, leave: LeaveRow) -> None:
        query = select(LeaveRow).where(
            LeaveRow.agent == leave.agent,
            LeaveRow.state.in_(OPEN),
            LeaveRow.starts_at < leave.ends_at,
            LeaveRow.ends_at > leave.starts_at,
        )
        other = await session.scalar(query.limit(1))
        if other is not None:
            raise LeaveOverlaps(
                "this agent has leave at that time already",
                agent=leave.agent,
                leave=other.id,
                starts_at=other.starts_at.isoformat(),
                ends_at=other.ends_at.isoformat(),
            )


def check_effect(effect: Effect, reason: str, *, despite_shortage: bool) -> None:
    """Raises CoverageWouldFall for a new shortage, unless a person accepts it with a reason."""
    if not effect.shortages or (despite_shortage and reason):
        return
    first = effect.shortages[0]
    raise CoverageWouldFall(
        "a line would have fewer agents than it needs; approve it despite the shortage, with a reason, or refuse it",
        shortages=len(effect.shortages),
        line=first.line,
        starts_at=first.starts_at.isoformat(),
        ends_at=first.ends_at.isoformat(),
        required=first.required,
        on_duty=first.on_duty,
        skill=first.skill or "",
    )


def delta_of(row: LeaveRow) -> RosterRequestDelta:
    return {
        "id": row.id,
        "kind": "leave",
        "state": row.state,
        "agent": row.agent,
        "colleague": None,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
    }


def _check_person(row: LeaveRow, event: LeaveEvent, by: Person) -> None:
    own = by.agent == row.agent
    if event is LeaveEvent.WITHDRAW:
        if not (own or by.may(LEADERS)):
            raise NotYourRequest("only the agent withdraws this", leave=row.id)
    elif not by.may(LEADERS):
        raise NotYourRequest("a supervisor decides this", leave=row.id)
    elif own:
        raise OwnRequest("another supervisor decides on your leave", leave=row.id)


async def _row(session: AsyncSession, id: str) -> LeaveRow:
    row = await session.get(LeaveRow, id, with_for_update=True)
    if row is None:
        raise UnknownLeave("there is no such leave", leave=id[:40])
    return row
