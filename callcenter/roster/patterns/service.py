"""Shift pattern use cases: put and list."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from callcenter.roster.errors import UnknownPattern
from callcenter.roster.patterns.model import Pattern, check_pattern
from callcenter.roster.patterns.rows import PatternRow
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

Check = Callable[[Pattern], None]


class Patterns:
    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    async def all(self) -> list[Pattern]:
        """Every pattern, by its start."""
        query = select(PatternRow).order_by(PatternRow.starts_minute, PatternRow.ends_minute, PatternRow.code)
        async with self._database.read() as session:
            return [_pattern(row) for row in await session.scalars(query)]

    async def pattern(self, code: str) -> Pattern:
        """One pattern; raises UnknownPattern."""
        async with self._database.read() as session:
            row = await session.get(PatternRow, code)
        if row is None:
            raise UnknownPattern("there is no such shift pattern", pattern=code[:40])
        return _pattern(row)

    async def put(self, pattern: Pattern, by: Person | None, check: Check | None = None) -> Pattern:
        """Add or replace a pattern; drafts and rosters keep the times that they have. Raises BadPattern."""
        check_pattern(pattern)
        async with self._database.write() as session:
            row = await session.get(PatternRow, pattern.code, with_for_update=True)
            if row is None:
                row = PatternRow(code=pattern.code)
                session.add(row)
            elif check is not None:
                check(_pattern(row))
            row.name, row.active = pattern.name.strip(), pattern.active
            row.starts_minute, row.ends_minute = pattern.start, pattern.end
            await session.flush()
            facts = {"starts_minute": pattern.start, "ends_minute": pattern.end, "active": pattern.active}
            await self._audit.append(session, by, "roster.pattern_changed", f"pattern/{pattern.code}", facts=facts)
            return _pattern(row)


def _pattern(row: PatternRow) -> Pattern:
    return Pattern(row.code, row.name, row.starts_minute, row.ends_minute, row.active)
