"""Watches attendance: what the roster and the presence show is stored and published within a minute (S1)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NoReturn

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from callcenter.agents.presence import PresenceService
from callcenter.clock import Clock
from callcenter.facts import AgentNumber
from callcenter.roster.attendance.mealtimes import Seen, empty_mealtimes
from callcenter.roster.attendance.model import (
    MINUTE,
    AttendanceRules,
    Finding,
    FindingKind,
    Sighting,
    findings,
)
from callcenter.roster.leave.model import LeaveState
from callcenter.roster.rows import BreakRow, FindingRow, LeaveRow
from callcenter.roster.service import RosterService
from callcenter.storage.database import Database, after_commit
from callcenter.storage.paging import Position, newest_first
from callcenter.web.ports import DeltaKind, Publish, publish_to_nobody
from callcenter.web.roles import LEADERS, Person

EVERY_SECONDS: Final = 20.0
MEAL_LOOK_BACK: Final = timedelta(hours=4)
LOOK_BACK: Final = timedelta(hours=26)
"""Longer than any shift, so that the end of each is seen."""
LEAVE_LOOK_BACK: Final = timedelta(days=40)
"""A leave that was approved late still excuses."""
PART: Final = 500
"""Ids per statement."""
AWAY: Final = (FindingKind.LATE.value, FindingKind.ABSENT.value, FindingKind.LEFT.value)


class AttendanceDelta(TypedDict):
    """An agent is late, absent, has left the post, or is over the limit of a break."""

    id: str
    kind: str
    agent: str
    at: datetime
    until: datetime | None
    minutes: int


ATTENDANCE: Final = DeltaKind("attendance", AttendanceDelta, "the agent concerned, and leaders")


class Attendance:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        presence: PresenceService,
        roster: RosterService,
        rules: AttendanceRules,
        policy_version: str,
        publish: Publish = publish_to_nobody,
    ) -> None:
        self._database = database
        self._clock = clock
        self._presence = presence
        self._roster = roster
        self._rules = rules
        self._policy_version = policy_version
        self._publish = publish

    async def run(self, every: float = EVERY_SECONDS) -> NoReturn:
        while True:
            await self.once()
            await asyncio.sleep(every)

    async def once(self) -> None:
        """Store and publish what is new or has grown; idempotent, also after the service was away."""
        now = self._clock()
        await self._excuse(now)
        current = [*await self._of_shifts(now), *await self._of_breaks(now), *await self._of_meals(now)]
        async with self._database.read() as session:
            ids = [finding.id for finding in current]
            stored = {row.id: row for row in await session.scalars(select(FindingRow).where(FindingRow.id.in_(ids)))}
        changed = [finding for finding in current if not _same(finding, stored.get(finding.id))]
        if not changed:
            return
        async with self._database.write() as session:
            for finding in changed:
                row = await session.get(FindingRow, finding.id)
                # A notice each minute would be noise: only a new kind or an end is one.
                is_news = row is None or (row.kind, row.until) != (finding.kind.value, finding.until)
                if row is None:
                    row = FindingRow(id=finding.id, policy_version=self._policy_version)
                    session.add(row)
                _write(row, finding, now)
                if is_news:
                    self._show(session, row)

    async def findings(
        self,
        by: Person,
        limit: int,
        after: Position | None = None,
        *,
        agent: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Sequence[FindingRow]:
        """Findings, newest first; agents see their own."""
        if not by.may(LEADERS):
            agent = by.agent or ""
        query = select(FindingRow)
        if agent is not None:
            query = query.where(FindingRow.agent == agent)
        if since is not None:
            query = query.where(FindingRow.at >= since)
        if until is not None:
            query = query.where(FindingRow.at < until)
        async with self._database.read() as session:
            return (await session.scalars(newest_first(query, FindingRow.at, FindingRow.id, limit, after))).all()

    async def changed_since(self, since: datetime) -> Sequence[FindingRow]:
        """What is new or has grown since an instant, for the ledger."""
        query = select(FindingRow).where(FindingRow.changed_at >= since).order_by(FindingRow.changed_at)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def standing(self, ids: Sequence[str]) -> Collection[str]:
        """Those of these findings that stand still."""
        async with self._database.read() as session:
            parts = [ids[at : at + PART] for at in range(0, len(ids), PART)]
            query = select(FindingRow.id)
            return {id for part in parts for id in await session.scalars(query.where(FindingRow.id.in_(part)))}

    async def _excuse(self, now: datetime) -> None:
        """Remove what a leave covers that was approved afterwards: who is ill is not absent (D4)."""
        row = FindingRow
        covered = (LeaveRow.agent == row.agent) & (LeaveRow.starts_at <= row.at) & (LeaveRow.ends_at > row.at)
        leave = exists().where(LeaveRow.state == LeaveState.APPROVED.value, covered)
        query = select(row).where(row.at >= now - LEAVE_LOOK_BACK, row.kind.in_(AWAY), leave)
        async with self._database.read() as session:
            excused = [finding.id for finding in await session.scalars(query)]
        if not excused:
            return
        async with self._database.write() as session:
            for finding in await session.scalars(query.where(row.id.in_(excused))):
                finding.until, finding.minutes = finding.at, 0
                self._show(session, finding)
                await session.delete(finding)

    async def _of_shifts(self, now: datetime) -> list[Finding]:
        since = now - LOOK_BACK
        shifts = [shift for shift in await self._roster.present(since, now) if shift.starts_at >= since]
        if not shifts:
            return []
        agents = sorted({shift.agent for shift in shifts})
        changes = await self._presence.changes(agents, since)
        sightings = {agent: [Sighting(at, signed_in) for at, signed_in in changes.get(agent, ())] for agent in agents}
        return [finding for agent in agents for finding in findings(agent, shifts, sightings[agent], now, self._rules)]

    async def _of_meals(self, now: datetime) -> list[Finding]:
        """Times at which a line had nobody at the desk because of a meal (D5)."""
        since = now - MEAL_LOOK_BACK
        shifts = [shift for shift in await self._roster.present(since, now) if shift.starts_at < now]
        states = {
            agent: [
                Seen(presence.since, presence.state, presence.reason)
                for presence in await self._presence.history(agent, since, now)
            ]
            for agent in sorted({shift.agent for shift in shifts})
        }
        return empty_mealtimes(shifts, states, since, now)

    async def _of_breaks(self, now: datetime) -> list[Finding]:
        query = select(BreakRow).where(BreakRow.leaders_notified_at >= now - LOOK_BACK)
        async with self._database.read() as session:
            rows = (await session.scalars(query)).all()
        return [finding for row in rows if (finding := _of_break(row, now)) is not None]

    def _show(self, session: AsyncSession, row: FindingRow) -> None:
        delta: AttendanceDelta = {
            "id": row.id,
            "kind": row.kind,
            "agent": row.agent,
            "at": row.at,
            "until": row.until,
            "minutes": row.minutes,
        }
        agents = frozenset({row.agent})
        after_commit(session, lambda: self._publish(ATTENDANCE, delta, agents))


def _of_break(row: BreakRow, now: datetime) -> Finding | None:
    if row.taken_at is None:
        return None
    limit = row.taken_at + timedelta(seconds=row.limit_seconds)
    over = (row.ended_at or now) - limit
    if over <= timedelta():
        return None
    return Finding(
        id=f"break:{row.id}",
        kind=FindingKind.OVER_BREAK,
        agent=row.agent,
        lines=(),
        shift_from=row.taken_at,
        shift_until=limit,
        at=limit,
        until=row.ended_at,
        minutes=over // MINUTE,
    )


def _same(finding: Finding, row: FindingRow | None) -> bool:
    if row is None:
        return False
    stored = (row.kind, row.until, row.minutes, row.shift_until)
    return stored == (finding.kind.value, finding.until, finding.minutes, finding.shift_until)


def _write(row: FindingRow, finding: Finding, now: datetime) -> None:
    row.kind, row.agent, row.lines = finding.kind.value, AgentNumber(finding.agent), list(finding.lines)
    row.shift_from, row.shift_until = finding.shift_from, finding.shift_until
    row.at, row.until, row.minutes, row.changed_at = finding.at, finding.until, finding.minutes, now
