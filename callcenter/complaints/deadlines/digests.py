"""Builds the daily digest (K5) of what is due or overdue, for owners and managers of the departments concerned."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NoReturn

from sqlalchemy import select

from callcenter.complaints import store
from callcenter.complaints.departments.service import Department, DepartmentService
from callcenter.complaints.errors import UnknownDigest
from callcenter.complaints.parts import Parts
from callcenter.complaints.rows import CaseQuestionRow, CaseRow, DigestRow
from callcenter.complaints.steps.model import OVER
from callcenter.facts import CaseNumber
from callcenter.kit.work_calendar import WorkTime

MOST: Final = 5000
AHEAD: Final = timedelta(hours=24)
"""The digest lists what falls due within this time, beside what is overdue."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something due: a step of a case, or the answer to a question on it."""

    number: CaseNumber
    what: str
    due_at: datetime
    person: str
    department: str = ""


def digests(items: Sequence[Item], departments: Sequence[Department], now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Returns each person's digest lines, oldest due first: their own and those of the departments they manage."""
    managers = {department.code: department.manager for department in departments if department.manager}
    lines_of: dict[str, list[dict[str, Any]]] = {}
    for due in sorted(items, key=lambda item: (item.due_at, item.number, item.what)):
        line = {
            "number": due.number,
            "what": due.what,
            "due_at": due.due_at.isoformat(),
            "overdue": due.due_at <= now,
        }
        manager = managers.get(due.department)
        for person, role in ((due.person, "owner"), (manager, "department")):
            if person and person != store.SYSTEM[0] and (role == "owner" or person != due.person):
                lines_of.setdefault(person, []).append({**line, "as": role})
    return lines_of


class Digests:
    """Creates the digests once per working day, at `at` of the centre's clock or as soon as a process runs."""

    def __init__(self, parts: Parts, calendar: WorkTime, departments: DepartmentService, at: time) -> None:
        self._parts = parts
        self._calendar = calendar
        self._departments = departments
        self._at = at

    async def run(self, every: float) -> NoReturn:
        while True:
            await self.once()
            await asyncio.sleep(every)

    async def once(self) -> int:
        """Creates today's digests if they are due and missing; returns how many."""
        now = self._parts.clock()
        here = now.astimezone(self._parts.zone)
        if here.time() < self._at or not self._works_on(here.date()) or await self._exist(here.date()):
            return 0
        by_person = digests(await self._items(now), await self._departments.departments(), now)
        async with self._parts.database.write() as session:
            # Checked again under the writer's lock: another process may have been faster.
            if await session.scalar(select(DigestRow.person).where(DigestRow.day == here.date()).limit(1)) is not None:
                return 0
            day = {"day": here.date(), "made_at": now}
            # The system's own row records that the day's digests are done, even when nothing is due for anyone.
            session.add(DigestRow(person=store.SYSTEM[0], content={"people": len(by_person)}, **day))
            session.add_all(
                DigestRow(person=person, content={"items": lines}, **day) for person, lines in by_person.items()
            )
            await self._parts.notifier.digests_ready(session, here.date().isoformat(), len(by_person))
        return len(by_person)

    async def of(self, person: str, day: date | None) -> DigestRow:
        """Returns a person's digest of a day, or their latest one. Raises UnknownDigest."""
        query = select(DigestRow).where(DigestRow.person == person).order_by(DigestRow.day.desc()).limit(1)
        async with self._parts.database.read() as session:
            row = await session.scalar(query if day is None else query.where(DigestRow.day == day))
        if row is None:
            raise UnknownDigest("nothing was due for this person then")
        return row

    def _works_on(self, day: date) -> bool:
        start = datetime.combine(day, time.min, self._parts.zone)
        return self._calendar.next_open(start).astimezone(self._parts.zone).date() == day

    async def _exist(self, day: date) -> bool:
        async with self._parts.database.read() as session:
            return await session.scalar(select(DigestRow.person).where(DigestRow.day == day).limit(1)) is not None

    async def _items(self, now: datetime) -> list[Item]:
        cases = (
            select(CaseRow.number, CaseRow.due_step, CaseRow.due_at, CaseRow.owner, CaseRow.department)
            .where(CaseRow.state.not_in(OVER), CaseRow.due_at < now + AHEAD)
            .order_by(CaseRow.due_at)
            .limit(MOST)
        )
        questions = (
            select(CaseQuestionRow.case, CaseQuestionRow.due_at, CaseQuestionRow.responsible)
            .where(CaseQuestionRow.answered_at.is_(None), CaseQuestionRow.due_at < now + AHEAD)
            .order_by(CaseQuestionRow.due_at)
            .limit(MOST)
        )
        async with self._parts.database.read() as session:
            steps = [
                Item(number, step or "", due, owner, department)
                for number, step, due, owner, department in await session.execute(cases)
                if due is not None
            ]
            asked = [
                Item(number, "question", due, asked_by) for number, due, asked_by in await session.execute(questions)
            ]
        return steps + asked
