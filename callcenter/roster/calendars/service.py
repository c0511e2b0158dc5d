"""Calendar feeds: an agent gets a secret address, replaces or revokes it; programs read it without a sign-in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.facts import AgentNumber
from callcenter.roster.calendars.model import calendar_of
from callcenter.roster.calendars.rows import CalendarRow
from callcenter.roster.errors import NotYourRequest, UnknownCalendar
from callcenter.roster.service import RosterService
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import LEADERS, Person

PAST, FUTURE = timedelta(days=31), timedelta(days=366)
LineNames = Callable[[], Awaitable[Mapping[str, str]]]
LONGEST_SECRET: Final = 100


async def codes_alone() -> Mapping[str, str]:
    """The lines are shown by their codes."""
    return {}


class Calendars:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        agents: AgentService,
        roster: RosterService,
        line_names: LineNames = codes_alone,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._agents = agents
        self._roster = roster
        self._line_names = line_names

    async def renew(self, by: Person) -> str:
        """A new secret for your own feed; an earlier one ends. Raises NotYourRequest for people who are no agent."""
        if by.agent is None:
            raise NotYourRequest("only agents have shifts")
        secret = secrets.token_urlsafe(32)
        async with self._database.write() as session:
            await self._agents.hold(session, by.agent)
            row = await session.get(CalendarRow, by.agent)
            if row is None:
                row = CalendarRow(agent=by.agent)
                session.add(row)
            row.sha256, row.created_at = _hash(secret), self._clock()
            await session.flush()
            await self._audit.append(session, by, "roster.calendar_renewed", f"agent/{by.agent}")
        return secret

    async def revoke(self, agent: str, by: Person) -> None:
        """End a feed: your own, leaders any. Raises NotYourRequest, UnknownCalendar."""
        if agent != by.agent and not by.may(LEADERS):
            raise NotYourRequest("only a supervisor revokes the calendar of another agent", agent=agent[:20])
        async with self._database.write() as session:
            row = await session.get(CalendarRow, agent)
            if row is None:
                raise UnknownCalendar("there is no calendar of this agent", agent=agent[:20])
            await session.delete(row)
            await self._audit.append(session, by, "roster.calendar_revoked", f"agent/{agent}")

    async def read(self, secret: str) -> bytes:
        """The feed of a secret; raises UnknownCalendar, also once its agent is no longer active."""
        query = select(CalendarRow.agent).where(CalendarRow.sha256 == _hash(secret[:LONGEST_SECRET]))
        async with self._database.read() as session:
            number: AgentNumber | None = await session.scalar(query)
        agent = None if number is None else await self._agents.agent(number)
        if agent is None or not agent.active:
            raise UnknownCalendar("this address is wrong or revoked")
        now = self._clock()
        present = await self._roster.present(now - PAST, now + FUTURE)
        own = [shift for shift in present if shift.agent == number]
        return calendar_of(own, agent.name, await self._line_names(), now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
