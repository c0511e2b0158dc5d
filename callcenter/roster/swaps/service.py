"""Swap use cases (policy D3): one agent asks, the colleague agrees, a leader approves, and the shifts change hands."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.coverage import is_away
from callcenter.roster.effects import Effect, Effects
from callcenter.roster.errors import (
    BadSwap,
    NotYourRequest,
    OwnRequest,
    RequestReasonMissing,
    SwapOutdated,
    SwapPending,
    UnknownShift,
    UnknownSwap,
)
from callcenter.roster.history import RequestHistory, RosterRequestDelta
from callcenter.roster.leave.model import TEXT_LIMIT
from callcenter.roster.leave.service import check_effect
from callcenter.roster.model import Shift
from callcenter.roster.rows import SwapRow
from callcenter.roster.service import RosterService
from callcenter.roster.swaps.model import COLLEAGUES, LEADERS_DECIDE, SwapEvent, SwapState, after
from callcenter.storage.database import Database
from callcenter.storage.paging import Position, newest_first
from callcenter.web.roles import LEADERS, Person

OPEN = (SwapState.ASKED.value, SwapState.AGREED.value)


class Swaps:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        agents: AgentService,
        roster: RosterService,
        effects: Effects,
        history: RequestHistory,
    ) -> None:
        self._database = database
        self._clock = clock
        self._agents = agents
        self._roster = roster
        self._effects = effects
        self._history = history

    async def ask(self, shift: int, colleague: str, back: int | None, reason: str, by: Person) -> SwapRow:
        """Ask a colleague to take a shift, perhaps for one of theirs (`back`); a leader may ask for an agent.

        Raises UnknownShift, UnknownAgent, NotYourRequest, BadSwap, SwapPending.
        """
        given = await self._roster.shift(shift)
        taken = await self._roster.shift(back) if back is not None else None
        self._check_asked(given, taken, colleague, by)
        row = SwapRow(
            id=uuid4().hex,
            agent=given.agent,
            colleague=colleague,
            shift=given.id,
            line=given.line,
            starts_at=given.starts_at,
            ends_at=given.ends_at,
            return_shift=taken.id if taken else None,
            return_line=taken.line if taken else None,
            return_starts_at=taken.starts_at if taken else None,
            return_ends_at=taken.ends_at if taken else None,
            reason=reason.strip()[:TEXT_LIMIT],
            state=SwapState.ASKED.value,
            asked_at=self._clock(),
            asked_by=by.id,
        )
        async with self._database.write() as session:
            # The locks serialise two swaps of one shift.
            for agent in sorted({given.agent, colleague}):
                held = await self._agents.hold(session, agent)
                if not held.active:
                    raise BadSwap("this agent no longer works here", fault="agent", agent=agent)
            await self._check_pending(session, row)
            session.add(row)
            await session.flush()
            await self._history.step(session, delta_of(row), "ask", by, row.reason)
        return row

    async def decide(
        self, id: str, event: SwapEvent, by: Person, reason: str = "", *, despite_shortage: bool = False
    ) -> SwapRow:
        """Take the next step; approving gives the shifts to their new agents, and routing follows at once.

        Raises UnknownSwap, NotYourRequest, OwnRequest, RequestReasonMissing, IllegalTransition, SwapOutdated,
        ShiftOverlaps, and CoverageWouldFall unless `despite_shortage` is given with a reason.
        """
        reason = reason.strip()[:TEXT_LIMIT]
        if event is SwapEvent.REFUSE and not reason:
            raise RequestReasonMissing("a reason is required", event=event.value)
        async with self._database.write() as session:
            await self._effects.alone(session)
            row = await _row(session, id)
            self._check_person(row, event, by)
            state = after(SwapState(row.state), event)
            if event is SwapEvent.APPROVE:
                check_effect(await self._effect_of(row), reason, despite_shortage=despite_shortage)
                await self._perform(session, row, by)
            row.state = state.value
            await self._history.step(session, delta_of(row), event.value, by, reason)
        return row

    async def effect(self, id: str, by: Person) -> Effect:
        """What approving does to coverage and hours; raises UnknownSwap, SwapOutdated."""
        return await self._effect_of(await self.swap(id, by))

    async def swap(self, id: str, by: Person) -> SwapRow:
        """One swap; raises UnknownSwap, also to agents who are not part of it."""
        async with self._database.read() as session:
            row = await session.get(SwapRow, id)
        if row is None or not (by.may(LEADERS) or by.agent in (row.agent, row.colleague)):
            raise UnknownSwap("there is no such swap", swap=id[:40])
        return row

    async def swaps(
        self,
        by: Person,
        limit: int,
        after: Position | None = None,
        *,
        agent: str | None = None,
        state: SwapState | None = None,
    ) -> Sequence[SwapRow]:
        """Swaps, newest first; agents see those that they are part of."""
        if not by.may(LEADERS):
            agent = by.agent or ""
        query = select(SwapRow)
        if agent is not None:
            query = query.where(or_(SwapRow.agent == agent, SwapRow.colleague == agent))
        if state is not None:
            query = query.where(SwapRow.state == state.value)
        async with self._database.read() as session:
            return (await session.scalars(newest_first(query, SwapRow.asked_at, SwapRow.id, limit, after))).all()

    async def _effect_of(self, row: SwapRow) -> Effect:
        try:
            return await self._effects.of_moves(_moves(row))
        except UnknownShift as error:
            raise SwapOutdated("a shift of this swap was removed", swap=row.id) from error

    async def _perform(self, session: AsyncSession, row: SwapRow, by: Person) -> None:
        now = self._clock()
        for agent in sorted({row.agent, row.colleague}):
            if not (await self._agents.hold(session, agent)).active:
                raise SwapOutdated("an agent of this swap no longer works here", swap=row.id)
        try:
            moved = await self._roster.reassign(session, _moves(row), by, _as_asked(row))
        except UnknownShift as error:
            raise SwapOutdated("a shift of this swap was removed", swap=row.id) from error
        if min(shift.starts_at for shift in moved) <= now:
            raise SwapOutdated("a shift of this swap has begun", swap=row.id)
        away = await self._roster.away(now, max(shift.ends_at for shift in moved))
        if any(is_away(shift, away) for shift in moved):
            raise SwapOutdated("who would take a shift of this swap is on leave then", swap=row.id)

    def _check_asked(self, given: Shift, taken: Shift | None, colleague: str, by: Person) -> None:
        if by.agent != given.agent and not by.may(LEADERS):
            raise NotYourRequest("this shift is a colleague's", shift=given.id)
        if given.overtime or (taken is not None and taken.overtime):
            raise BadSwap("overtime is its agent's own", fault="overtime")
        if colleague == given.agent:
            raise BadSwap("a swap is between two agents", fault="same_agent")
        if taken is not None and taken.agent != colleague:
            raise BadSwap("the shift in return is not this colleague's", fault="not_theirs", shift=taken.id)
        if min(shift.starts_at for shift in (given, taken) if shift is not None) <= self._clock():
            raise BadSwap("a shift that has begun is not swapped", fault="begun")

    def _check_person(self, row: SwapRow, event: SwapEvent, by: Person) -> None:
        if event in LEADERS_DECIDE:
            if not by.may(LEADERS):
                raise NotYourRequest("a supervisor decides this", swap=row.id)
            if by.agent in (row.agent, row.colleague):
                raise OwnRequest("another supervisor decides on your swap", swap=row.id)
        elif by.agent != (row.colleague if event in COLLEAGUES else row.agent):
            # No one agrees on behalf of another: D3 asks for both.
            raise NotYourRequest("this step belongs to one of the two agents", swap=row.id)

    async def _check_pending(self, session: AsyncSession, swap: SwapRow) -> None:
        shifts = [shift for shift in (swap.shift, swap.return_shift) if shift is not None]
        query = select(SwapRow).where(
            SwapRow.state.in_(OPEN), or_(SwapRow.shift.in_(shifts), SwapRow.return_shift.in_(shifts))
        )
        other = await session.scalar(query.limit(1))
        if other is not None:
            raise SwapPending("this shift is part of another open swap", swap=other.id)


def delta_of(row: SwapRow) -> RosterRequestDelta:
    return {
        "id": row.id,
        "kind": "swap",
        "state": row.state,
        "agent": row.agent,
        "colleague": row.colleague,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
    }


def _moves(row: SwapRow) -> dict[int, AgentNumber]:
    moves = {row.shift: row.colleague}
    return moves if row.return_shift is None else {**moves, row.return_shift: row.agent}


def _as_asked(row: SwapRow) -> list[Shift]:
    shifts = [Shift(row.agent, row.line, row.starts_at, row.ends_at, row.shift)]
    if row.return_shift is not None and row.return_starts_at is not None and row.return_ends_at is not None:
        line = row.return_line or LineCode("")
        shifts.append(Shift(row.colleague, line, row.return_starts_at, row.return_ends_at, row.return_shift))
    return shifts


async def _row(session: AsyncSession, id: str) -> SwapRow:
    row = await session.get(SwapRow, id, with_for_update=True)
    if row is None:
        raise UnknownSwap("there is no such swap", swap=id[:40])
    return row
