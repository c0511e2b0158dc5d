"""Use cases of raised hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.deltas import instant
from callcenter.calls.effects import AgentNow
from callcenter.clock import Clock
from callcenter.storage.database import Database, after_commit
from callcenter.supervision.hands.deltas import RAISED_HAND, RaisedHandDelta
from callcenter.supervision.hands.errors import HandDown, NoHand, UnknownHand
from callcenter.supervision.hands.rows import RaisedHandRow
from callcenter.web.audit import Audit
from callcenter.web.ports import Publish
from callcenter.web.roles import LEADERS, Person


class HandState(StrEnum):
    RAISED = "raised"
    ANSWERED = "answered"
    LOWERED = "lowered"


class Floor(Protocol):
    """The live picture (calls/live.py)."""

    def agents_now(self) -> Mapping[str, AgentNow]: ...


class RaisedHands:
    def __init__(self, database: Database, clock: Clock, audit: Audit, floor: Floor, publish: Publish) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._floor = floor
        self._publish = publish

    async def hold_up(self, text: str, by: Person) -> RaisedHandRow:
        """Ask for a supervisor; a hand that is up stays the same one. Raises NoHand."""
        if by.agent is None:
            raise NoHand("only an agent raises a hand")
        now = self._floor.agents_now().get(by.agent)
        row = RaisedHandRow(
            id=uuid4().hex,
            agent=by.agent,
            call=now.call if now else None,
            text=text.strip(),
            raised_at=self._clock(),
            state=HandState.RAISED.value,
            answered_by="",
            answer="",
            ended_at=None,
        )
        if up := await self._up(by.agent):
            return up
        try:
            async with self._database.write() as session:
                session.add(row)
                await session.flush()
                await self._audit.append(session, by, "hand.raised", f"agent/{by.agent}")
                self._show(session, row)
        except IntegrityError:
            # The same agent in another window was faster.
            if up := await self._up(by.agent):
                return up
            raise
        return row

    async def lower(self, by: Person) -> None:
        """Take one's own hand down; idempotent. Raises NoHand."""
        if by.agent is None:
            raise NoHand("only an agent raises a hand")
        if up := await self._up(by.agent):
            await self._end(up.id, HandState.LOWERED, "", "")

    async def answer(self, id: str, text: str, by: Person) -> RaisedHandRow:
        """Raises UnknownHand, HandDown."""
        row = await self._end(id, HandState.ANSWERED, by.login[:80], text.strip())
        await self._audit.record(by, "hand.answered", f"agent/{row.agent}")
        return row

    async def open(self, by: Person) -> Sequence[RaisedHandRow]:
        """The hands that are up, the longest first; of an agent only the own one."""
        query = select(RaisedHandRow).where(RaisedHandRow.state == HandState.RAISED.value)
        if not by.may(LEADERS):
            query = query.where(RaisedHandRow.agent == (by.agent or ""))
        async with self._database.read() as session:
            return (await session.scalars(query.order_by(RaisedHandRow.raised_at, RaisedHandRow.id))).all()

    async def _up(self, agent: str) -> RaisedHandRow | None:
        query = select(RaisedHandRow).where(RaisedHandRow.agent == agent, RaisedHandRow.state == HandState.RAISED.value)
        async with self._database.read() as session:
            return (await session.scalars(query)).first()

    async def _end(self, id: str, state: HandState, by: str, text: str) -> RaisedHandRow:
        """Of two answers one is the first (compare and set)."""
        change = (
            update(RaisedHandRow)
            .where(RaisedHandRow.id == id, RaisedHandRow.state == HandState.RAISED.value)
            .values(state=state.value, answered_by=by, answer=text, ended_at=self._clock())
            .returning(RaisedHandRow.id)
        )
        async with self._database.write() as session:
            done = await session.scalar(change)
            row = await session.get(RaisedHandRow, id, populate_existing=True)
            if row is None:
                raise UnknownHand("there is no such raised hand", hand=id[:40])
            if done is None and state is HandState.ANSWERED:
                raise HandDown("it was answered or taken down already", hand=id[:40])
            if done is not None:
                self._show(session, row)
        return row

    def _show(self, session: AsyncSession, row: RaisedHandRow) -> None:
        delta: RaisedHandDelta = {
            "id": row.id,
            "agent": row.agent,
            "call": row.call,
            "text": row.text,
            "raised_at": instant(row.raised_at),
            "state": row.state,
            "answered_by": row.answered_by,
            "answer": row.answer,
            "ended_at": instant(row.ended_at),
        }
        after_commit(session, lambda: self._publish(RAISED_HAND, delta, frozenset({row.agent})))
