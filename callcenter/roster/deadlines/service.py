"""Reminds planners of rosters that are due and not published (D1)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from callcenter.clock import Clock
from callcenter.roster.deadlines.model import DeadlineRules, Due, covered, due_missed, due_next, stage
from callcenter.roster.deadlines.rows import ReminderRow
from callcenter.roster.needs.service import NeedService
from callcenter.roster.plans.model import Days, PlanState
from callcenter.roster.plans.rows import PlanRow
from callcenter.storage.database import Database, after_commit
from callcenter.web.ports import DeltaKind, Publish, publish_to_nobody

PAUSE: Final = 60.0


class RosterDueDelta(TypedDict):
    """A roster is due at `due_at` and not published; `overdue` once that has passed."""

    line: str
    period: str
    first_day: date
    last_day: date
    due_at: datetime
    overdue: bool


Others = Callable[[AsyncSession, str, RosterDueDelta], Awaitable[None]]
"""Queues a reminder, named by the text, for others than the pages, in the transaction that notes it."""
ROSTER_DUE: Final = DeltaKind("roster_due", RosterDueDelta, "leaders")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A line's roster for a period; `published` when published plans cover every day of it."""

    line: str
    due: Due
    published: bool
    reminded_at: datetime | None


class Deadlines:
    """Lines with stated needs have deadlines."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        needs: NeedService,
        zone: ZoneInfo,
        rules: DeadlineRules,
        publish: Publish = publish_to_nobody,
    ) -> None:
        self._database = database
        self._clock = clock
        self._needs = needs
        self._zone = zone
        self._rules = rules
        self._publish = publish
        self.others: list[Others] = []
        """The centre adds e-mail and webhooks."""

    async def run(self) -> None:
        """Remind forever, once a minute."""
        while True:
            await self.remind()
            await asyncio.sleep(PAUSE)

    async def deadlines(self) -> list[Deadline]:
        """The rosters that are due next, by line; those that are published too."""
        today = self._clock().astimezone(self._zone).date()
        return await self._of(due_next(today, self._rules, self._zone.key))

    async def _of(self, dues: Sequence[Due]) -> list[Deadline]:
        lines = sorted(await self._needs.needs())
        async with self._database.read() as session:
            return [
                Deadline(
                    line,
                    due,
                    covered(due.days, await _published(session, line, due.days)),
                    await _reminded(session, line, due),
                )
                for line in lines
                for due in dues
            ]

    async def remind(self) -> int:
        """Send the reminders that are due, each once, also what became overdue without the service; return how many."""
        sent, now = 0, self._clock()
        missed = await self._of(due_missed(now, self._rules, self._zone))
        for deadline in (*missed, *await self.deadlines()):
            hours = stage(deadline.due, now, self._rules)
            if not deadline.published and hours is not None:
                sent += await self._send(deadline, hours, now)
        return sent

    async def _send(self, deadline: Deadline, hours: int, now: datetime) -> bool:
        line, due = deadline.line, deadline.due
        delta: RosterDueDelta = {
            "line": line,
            "period": due.period.value,
            "first_day": due.days.first,
            "last_day": due.days.last,
            "due_at": due.due_at,
            "overdue": hours == 0,
        }
        async with self._database.write() as session:
            if await _was_reminded(session, line, due, hours):
                return False
            row = ReminderRow(period=due.period.value, first_day=due.days.first, line=line, stage=hours, at=now)
            session.add(row)
            for remind in self.others:
                await remind(session, f"{row.period}:{row.first_day}:{line}:{hours}", delta)
            after_commit(session, lambda: self._publish(ROSTER_DUE, delta, frozenset()))
        return True


async def _published(session: AsyncSession, line: str, days: Days) -> Sequence[Days]:
    query = select(PlanRow.first_day, PlanRow.last_day).where(
        PlanRow.line == line,
        PlanRow.state == PlanState.PUBLISHED.value,
        PlanRow.first_day <= days.last,
        PlanRow.last_day >= days.first,
    )
    return [Days(first, last) for first, last in await session.execute(query)]


async def _was_reminded(session: AsyncSession, line: str, due: Due, hours: int) -> bool:
    """Whether this reminder or a later one was sent: after a clock that went back, an earlier one would be wrong."""
    row = ReminderRow
    sent = select(row.stage).where(
        row.line == line, row.period == due.period.value, row.first_day == due.days.first, row.stage <= hours
    )
    return await session.scalar(sent.limit(1)) is not None


async def _reminded(session: AsyncSession, line: str, due: Due) -> datetime | None:
    query = select(ReminderRow.at).where(
        ReminderRow.line == line,
        ReminderRow.period == due.period.value,
        ReminderRow.first_day == due.days.first,
    )
    at: datetime | None = await session.scalar(query.order_by(ReminderRow.at.desc()).limit(1))
    return at
