"""Serves the queue overview, the figures of a period, and the manager's spot checks (policy F4, S2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import exists, or_, select

from callcenter.agents.model import Presence, PresenceState
from callcenter.agents.service import AgentService
from callcenter.callbacks.dashboard.figures import CallbackFacts, Figures, figures, grouped
from callcenter.callbacks.model import OPEN, REACHED, WAITING, Result, State
from callcenter.callbacks.outreach.sampling import Served, sample
from callcenter.callbacks.rows import DoNotCallRow, ReturnCallAttemptRow, ReturnCallRow
from callcenter.callbacks.rulebook import Rulebook
from callcenter.clock import Clock
from callcenter.facts import CallId, ReturnCallId
from callcenter.storage.database import Database

Departments = Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]
"""Maps case numbers to the departments concerned; provided by the complaints package."""


async def no_departments(_: Sequence[str]) -> Mapping[str, str]:
    """The default when no package knows departments."""
    return {}


class Presences(Protocol):
    async def all_presences(self) -> dict[str, Presence]: ...


@dataclass(frozen=True, slots=True)
class BoardNow:
    """Open return calls now. `waits_for_nobody`: due, but no signed-in agent may take them, by language."""

    open: int
    due: int
    overdue: int
    promised_today: int
    barred: int
    states: dict[str, int]
    sources: dict[str, int]
    agents: dict[str, int]
    waits_for_nobody: dict[str, int]
    oldest_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Check:
    """A finished return call for the manager to listen to."""

    item: ReturnCallId
    call: CallId
    agent: str
    result: str
    satisfaction: int | None
    at: datetime


class Board:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        rules: Rulebook,
        agents: AgentService,
        presence: Presences,
        departments: Departments = no_departments,
    ) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        self._agents = agents
        self._presence = presence
        self._departments = departments

    async def now(self) -> BoardNow:
        """The current queue; it identifies no customer."""
        now, open_ = self._clock(), ReturnCallRow.state.in_([state.value for state in OPEN])
        columns = (
            ReturnCallRow.state,
            ReturnCallRow.source,
            ReturnCallRow.agent,
            ReturnCallRow.due_at,
            ReturnCallRow.may_from,
            ReturnCallRow.promised,
            ReturnCallRow.language,
        )
        bars = or_(DoNotCallRow.scope == "all", ReturnCallRow.campaign.is_not(None))
        out = exists().where(DoNotCallRow.number == ReturnCallRow.number, bars)
        async with self._database.read() as session:
            rows = (await session.execute(select(*columns, out.label("out")).where(open_))).all()
        waiting = [row for row in rows if row.state in WAITING]
        due = [row for row in waiting if row.may_from <= now and not row.out]
        today = self._end_of_today(now)
        speakers = await self._speakers()
        alone = Counter(row.language or "" for row in due if not _served_by(row.language, speakers, self._rules))
        return BoardNow(
            open=len(rows),
            due=len(due),
            overdue=sum(row.due_at < now for row in waiting),
            promised_today=sum(row.promised and row.due_at < today for row in waiting),
            barred=sum(row.out for row in waiting),
            states=dict(Counter(row.state for row in rows)),
            sources=dict(Counter(row.source for row in rows)),
            agents=dict(Counter(row.agent for row in rows if row.agent and row.state not in WAITING)),
            waits_for_nobody=dict(alone),
            oldest_due_at=min((row.due_at for row in waiting), default=None),
        )

    def today(self) -> date:
        """The current day by the centre's clock."""
        return self._clock().astimezone(ZoneInfo(self._rules.zone)).date()

    def _end_of_today(self, now: datetime) -> datetime:
        zone = ZoneInfo(self._rules.zone)
        tomorrow = now.astimezone(zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time.min, zone)

    async def _speakers(self) -> list[Mapping[str, int]]:
        """The skills of all agents who are signed in."""
        signed_in = {
            number
            for number, presence in (await self._presence.all_presences()).items()
            if presence.state is not PresenceState.SIGNED_OUT
        }
        return [agent.skills for agent in await self._agents.agents(active=True) if agent.number in signed_in]

    async def facts_of(self, since: datetime, until: datetime) -> list[CallbackFacts]:
        """The return calls dialled or closed in the period."""
        dialled = ReturnCallRow.id.in_(
            select(ReturnCallAttemptRow.item).where(ReturnCallAttemptRow.at >= since, ReturnCallAttemptRow.at < until)
        )
        closed = (ReturnCallRow.closed_at >= since) & (ReturnCallRow.closed_at < until)
        async with self._database.read() as session:
            rows = (await session.scalars(select(ReturnCallRow).where(or_(dialled, closed)))).all()
            query = (
                select(ReturnCallAttemptRow)
                .join(ReturnCallRow, ReturnCallRow.id == ReturnCallAttemptRow.item)
                .where(or_(dialled, closed))
                .order_by(ReturnCallAttemptRow.id)
            )
            tries: dict[str, list[tuple[datetime, Result | None]]] = {}
            for attempt in await session.scalars(query):
                tries.setdefault(attempt.item, []).append(
                    (attempt.at, Result(attempt.result) if attempt.result else None)
                )
        departments = await self._departments([row.case for row in rows if row.case])
        return [_facts(row, tries.get(row.id, []), departments) for row in rows]

    async def figures(self, since: datetime, until: datetime, by: str | None) -> dict[str, Figures]:
        """The figures of a period, in total (under the empty name) or by one of figures.GROUPS."""
        callbacks = await self.facts_of(since, until)
        return {"": figures(callbacks)} if by is None else grouped(callbacks, by)

    async def spot_checks(self, since: datetime, until: datetime, per_agent: int, seed: str) -> list[Check]:
        """A sample of finished conversations, a few per agent; the same seed draws the same sample (S2)."""
        reached = [result.value for result in REACHED]
        query = select(ReturnCallRow).where(
            ReturnCallRow.state == State.DONE.value,
            ReturnCallRow.closed_at >= since,
            ReturnCallRow.closed_at < until,
            ReturnCallRow.result.in_(reached),
            ReturnCallRow.result_call.is_not(None),
            ReturnCallRow.agent.is_not(None),
        )
        async with self._database.read() as session:
            rows = {row.id: row for row in await session.scalars(query)}
        drawn = sample([Served(row.id, row.id, row.agent or "") for row in rows.values()], len(rows), per_agent, seed)
        return [_check(rows[ReturnCallId(served.id)]) for served in drawn]


def _served_by(language: str | None, speakers: Sequence[Mapping[str, int]], rules: Rulebook) -> bool:
    if not language:
        return bool(speakers)
    return any(skills.get(language.lower(), 0) >= rules.choosing.least_level for skills in speakers)


def _facts(
    row: ReturnCallRow, tries: list[tuple[datetime, Result | None]], departments: Mapping[str, str]
) -> CallbackFacts:
    return CallbackFacts(
        agent=row.agent,
        line=row.line,
        source=row.source,
        promised=row.promised,
        due_at=row.due_at,
        result=Result(row.result) if row.result else None,
        satisfaction=row.satisfaction,
        tries=tuple(tries),
        department=departments.get(row.case or ""),
    )


def _check(row: ReturnCallRow) -> Check:
    at = row.closed_at or row.created_at
    return Check(row.id, row.result_call or CallId(""), row.agent or "", row.result or "", row.satisfaction, at)
