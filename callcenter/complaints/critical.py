"""Notifies supervisor, manager and leader together as soon as a case becomes critical (K4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.complaints import store
from callcenter.complaints.model import Case, Level, Severity
from callcenter.complaints.parts import Parts
from callcenter.complaints.rows import DepartmentRow
from callcenter.complaints.store import Action

LEVELS: Final = ("supervisor", "manager", "leader")


def marked(before: Case | None, case: Case) -> tuple[Case, bool]:
    """Returns the case, raised to the highest level if it has just become critical, and whether it has."""
    was = before is not None and before.facts.severity is Severity.CRITICAL
    if was or case.facts.severity is not Severity.CRITICAL:
        return case, False
    return replace(case, escalation_level=int(Level.LEADER)), True


async def notify(session: AsyncSession, parts: Parts, case: Case) -> None:
    """Runs in the transaction that makes the case critical."""
    department = await session.get(DepartmentRow, case.facts.department) if case.facts.department else None
    people = (department.manager, department.leader) if department is not None else ()
    to = [person for person in people if person is not None]
    facts: dict[str, Any] = {"level": LEVELS[-1], "levels": list(LEVELS), "to": to}
    await store.note(session, case, Action(parts.clock(), store.SYSTEM, "escalated", facts))
    await parts.notifier.reminded(session, case, "critical", level=LEVELS[-1], levels=LEVELS, to=to)
