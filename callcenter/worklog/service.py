"""Handles work logs: write, submit, reopen, share, and list the missing ones (W4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.storage.upsert import insert_ignore
from callcenter.web.audit import Audit
from callcenter.web.roles import LEADERS, Person
from callcenter.worklog.model import (
    BadLog,
    Figures,
    LogClosed,
    LogEvent,
    LogState,
    NotYourLog,
    UnknownLog,
    after,
    check_texts,
    figures_of,
    plain,
    span_of,
)
from callcenter.worklog.rows import WorkLogRow, WorkLogUsefulRow
from callcenter.worklog.summary.model import DayLog

FiguresOf = Callable[[str, datetime, datetime], Awaitable[Figures]]
"""The recorded figures of an agent between two instants."""
ShiftsOn = Callable[[datetime, datetime], Awaitable[Sequence[str]]]
"""The agents with a shift that began between two instants."""


@dataclass(frozen=True, slots=True)
class Log:
    """A day's log as shown; `row` is None before anything is written."""

    agent: str
    day: date
    figures: Figures
    row: WorkLogRow | None
    useful: int = 0


class WorkLogs:
    def __init__(
        self, database: Database, clock: Clock, audit: Audit, zone: str, figures: FiguresOf, shifts: ShiftsOn
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._zone = zone
        self._figures = figures
        self._shifts = shifts

    async def log(self, agent: str, day: date, person: Person) -> Log:
        """The log of a day; figures are live until it is submitted. Raises NotYourLog."""
        async with self._database.read() as session:
            row = await session.get(WorkLogRow, (agent, day))
            useful = await self._useful(session, agent, day)
        if not (person.may(LEADERS) or person.agent == agent or _is_shared(row)):
            raise NotYourLog("this log is not shared", agent=agent[:20])
        return Log(agent, day, await self._figures_now(agent, day, row), row, useful)

    async def write(self, agent: str, day: date, texts: Mapping[str, str], person: Person, *, shared: bool) -> Log:
        """Write the user's own log. Raises NotYourLog, BadLog, LogClosed."""
        if person.agent is None or person.agent != agent:
            raise NotYourLog("you can write only your own log", agent=agent[:20])
        if day > self._today():
            raise BadLog("that day is still to come", field="day")
        checked = check_texts(texts)
        async with self._database.write() as session:
            row = await session.get(WorkLogRow, (agent, day), with_for_update=True)
            if row is None:
                row = WorkLogRow(
                    agent=agent,
                    day=day,
                    person=person.id,
                    name=person.name,
                    state=LogState.DRAFT.value,
                    texts={},
                    figures={},
                    shared=False,
                    example_by=None,
                    submitted_at=None,
                    reopened="",
                    changed_at=self._clock(),
                )
                session.add(row)
            if row.state != LogState.DRAFT:
                raise LogClosed("it is submitted; a supervisor may reopen it", agent=agent)
            row.texts, row.shared, row.changed_at = checked, shared, self._clock()
        return Log(agent, day, await self._figures_now(agent, day, row), row)

    async def submit(self, agent: str, day: date, person: Person) -> Log:
        """Submit the user's own log; figures and texts are frozen from then on. Raises UnknownLog, NotYourLog."""
        if person.agent is None or person.agent != agent:
            raise NotYourLog("you can submit only your own log", agent=agent[:20])
        figures = await self._figures(agent, *span_of(day, self._zone))
        async with self._database.write() as session:
            row = await self._row(session, agent, day)
            row.state = after(LogState(row.state), LogEvent.SUBMIT).value
            row.figures, row.submitted_at = plain(figures), self._clock()
            await self._audit.append(session, person, "work_log.submitted", f"work_log/{agent}/{day}")
        return Log(agent, day, figures, row)

    async def reopen(self, agent: str, day: date, reason: str, person: Person) -> Log:
        """Reopen a log, as supervisor. Raises UnknownLog, BadLog, IllegalTransition."""
        if not reason.strip():
            raise BadLog("a reason is required", field="reason")
        async with self._database.write() as session:
            row = await self._row(session, agent, day)
            row.state = after(LogState(row.state), LogEvent.REOPEN).value
            row.reopened, row.figures, row.submitted_at = reason.strip()[:500], {}, None
            facts = {"reason": row.reopened}
            await self._audit.append(session, person, "work_log.reopened", f"work_log/{agent}/{day}", facts=facts)
        return Log(agent, day, await self._figures_now(agent, day, row), row)

    async def hold_up(self, agent: str, day: date, person: Person) -> None:
        """Recommend a shared log as an example, as supervisor. Raises UnknownLog, BadLog where it is not shared."""
        async with self._database.write() as session:
            row = await self._row(session, agent, day)
            if not _is_shared(row):
                raise BadLog("only what is shared and submitted can be an example", field="shared")
            row.example_by = person.name

    async def useful(self, agent: str, day: date, person: Person) -> None:
        """Mark a shared log as useful; idempotent. Raises UnknownLog, BadLog for the user's own."""
        async with self._database.write() as session:
            row = await self._row(session, agent, day)
            if not _is_shared(row) or person.agent == agent:
                raise BadLog("only a log that a colleague has shared can be marked", field="shared")
            thanks = insert_ignore(session, WorkLogUsefulRow)
            await session.execute(thanks.values(agent=agent, day=day, person=person.id, at=self._clock()))

    async def shared(self, limit: int, after: tuple[date, str] | None = None) -> list[Log]:
        """Shared logs that are submitted, newest days first, after the cursor (day, agent)."""
        query = select(WorkLogRow).where(WorkLogRow.shared, WorkLogRow.state == LogState.SUBMITTED.value)
        if after is not None:
            day, agent = after
            query = query.where(or_(WorkLogRow.day < day, and_(WorkLogRow.day == day, WorkLogRow.agent > agent)))
        async with self._database.read() as session:
            rows = (await session.scalars(query.order_by(WorkLogRow.day.desc(), WorkLogRow.agent).limit(limit))).all()
            return [
                Log(row.agent, row.day, figures_of(row.figures), row, await self._useful(session, row.agent, row.day))
                for row in rows
            ]

    async def between(self, since: date, until: date, agent: str | None = None) -> list[DayLog]:
        """All logs from a day until before another one; drafts with the figures they would have now."""
        query = select(WorkLogRow).where(WorkLogRow.day >= since, WorkLogRow.day < until)
        if agent is not None:
            query = query.where(WorkLogRow.agent == agent)
        thanks = select(WorkLogUsefulRow.agent, WorkLogUsefulRow.day, func.count())
        thanks = thanks.where(WorkLogUsefulRow.day >= since, WorkLogUsefulRow.day < until)
        async with self._database.read() as session:
            rows = (await session.scalars(query.order_by(WorkLogRow.day, WorkLogRow.agent))).all()
            grouped = await session.execute(thanks.group_by(WorkLogUsefulRow.agent, WorkLogUsefulRow.day))
            useful = {(entry[0], entry[1]): int(entry[2]) for entry in grouped}
        return [
            DayLog(
                row.agent,
                row.day,
                LogState(row.state),
                await self._figures_now(row.agent, row.day, row),
                row.texts,
                row.shared,
                row.example_by is not None,
                useful.get((row.agent, row.day), 0),
            )
            for row in rows
        ]

    async def missing(self, day: date) -> list[str]:
        """The agents with a shift on a day who have not submitted a log; shown only, nothing follows automatically."""
        due = set(await self._shifts(*span_of(day, self._zone)))
        there = select(WorkLogRow.agent).where(WorkLogRow.day == day, WorkLogRow.state == LogState.SUBMITTED.value)
        async with self._database.read() as session:
            return sorted(due - set(await session.scalars(there)))

    def _today(self) -> date:
        now = self._clock()
        return now.astimezone(span_of(now.date(), self._zone)[0].tzinfo).date()

    async def _figures_now(self, agent: str, day: date, row: WorkLogRow | None) -> Figures:
        if row is not None and row.state == LogState.SUBMITTED:
            return figures_of(row.figures)
        return await self._figures(agent, *span_of(day, self._zone))

    async def _row(self, session: AsyncSession, agent: str, day: date) -> WorkLogRow:
        row = await session.get(WorkLogRow, (agent, day), with_for_update=True)
        if row is None:
            raise UnknownLog("nothing was written on that day", agent=agent[:20], day=day.isoformat())
        return row

    async def _useful(self, session: AsyncSession, agent: str, day: date) -> int:
        query = select(func.count()).where(WorkLogUsefulRow.agent == agent, WorkLogUsefulRow.day == day)
        return await session.scalar(query) or 0


def _is_shared(row: WorkLogRow | None) -> bool:
    return row is not None and row.shared and row.state == LogState.SUBMITTED
