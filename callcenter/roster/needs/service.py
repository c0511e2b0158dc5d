"""The needs of the lines: read and replaced as a whole, line by line (policy D2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.roster.needs.model import Need, SkillNeed, check_week
from callcenter.roster.rows import NeedRow
from callcenter.roster.service import Lines
from callcenter.storage.database import Database, after_commit
from callcenter.web.audit import Audit
from callcenter.web.ports import Notify, notify_nobody
from callcenter.web.roles import Person

Check = Callable[[Sequence[Need]], None]


class NeedService:
    """`changed` is called after each commit; it must not block."""

    def __init__(self, database: Database, audit: Audit, lines: Lines, changed: Notify = notify_nobody) -> None:
        self._database = database
        self._audit = audit
        self._lines = lines
        self._changed = changed

    async def needs(self) -> dict[str, list[Need]]:
        """The needs of every line that has any, in the order of the week."""
        query = select(NeedRow).order_by(NeedRow.line, NeedRow.weekday, NeedRow.starts_minute)
        result: dict[str, list[Need]] = {}
        async with self._database.read() as session:
            for row in await session.scalars(query):
                result.setdefault(row.line, []).append(_need(row))
        return result

    async def of_line(self, line: str) -> list[Need]:
        """The needs of one line; raises UnknownLine."""
        async with self._database.write() as session:
            await self._lines.hold(session, line)
            return await self._stored(session, line)

    async def replace(self, line: str, needs: Sequence[Need], by: Person | None, check: Check | None = None) -> None:
        """Replace the needs of a line; raises UnknownLine, BadNeeds."""
        ordered = check_week(needs)
        async with self._database.write() as session:
            await self._lines.hold(session, line)
            if check is not None:
                check(await self._stored(session, line))
            await session.execute(delete(NeedRow).where(NeedRow.line == line))
            if ordered:
                await session.execute(insert(NeedRow), [_values(line, need) for need in ordered])
            await self._audit.append(session, by, "roster.needs_changed", f"line/{line}", facts={"needs": len(ordered)})
            after_commit(session, self._changed)

    async def _stored(self, session: AsyncSession, line: str) -> list[Need]:
        query = select(NeedRow).where(NeedRow.line == line).order_by(NeedRow.weekday, NeedRow.starts_minute)
        return [_need(row) for row in await session.scalars(query)]


def _values(line: str, need: Need) -> dict[str, object]:
    return {
        "line": line,
        "weekday": need.weekday,
        "starts_minute": need.start,
        "ends_minute": need.end,
        "agents": need.agents,
        "skills": [[asked.skill, asked.level, asked.agents] for asked in need.skills],
    }


def _need(row: NeedRow) -> Need:
    skills = tuple(SkillNeed(skill, level, agents) for skill, level, agents in row.skills)
    return Need(row.weekday, row.starts_minute, row.ends_minute, row.agents, skills)
