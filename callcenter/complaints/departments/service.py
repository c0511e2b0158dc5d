"""Manages the departments that a case may concern and the people responsible for them (K4, K5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from callcenter.complaints.errors import BadCase, UnknownDepartment
from callcenter.complaints.rows import DepartmentRow
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.people import PeopleService
from callcenter.web.roles import Person


@dataclass(frozen=True, slots=True)
class Department:
    code: str
    name: str
    manager: str | None = None
    leader: str | None = None
    active: bool = True


class DepartmentService:
    def __init__(self, database: Database, audit: Audit, people: PeopleService) -> None:
        self._database = database
        self._audit = audit
        self._people = people

    async def departments(self) -> list[Department]:
        async with self._database.read() as session:
            rows = await session.scalars(select(DepartmentRow).order_by(DepartmentRow.code))
            return [_department(row) for row in rows]

    async def department(self, code: str) -> Department:
        """Raises UnknownDepartment."""
        async with self._database.read() as session:
            row = await session.get(DepartmentRow, code)
        if row is None:
            raise UnknownDepartment("there is no such department", department=code[:40])
        return _department(row)

    async def put(
        self, given: Department, by: Person | None, check: Callable[[Department], None] | None = None
    ) -> Department:
        """Adds or replaces a department; raises BadCase, UnknownPerson, and what `check` raises for an existing one."""
        if not given.name.strip():
            raise BadCase("a department has a name", field="name")
        for person in (given.manager, given.leader):
            if person is not None:
                await self._people.living(person)
        async with self._database.write() as session:
            row = await session.get(DepartmentRow, given.code, with_for_update=True)
            if row is None:
                row = DepartmentRow(code=given.code)
                session.add(row)
            elif check is not None:
                check(_department(row))
            row.name, row.manager, row.leader, row.active = (
                given.name.strip(),
                given.manager,
                given.leader,
                given.active,
            )
            await session.flush()
            await self._audit.append(session, by, "department.put", f"department/{given.code}")
        return given


def _department(row: DepartmentRow) -> Department:
    return Department(row.code, row.name, row.manager, row.leader, row.active)
