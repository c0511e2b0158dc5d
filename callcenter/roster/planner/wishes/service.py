"""Wish use cases: agents state what they want or avoid; the planner weighs it, nothing is promised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select

from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.facts import AgentNumber
from callcenter.roster.errors import BadWish, NotYourRequest, UnknownWish
from callcenter.roster.planner.rows import WishRow
from callcenter.storage.database import Database
from callcenter.web.roles import PLANNERS, Person

FURTHEST_DAYS = 366


class Wishes:
    def __init__(self, database: Database, clock: Clock, agents: AgentService, zone: ZoneInfo) -> None:
        self._database = database
        self._clock = clock
        self._agents = agents
        self._zone = zone

    async def add(self, agent: str, day: date, pattern: str, by: Person, *, want: bool) -> WishRow:
        """State a wish for a day to come; a later wish for the same day and pattern replaces the earlier one.

        Raises UnknownAgent, NotYourRequest, BadWish.
        """
        if agent != by.agent and not by.may(PLANNERS):
            raise NotYourRequest("only planners enter the wishes of another agent", agent=agent[:20])
        today = self._clock().astimezone(self._zone).date()
        if not today < day <= today + timedelta(days=FURTHEST_DAYS):
            raise BadWish("a wish is for a day to come, within a year", days=FURTHEST_DAYS)
        async with self._database.write() as session:
            await self._agents.hold(session, agent)
            same = select(WishRow).where(WishRow.agent == agent, WishRow.day == day, WishRow.pattern == pattern)
            row = await session.scalar(same)
            if row is None:
                row = WishRow(id=uuid4().hex, agent=AgentNumber(agent), day=day, pattern=pattern)
                session.add(row)
            row.want, row.at = want, self._clock()
            await session.flush()
            return row

    async def wishes(self, first: date, last: date, by: Person | None) -> Sequence[WishRow]:
        """The wishes for these days, by day and agent; agents see their own, None is the planner itself."""
        query = select(WishRow).where(WishRow.day >= first, WishRow.day <= last)
        if by is not None and not by.may(PLANNERS):
            query = query.where(WishRow.agent == (by.agent or ""))
        async with self._database.read() as session:
            return (await session.scalars(query.order_by(WishRow.day, WishRow.agent, WishRow.pattern))).all()

    async def remove(self, id: str, by: Person) -> None:
        """Withdraw a wish; raises UnknownWish."""
        async with self._database.write() as session:
            row = await session.get(WishRow, id, with_for_update=True)
            if row is None or not (row.agent == by.agent or by.may(PLANNERS)):
                raise UnknownWish("there is no such wish", wish=id[:40])
            await session.delete(row)
