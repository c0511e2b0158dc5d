"""The daily digest (K5): what is due or overdue, for each owner and for the managers of the departments concerned."""

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
from callcenter.complaints.model import OVER
from callcenter.complaints.parts import Parts
from callcenter.complaints.rows import CaseQuestionRow, CaseRow, DigestRow
from callcenter.kit.work_calendar import WorkTime

MOST: Final = 5000
AHEAD: Final = timedelta(hours=24)
"""What falls due this soon stands in the digest, beside what is overdue."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is due: a step of a case, or the answer to a question on it."""

    number: str
    what: str
    due_at: datetime
    person: str
    department: str = ""


def digests(items: Sequence[Item], departments: Sequence[Department], now: datetime) -> dict[str, list[dict[str, Any]]]:
    """The lines of everybody's digest, the oldest due first: one's own, and those of the departments one manages."""
    managers = {department.code: department.manager for department in departments if department.manager}
    result: dict[str, list[dict[str, Any]]] = {}
    for item in sorted(items, key=lambda entry: (entry.due_at, entry.number, entry.what)):
        line = {
            "number": item.number,
            "what": item.what,
            "due_at": item.due_at.isoformat(),
            "overdue": item.due_at <= now,
        }
        manager = managers.get(item.department)
        for person, role in ((item.person, "owner"), (manager, "department")):
            if person and person != store.SYSTEM[0] and (role == "owner" or person != item.person):
                result.setdefault(person, []).append({**line, "as": role})
    return result


class Digests:
    """Made once for a working day, at `at` of the centre's clock or as soon after as a process is up."""

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
        """Make today's digests when it is time and there are none; returns how many."""
        now = self._parts.clock()
        here = now.astimezone(self._parts.zone)
        if here.time() < self._at or not self._works_on(here.date()) or await self._made(here.date()):
            return 0
        made = digests(await self._items(now), await self._departments.departments(), now)
        async with self._parts.database.write() as session:
            # Looked at again under the writer's lock: another process may have been quicker.
            if await session.scalar(select(DigestRow.person).where(DigestRow.day == here.date()).limit(1)) is not None:
                return 0
            day = {"day": here.date(), "made_at": now}
            # The system's own row says that the day's digests are made, also when nobody has anything due.
            session.add(DigestRow(person=store.SYSTEM[0], content={"people": len(made)}, **day))
            session.add_all(DigestRow(person=person, content={"items": lines}, **day) for person, lines in made.items())
            await self._parts.notifier.digests_ready(session, here.date().isoformat(), len(made))
        return len(made)

    async def of(self, person: str, day: date | None) -> DigestRow:
        """A person's digest of a day, or their last one. Raises UnknownDigest."""
        query = select(DigestRow).where(DigestRow.person == person).order_by(DigestRow.day.desc()).limit(1)
        async with self._parts.database.read() as session:
            row = await session.scalar(query if day is None else query.where(DigestRow.day == day))
        if row is None:
            raise UnknownDigest("nothing was due for this person then")
        return row

    def _works_on(self, day: date) -> bool:
        start = datetime.combine(day, time.min, self._parts.zone)
        return self._calendar.next_open(start).astimezone(self._parts.zone).date() == day

    async def _made(self, day: date) -> bool:
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
            asked = [Item(number, "question", due, who) for number, due, who in await session.execute(questions)]
        return steps + asked
