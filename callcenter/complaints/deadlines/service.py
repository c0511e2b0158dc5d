"""Sends warnings and escalations: found by index, each sent once, even if a process was down when it was due (K4, K5).

Each reminder is an entry of the case's chain, written in the transaction that sets the next instant. The previous
instant is part of the update's condition, so two processes never send the same reminder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final, NoReturn

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.complaints import store
from callcenter.complaints.deadlines.model import Deadlines, Reminder, next_owner, reminder
from callcenter.complaints.departments.service import DepartmentService
from callcenter.complaints.errors import CaseClosed, UnknownDepartment
from callcenter.complaints.model import Case, Level
from callcenter.complaints.parts import Parts
from callcenter.complaints.rows import CaseQuestionRow, CaseReferralRow, CaseRow
from callcenter.complaints.service import CaseService
from callcenter.complaints.steps.model import OVER
from callcenter.complaints.store import Action
from callcenter.facts import CaseNumber
from callcenter.web.roles import Person

BATCH: Final = 100
Here = Callable[[], Awaitable[Sequence[Person]]]
"""The people who are signed in and, if they are on the roster, on duty."""

log = structlog.get_logger(__name__)


class Reminders:
    """`reassign`: a case whose owner is away when a warning is due goes to someone who is present."""

    def __init__(
        self,
        parts: Parts,
        deadlines: Deadlines,
        cases: CaseService,
        departments: DepartmentService,
        here: Here,
        *,
        reassign: bool,
    ) -> None:
        self._parts = parts
        self._deadlines = deadlines
        self._cases = cases
        self._departments = departments
        self._here = here
        self._reassign = reassign

    async def run(self, every: float) -> NoReturn:
        """Checks forever."""
        while True:
            await self.once()
            await asyncio.sleep(every)

    async def once(self) -> int:
        """Sends the reminders that are due now; returns how many."""
        sent = 0
        while numbers := await self._waiting():
            for number in numbers:
                sent += await self._remind(number)
            if len(numbers) < BATCH:
                break
        return (
            sent + await self._overdue(CaseQuestionRow, "question") + await self._overdue(CaseReferralRow, "referral")
        )

    async def _waiting(self) -> Sequence[CaseNumber]:
        now = self._parts.clock()
        query = select(CaseRow.number).where(CaseRow.remind_at <= now).order_by(CaseRow.remind_at).limit(BATCH)
        async with self._parts.database.read() as session:
            return (await session.scalars(query)).all()

    async def _remind(self, number: CaseNumber) -> bool:
        case, now = await self._cases.case(number), self._parts.clock()
        due = reminder(self._deadlines, case, now)
        if due is None:
            return False
        if due.level is Level.AGENT and self._reassign:
            case = await self._handed_on(case)
        return await self.remind(case, due)

    async def remind(self, case: Case, due: Reminder) -> bool:
        """Sends a reminder for the case as it was read; False when another process has done so since."""
        number, to = case.number, await self._person_of(case, due.level)
        values = {
            "remind_at": due.next_at,
            "escalation_level": max(case.escalation_level, due.level),
            "escalated_to": to,
        }
        # Does not touch the row's version: a reminder must not make a user's edit of the case fail.
        mine = update(CaseRow).where(CaseRow.number == number, CaseRow.remind_at == case.remind_at)
        async with self._parts.database.write() as session:
            done = await session.scalar(
                mine.values(**values).returning(CaseRow.number).execution_options(synchronize_session=False)
            )
            if done is None:
                return False
            # The owner may have changed since the case was read: the current case is published.
            await self._note(session, store.case_of(await store.row_of(session, number)), due, to)
        return True

    async def _note(self, session: AsyncSession, case: Case, due: Reminder, to: str | None) -> None:
        warned = due.level is Level.AGENT
        facts: dict[str, Any] = {"step": case.due_step, "due_at": case.due_at}
        if not warned:
            facts |= {"level": due.level.name.lower(), "to": to}
        action = Action(self._parts.clock(), store.SYSTEM, "warned" if warned else "escalated", facts)
        await store.note(session, case, action)
        people = [] if to is None else [to]
        await self._parts.notifier.reminded(session, case, action.name, level=due.level.name.lower(), to=people)

    async def _person_of(self, case: Case, level: Level) -> str | None:
        """Returns who holds this level for the department concerned; None for everyone of the level."""
        if level < Level.MANAGER or not case.facts.department:
            return None
        try:
            department = await self._departments.department(case.facts.department)
        except UnknownDepartment:
            return None
        return department.manager if level is Level.MANAGER else department.leader

    async def _handed_on(self, case: Case) -> Case:
        """Returns the case, reassigned to someone present if its owner is away."""
        here = {person.id: 0 for person in await self._here()}
        counted = (
            select(CaseRow.owner, func.count())
            .where(CaseRow.owner.in_(here), CaseRow.state.not_in(OVER))
            .group_by(CaseRow.owner)
        )
        async with self._parts.database.read() as session:
            here.update((owner, number) for owner, number in await session.execute(counted))
        owner = next_owner(case.owner, here)
        if owner is None:
            return case
        try:
            return await self._cases.assign(case.number, None, owner=owner)
        except CaseClosed:
            return case

    async def _overdue(self, table: type[CaseQuestionRow] | type[CaseReferralRow], name: str) -> int:
        """Reports questions (W3) and referrals (K8) whose answer is overdue, each once."""
        now = self._parts.clock()
        query = (
            select(table.id, table.case, table.due_at)
            .where(table.answered_at.is_(None), table.told_at.is_(None), table.due_at <= now)
            .limit(BATCH)
        )
        async with self._parts.database.read() as session:
            rows = (await session.execute(query)).all()
        return sum([await self._notify_overdue(table, name, id, number, due_at) for id, number, due_at in rows])

    async def _notify_overdue(
        self,
        table: type[CaseQuestionRow] | type[CaseReferralRow],
        name: str,
        id: str,
        number: CaseNumber,
        due_at: datetime,
    ) -> bool:
        now = self._parts.clock()
        async with self._parts.database.write() as session:
            mine = update(table).where(table.id == id, table.told_at.is_(None), table.answered_at.is_(None))
            if await session.scalar(mine.values(told_at=now).returning(table.id)) is None:
                return False
            case = store.case_of(await store.row_of(session, number, to_change=True))
            facts = {name: id, "due_at": due_at}
            await store.note(session, case, Action(now, store.SYSTEM, f"{name}_overdue", facts))
            question, referral = (id, None) if table is CaseQuestionRow else (None, id)
            await self._parts.notifier.reminded(session, case, f"{name}_overdue", question=question, referral=referral)
        return True
