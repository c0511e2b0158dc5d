"""Use cases of the team's records: note one, list them, close an action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.supervision.team.errors import TeamActionDone, UnknownTeamAction, UnknownTeamRecord
from callcenter.supervision.team.model import ActionDraft, RecordKind, TeamAction, TeamRecord
from callcenter.supervision.team.rows import TeamActionRow, TeamRecordRow
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

MOST: Final = 2000


class TeamRecords:
    def __init__(
        self, database: Database, clock: Clock, audit: Audit, agent_exists: Callable[[str], Awaitable[object]]
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._agent_exists = agent_exists

    async def add(
        self,
        kind: RecordKind,
        day: date,
        title: str,
        agents: Sequence[str],
        body: Mapping[str, Any],
        actions: Sequence[ActionDraft],
        by: Person,
    ) -> TeamRecord:
        """Note a record with its actions. Raises UnknownAgent."""
        for agent in agents:
            await self._agent_exists(agent)
        row = TeamRecordRow(
            id=uuid4().hex,
            kind=kind.value,
            day=day,
            title=title,
            agents=list(agents),
            body=dict(body),
            by=by.login[:80],
            by_name=by.name[:200],
            at=self._clock(),
        )
        tasks = [
            TeamActionRow(id=uuid4().hex, record=row.id, text=each.text, owner=each.owner, due=each.due, done_by="")
            for each in actions
        ]
        async with self._database.write() as session:
            session.add(row)
            await session.flush()
            session.add_all(tasks)
            await self._audit.append(session, by, f"team_record.{kind.value}_added", f"team-record/{row.id}")
        return _record(row, tasks)

    async def record(self, kind: RecordKind, id_: str) -> TeamRecord:
        """Raises UnknownTeamRecord."""
        async with self._database.read() as session:
            row = await session.get(TeamRecordRow, id_)
            if row is None or row.kind != kind:
                raise UnknownTeamRecord("there is no such record", record=id_[:40])
            return (await _with_actions(session, [row]))[0]

    async def records(
        self, kind: RecordKind, first: date, last: date, agent: str | None = None
    ) -> Sequence[TeamRecord]:
        """The records of these days, the newest first."""
        row = TeamRecordRow
        query = select(row).where(row.kind == kind.value, row.day >= first, row.day <= last)
        async with self._database.read() as session:
            rows = (await session.scalars(query.order_by(row.day.desc(), row.at.desc()).limit(MOST))).all()
            return await _with_actions(session, [each for each in rows if agent is None or agent in each.agents])

    async def actions(self, *, is_open: bool, limit: int) -> Sequence[TeamAction]:
        """Open actions with the most urgent first, or all with the newest first."""
        row = TeamActionRow
        query = select(row).where(row.done_at.is_(None)).order_by(row.due, row.id) if is_open else None
        async with self._database.read() as session:
            chosen = query if query is not None else select(row).order_by(row.due.desc(), row.id)
            return [_action(each) for each in await session.scalars(chosen.limit(limit))]

    async def finish(self, id_: str, by: Person) -> TeamAction:
        """Note that an action is done. Raises UnknownTeamAction, TeamActionDone."""
        async with self._database.write() as session:
            row = await session.get(TeamActionRow, id_, with_for_update=True)
            if row is None:
                raise UnknownTeamAction("there is no such action", action=id_[:40])
            if row.done_at is not None:
                raise TeamActionDone("this action is done already", by=row.done_by)
            row.done_at, row.done_by = self._clock(), by.login[:80]
            await self._audit.append(session, by, "team_action.done", f"team-action/{id_}")
            return _action(row)


async def _with_actions(session: AsyncSession, rows: Sequence[TeamRecordRow]) -> Sequence[TeamRecord]:
    by_record: dict[str, list[TeamActionRow]] = {}
    query = select(TeamActionRow).where(TeamActionRow.record.in_([row.id for row in rows]))
    for action in await session.scalars(query.order_by(TeamActionRow.due, TeamActionRow.id)):
        by_record.setdefault(action.record, []).append(action)
    return [_record(row, by_record.get(row.id, ())) for row in rows]


def _record(row: TeamRecordRow, actions: Sequence[TeamActionRow]) -> TeamRecord:
    return TeamRecord(
        row.id,
        RecordKind(row.kind),
        row.day,
        row.title,
        tuple(row.agents),
        row.body,
        row.by,
        row.by_name,
        row.at,
        tuple(_action(each) for each in sorted(actions, key=lambda each: (each.due, each.id))),
    )


def _action(row: TeamActionRow) -> TeamAction:
    return TeamAction(row.id, row.record, row.text, row.owner, row.due, row.done_at, row.done_by)
