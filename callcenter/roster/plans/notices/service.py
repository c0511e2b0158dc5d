"""Notices to agents of what a publication changes for them: added with it, published live, seen (D1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from callcenter.clock import Clock
from callcenter.roster.errors import UnknownNotice
from callcenter.roster.model import Shift
from callcenter.roster.plans.model import Difference
from callcenter.roster.plans.rows import NoticeRow, PlanRow
from callcenter.storage.database import Database, after_commit
from callcenter.storage.paging import Position, newest_first
from callcenter.web.ports import DeltaKind, Publish, publish_to_nobody
from callcenter.web.roles import PLANNERS, Person


class RosterPublishedDelta(TypedDict):
    """A publication changes an agent's shifts; `changes` is how many."""

    id: str
    plan: str
    agent: str
    line: str
    first_day: date
    last_day: date
    changes: int


ROSTER_PUBLISHED: Final = DeltaKind("roster_published", RosterPublishedDelta, "the agent concerned, and leaders")


class Notices:
    def __init__(self, database: Database, clock: Clock, publish: Publish = publish_to_nobody) -> None:
        self._database = database
        self._clock = clock
        self._publish = publish

    async def add(self, session: AsyncSession, plan: PlanRow, changes: Sequence[Difference]) -> None:
        """Add a notice for each agent concerned in the caller's transaction, and publish them afterwards."""
        by_agent: dict[str, list[Difference]] = {}
        for change in changes:
            by_agent.setdefault(change.agent, []).append(change)
        for agent, own in by_agent.items():
            row = NoticeRow(
                id=uuid4().hex, plan=plan.id, agent=agent, at=self._clock(), changes=[_change(change) for change in own]
            )
            session.add(row)
            self._publish_later(session, plan, row)
        await session.flush()

    def _publish_later(self, session: AsyncSession, plan: PlanRow, row: NoticeRow) -> None:
        delta: RosterPublishedDelta = {
            "id": row.id,
            "plan": plan.id,
            "agent": row.agent,
            "line": plan.line,
            "first_day": plan.first_day,
            "last_day": plan.last_day,
            "changes": len(row.changes),
        }
        after_commit(session, lambda: self._publish(ROSTER_PUBLISHED, delta, frozenset({row.agent})))

    async def notices(
        self,
        by: Person,
        limit: int,
        after: Position | None = None,
        *,
        plan: str | None = None,
        unseen: bool | None = None,
    ) -> Sequence[NoticeRow]:
        """Notices, newest first; agents see their own."""
        query = select(NoticeRow)
        if not by.may(PLANNERS):
            query = query.where(NoticeRow.agent == (by.agent or ""))
        if plan is not None:
            query = query.where(NoticeRow.plan == plan)
        if unseen is not None:
            query = query.where(NoticeRow.seen_at.is_(None) if unseen else NoticeRow.seen_at.is_not(None))
        async with self._database.read() as session:
            return (await session.scalars(newest_first(query, NoticeRow.at, NoticeRow.id, limit, after))).all()

    async def see(self, id: str, by: Person) -> NoticeRow:
        """Mark your own notice as seen; the first time counts. Raises UnknownNotice."""
        async with self._database.write() as session:
            row = await session.get(NoticeRow, id, with_for_update=True)
            if row is None or row.agent != by.agent:
                raise UnknownNotice("there is no such notice of yours", notice=id[:40])
            row.seen_at = row.seen_at or self._clock()
            return row


def _change(change: Difference) -> dict[str, Any]:
    return {"kind": change.kind.value, "before": _times(change.before), "after": _times(change.after)}


def _times(shift: Shift | None) -> dict[str, str] | None:
    return None if shift is None else {"starts_at": _text(shift.starts_at), "ends_at": _text(shift.ends_at)}


def _text(at: datetime) -> str:
    return at.isoformat()
