"""What waits for a person, collected from the rooms for the inbox of every page. Contains no rules."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from callcenter.announcements.service import AnnouncementService
from callcenter.callbacks.queries import CallbackFilter, Reading
from callcenter.calls.notes.filter import RecordState
from callcenter.calls.service import CallFilter, CallService
from callcenter.centre.contributions import Contributions
from callcenter.centre.todo_feed import TodoFeed
from callcenter.clock import Clock
from callcenter.complaints.finding.filter import CaseConditions
from callcenter.complaints.queries import CaseQueries
from callcenter.roster.absences.service import Absences
from callcenter.web.roles import Person
from callcenter.web.routes import ANYONE, Ask, Routes

FIRST, MOST = 5, 100
"""Of each kind, the first few are listed, and no more than a hundred counted."""


class TodoItem(BaseModel):
    """`at` is when it is due, or when it came; null where neither is known."""

    id: str
    title: str
    at: datetime | None


class TodoList(BaseModel):
    """`more` when there are more than `count`."""

    count: int
    more: bool
    items: list[TodoItem]


class Todo(BaseModel):
    """What waits for you: calls of today without a record (W1), return calls and cases of yours, unread news (H2).

    `cases_of_absent` are cases of colleagues on leave that are due before they are back (D4): leaders see all, agents
    those of colleagues on whose lines they work meanwhile.
    """

    calls_without_record: TodoList
    return_calls: TodoList
    cases: TodoList
    cases_of_absent: TodoList
    announcements: TodoList


@dataclass(frozen=True, slots=True)
class TodoSources:
    calls: CallService
    return_calls: Reading
    cases: CaseQueries
    announcements: AnnouncementService
    absences: Absences
    clock: Clock
    timezone: str

    async def of(self, person: Person) -> Todo:
        calls, due, cases, absent, news = await asyncio.gather(
            self._calls(person),
            self._return_calls(person),
            self._cases(person),
            self._cases_of_absent(person),
            self._announcements(person),
        )
        return Todo(
            calls_without_record=calls, return_calls=due, cases=cases, cases_of_absent=absent, announcements=news
        )

    async def counts(self, person: Person) -> dict[str, int]:
        """The counts alone, by the fields of the list."""
        todo = await self.of(person)
        return {name: getattr(todo, name).count for name in Todo.model_fields}

    async def _calls(self, person: Person) -> TodoList:
        if person.agent is None:
            return _list([])
        day = self.clock().astimezone(ZoneInfo(self.timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
        request = CallFilter(agent=person.agent, since=day, record=RecordState.MISSING)
        records = await self.calls.find(request, MOST + 1)
        return _list([TodoItem(id=record.id, title=record.line or "", at=record.arrived_at) for record in records])

    async def _return_calls(self, person: Person) -> TodoList:
        if person.agent is None:
            return _list([])
        rows = await self.return_calls.find(CallbackFilter(agent=person.agent, open=True), MOST + 1)
        return _list([TodoItem(id=row.id, title=row.reason[:200], at=row.due_at) for row in rows])

    async def _cases(self, person: Person) -> TodoList:
        cases = await self.cases.find(CaseConditions(owner=person.id, open=True), MOST + 1)
        return _list(
            [TodoItem(id=case.number, title=case.facts.what_happened[:200], at=case.opened_at) for case in cases]
        )

    async def _cases_of_absent(self, person: Person) -> TodoList:
        pairs = await self.absences.cases_for(person)
        return _list(
            [
                TodoItem(id=case.number, title=f"{case.number} {absence.agent}", at=case.due_at)
                for absence, case in pairs[: MOST + 1]
            ]
        )

    async def _announcements(self, person: Person) -> TodoList:
        unread = await self.announcements.current(person, unread=True)
        return _list([TodoItem(id=row.id, title=row.title, at=row.published_at) for row, _ in unread])


def _list(items: list[TodoItem]) -> TodoList:
    return TodoList(count=min(len(items), MOST), more=len(items) > MOST, items=items[:FIRST])


def join_todo(contributions: Contributions) -> None:
    core = contributions.core
    sources = TodoSources(
        core.calls,
        Reading(core.database, core.clock),
        CaseQueries(core.database),
        contributions.announcements,
        contributions.roster.absences,
        core.clock,
        core.settings.timezone,
    )
    routes = Routes("me")

    @routes.get("/me/todo", roles=ANYONE)
    async def read_todo(ask: Ask) -> Todo:
        """Read what waits for you: counts, and the first of each kind."""
        return await sources.of(ask.require())

    contributions.routes.append(routes)
    todo = TodoFeed(core.feed, sources.counts)
    contributions.todo_listeners.append(todo.note)
    contributions.tasks["todo"] = todo.run
