"""The history of leaves, swaps and overtime: each step with its name, and the live notice of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from callcenter.clock import Clock
from callcenter.roster.rows import RosterStepRow
from callcenter.storage.database import Database, after_commit
from callcenter.web.audit import Audit
from callcenter.web.ports import DeltaKind, Publish, publish_to_nobody
from callcenter.web.roles import Person


class RosterRequestDelta(TypedDict):
    """A leave, a swap or an overtime has moved on."""

    id: str
    kind: str
    state: str
    agent: str
    colleague: str | None
    starts_at: datetime
    ends_at: datetime


ROSTER_REQUEST: Final = DeltaKind("roster_request", RosterRequestDelta, "the agents concerned, leaders")


class RequestHistory:
    """`publish` is called after each commit with what has changed."""

    def __init__(self, database: Database, clock: Clock, audit: Audit, publish: Publish = publish_to_nobody) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._publish = publish

    async def step(
        self, session: AsyncSession, change: RosterRequestDelta, event: str, by: Person, reason: str = ""
    ) -> None:
        """Record a step in the caller's transaction and publish it afterwards."""
        subject = f"{change['kind']}/{change['id']}"
        session.add(
            RosterStepRow(
                subject=subject,
                at=self._clock(),
                event=event,
                state=change["state"],
                by=by.id,
                by_name=by.name[:200],
                reason=reason,
            )
        )
        await session.flush()
        facts = {"agent": change["agent"], "colleague": change["colleague"]}
        await self._audit.append(session, by, f"roster.{change['kind']}_{change['state']}", subject, facts=facts)
        agents = frozenset(agent for agent in (change["agent"], change["colleague"]) if agent)
        after_commit(session, lambda: self._publish(ROSTER_REQUEST, change, agents))

    async def steps(self, kind: str, ids: Iterable[str]) -> dict[str, Sequence[RosterStepRow]]:
        """The steps of these requests, oldest first."""
        subjects = [f"{kind}/{id}" for id in ids]
        query = select(RosterStepRow).where(RosterStepRow.subject.in_(subjects)).order_by(RosterStepRow.id)
        result: dict[str, list[RosterStepRow]] = {subject.partition("/")[2]: [] for subject in subjects}
        async with self._database.read() as session:
            for row in await session.scalars(query):
                result[row.subject.partition("/")[2]].append(row)
        return dict(result)
