"""Use case of an agent's day: agents read their own, leaders that of any agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from callcenter.agents.errors import NotYourPresence
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.calls.effects import AgentNow
from callcenter.calls.model import Offer, OfferOutcome
from callcenter.calls.rows import OfferRow
from callcenter.calls.service import CallFilter, CallService, OfferFilter
from callcenter.calls.timeline.model import Change, Span, SpanState, line_of, presences, rings, talks, wrap_ups
from callcenter.calls.timeline.rows import AgentWrapUpRow
from callcenter.clock import Clock
from callcenter.facts import AgentNumber
from callcenter.storage.database import Database
from callcenter.web.roles import LEADERS, Person

MOST: Final = 5_000
"""Calls and rings of one agent on one day."""
LONGEST_CALL: Final = timedelta(hours=12)
NOW_TOO: Final = frozenset({SpanState.RINGING, SpanState.ON_CALL, SpanState.WRAP_UP})


class Floor(Protocol):
    """The live picture (calls/live.py)."""

    def agents_now(self) -> Mapping[str, AgentNow]: ...


@dataclass(frozen=True, slots=True)
class Day:
    """`wrap_ups_since` is when recording of after-call work began; before that, it is shown as available."""

    agent: str
    day: date
    start: datetime
    end: datetime
    spans: list[Span]
    wrap_ups_since: datetime | None


class Timelines:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        zone: ZoneInfo,
        agents: AgentService,
        presence: PresenceService,
        calls: CallService,
        floor: Floor,
    ) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        self._agents = agents
        self._presence = presence
        self._calls = calls
        self._floor = floor

    async def of(self, number: str, day: date, by: Person) -> Day:
        """The day as far as it has passed. Raises NotYourPresence, UnknownAgent."""
        if by.agent != number and not by.may(LEADERS):
            raise NotYourPresence("only a supervisor may do this for another agent", agent=number[:40])
        agent = (await self._agents.agent(number)).number
        start = datetime.combine(day, time(), self._zone)
        end = min(datetime.combine(day + timedelta(days=1), time(), self._zone), self._clock())
        if end <= start:
            return Day(agent, day, start, start, [], await self._first_wrap_up())
        return Day(agent, day, start, end, await self.spans(agent, start, end), await self._first_wrap_up())

    async def spans(self, agent: AgentNumber, start: datetime, end: datetime) -> list[Span]:
        """What the agent did from `start` until `end`, which is not after this moment."""
        calls = await self._calls.find(CallFilter(agent=agent, since=start - LONGEST_CALL, until=end), MOST)
        rows = await self._calls.offers(OfferFilter(agent=agent, since=start - LONGEST_CALL, until=end), MOST)
        offers = [(row.call, _offer(row)) for row in rows]
        changes = [
            Change(presence.since, SpanState(presence.state), presence.reason, presence.by)
            for presence in await self._presence.history(agent, start, end)
        ]
        now = self._now(agent, end)
        heard, talked = rings(agent, offers), talks(agent, calls)
        known = sorted([*(change.at for change in changes), *(span.start for span in (*heard, *talked)), end])
        worked = wrap_ups(await self._wrap_ups(agent, start, end), known, now)
        layers = [presences(changes, start, end), worked, heard, talked, [now] if now else []]
        return line_of(start, end, layers)

    def _now(self, agent: str, end: datetime) -> Span | None:
        """What the records do not have yet; a part in a colleague's call is in no record of this agent."""
        seen = self._floor.agents_now().get(agent)
        if seen is None or seen.state not in NOW_TOO or seen.supervising or seen.since >= end:
            return None
        return Span(seen.since, end, SpanState(seen.state), call=seen.call)

    async def _wrap_ups(self, agent: str, start: datetime, end: datetime) -> list[tuple[datetime, datetime | None]]:
        row = AgentWrapUpRow
        query = select(row).where(row.agent == agent, row.began_at >= start - LONGEST_CALL, row.began_at < end)
        async with self._database.read() as session:
            return [(each.began_at, each.ended_at) for each in await session.scalars(query.order_by(row.began_at))]

    async def _first_wrap_up(self) -> datetime | None:
        async with self._database.read() as session:
            return await session.scalar(select(func.min(AgentWrapUpRow.began_at)))


def _offer(row: OfferRow) -> Offer:
    outcome = OfferOutcome(row.outcome) if row.outcome else None
    return Offer(
        leg=row.leg,
        agent=row.agent,
        phone=row.phone,
        queue=row.queue,
        offered_at=row.offered_at,
        ringing_at=row.ringing_at,
        ended_at=row.ended_at,
        rings=row.rings,
        late=row.late,
        outcome=outcome,
    )
