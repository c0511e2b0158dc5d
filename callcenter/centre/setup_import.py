"""Imports people, lines, queues and shifts from a file: all or nothing, with an error per row.

Existing entries are replaced and existing shifts skipped, so importing a file is idempotent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.errors import AgentExists
from callcenter.agents.http import NewAgent
from callcenter.agents.service import AgentService
from callcenter.catalogue import reader, sentence_of, validation_sentence
from callcenter.centre.setup_file import KINDS, Entry, Row
from callcenter.errors import CallCentreError, Conflict
from callcenter.roster.http import ShiftChange
from callcenter.roster.model import Shift, check_shift
from callcenter.roster.service import RosterService
from callcenter.routing.errors import LineExists, QueueExists
from callcenter.routing.http import LineShape, QueueShape
from callcenter.routing.model import TO_LINE
from callcenter.routing.service import LineService, QueueService
from callcenter.storage.database import Database
from callcenter.web.roles import Person

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Problem:
    where: str
    code: str
    detail: str


@dataclass
class Report:
    """`kept` is false after a dry run and whenever there is a problem: then nothing was changed."""

    done: dict[str, int] = field(default_factory=dict)
    skipped: int = 0
    problems: list[Problem] = field(default_factory=list)
    kept: bool = False

    def note(self, kind: str, *, new: bool) -> None:
        """Count a valid row."""
        self.skipped += not new
        self.done[kind] = self.done.get(kind, 0) + new


class _Undo(Exception):
    """Rolls the transaction back."""


class Importing:
    """Imports rows in one transaction. `zone` applies to shift times that name none."""

    def __init__(
        self,
        database: Database,
        agents: AgentService,
        lines: LineService,
        queues: QueueService,
        roster: RosterService,
        zone: str | None = None,
    ) -> None:
        self._database = database
        self._agents = agents
        self._lines = lines
        self._queues = queues
        self._roster = roster
        self._zone = zone
        self._put: dict[str, Callable[[AsyncSession, Row, Person | None], Awaitable[bool]]] = {
            "agents": self._agent,
            "queues": self._queue,
            "lines": self._line,
        }

    async def run(self, entries: Sequence[Entry], by: Person | None, *, dry_run: bool = False) -> Report:
        """Import all rows, or none if any has a problem; every row is tried, so all problems are reported."""
        report = Report()
        ordered = sorted(entries, key=lambda entry: (KINDS.index(entry.kind), _overflows(entry, entries)))
        places = {entry.where: place for place, entry in enumerate(ordered)}
        shifts = await asyncio.to_thread(
            self._shifts, [element for element in entries if element.kind == "shifts"], report
        )
        try:
            async with self._database.write() as session:
                for entry in ordered:
                    if entry.kind != "shifts":
                        await self._entry(session, entry, by, report)
                await self._roster_of(session, shifts, by, report)
                report.problems.sort(key=lambda problem: places[problem.where])
                if dry_run or report.problems:
                    raise _Undo
        except _Undo:
            return report
        report.kept = True
        return report

    def _shifts(self, entries: Sequence[Entry], report: Report) -> list[tuple[Entry, Shift]]:
        """Parse the shifts; a month of them takes time, so this runs in a thread before the transaction."""
        shifts: list[tuple[Entry, Shift]] = []
        for entry in entries:
            try:
                shifts.append((entry, check_shift(_read(ShiftChange, {"timezone": self._zone, **entry.row}).shift())))
            except (CallCentreError, ValidationError) as error:
                report.problems += _problems(entry, error)
        return shifts

    async def _roster_of(
        self, session: AsyncSession, shifts: Sequence[tuple[Entry, Shift]], by: Person | None, report: Report
    ) -> None:
        results = await self._roster.insert_many(session, [shift for _, shift in shifts], by)
        for (entry, _), result in zip(shifts, results, strict=True):
            if isinstance(result, CallCentreError):
                report.problems += _problems(entry, result)
            else:
                report.note("shifts", new=result)

    async def _entry(self, session: AsyncSession, entry: Entry, by: Person | None, report: Report) -> None:
        try:
            async with session.begin_nested():
                done = await self._put[entry.kind](session, entry.row, by)
        except (CallCentreError, ValidationError) as error:
            report.problems += _problems(entry, error)
        except IntegrityError:
            report.problems += _problems(entry, Conflict("this clashes with something that is already stored"))
        else:
            report.note(entry.kind, new=done)

    async def _agent(self, session: AsyncSession, row: Row, by: Person | None) -> bool:
        agent = _read(NewAgent, row).new_agent()
        try:
            await self._agents.insert(session, agent, by)
        except AgentExists:
            await self._agents.update(session, agent, by)
        return True

    async def _queue(self, session: AsyncSession, row: Row, by: Person | None) -> bool:
        shape = _read(QueueShape, row)
        try:
            await self._queues.insert(session, shape.queue(shape.code), by)
        except QueueExists:
            await self._queues.update(session, shape.queue(shape.code), by)
        return True

    async def _line(self, session: AsyncSession, row: Row, by: Person | None) -> bool:
        shape = _read(LineShape, row)
        try:
            await self._lines.insert(session, shape.line(shape.code), by)
        except LineExists:
            await self._lines.update(session, shape.line(shape.code), by)
        return True


def _overflows(entry: Entry, entries: Sequence[Entry]) -> int:
    """How many lines come after a line on its way of overflow: its target exists before it does."""
    targets = {each.row.get("code"): str(each.row.get("overflow_to", "")) for each in entries if each.kind == "lines"}
    steps, target = 0, targets.get(entry.row.get("code"), "") if entry.kind == "lines" else ""
    while target.startswith(TO_LINE) and steps <= len(targets):
        steps, target = steps + 1, targets.get(target.removeprefix(TO_LINE), "")
    return steps


def _problems(entry: Entry, error: CallCentreError | ValidationError) -> list[Problem]:
    if isinstance(error, CallCentreError):
        return [Problem(entry.where, error.code, sentence_of(error))]
    problems = []
    for fault in error.errors(include_url=False, include_input=False):
        field_name = ".".join(str(part) for part in fault["loc"])
        why = validation_sentence(fault["type"], fault.get("ctx", {}), fault["msg"], reader.get())
        problems.append(Problem(entry.where, "invalid", f"{field_name}: {why}"))
    return problems


def _read(shape: type[Shape], row: Row) -> Shape:
    return shape.model_validate(row, extra="forbid")
