"""Imports people, lines, queues and shifts from a TOML or CSV file: all or nothing, with an error per row.

TOML has tables `[[agents]]`, `[[queues]]`, `[[lines]]`, `[[shifts]]` with the fields of the API. A CSV file is
a table of shifts (agent, line, starts_at, ends_at[, timezone]) or of agents (number, name[, skills, phones,
active]; skills like `zh-cn=5;xiang-changsha=4`, phones like `1001;1001-web:webrtc`), recognised by its header.
Existing entries are replaced and existing shifts skipped, so importing a file is idempotent.
"""

from __future__ import annotations

import asyncio
import csv
import io
import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.errors import AgentExists
from callcenter.agents.http import NewAgent
from callcenter.agents.service import AgentService
from callcenter.catalogue import reader, sentence_of, validation_sentence
from callcenter.errors import CallCentreError, Conflict, Invalid
from callcenter.kit.table_reader import BadTable, decoded
from callcenter.kit.written_times import written_time
from callcenter.roster.http import ShiftChange
from callcenter.roster.model import Shift, check_shift
from callcenter.roster.service import RosterService
from callcenter.routing.errors import LineExists, QueueExists
from callcenter.routing.http import LineShape, QueueShape
from callcenter.routing.service import LineService, QueueService
from callcenter.storage.database import Database
from callcenter.web.roles import Person

KINDS: Final = ("agents", "queues", "lines", "shifts")
"""In the order of their dependencies."""

Row = Mapping[str, Any]
Shape = TypeVar("Shape", bound=BaseModel)


class BadFile(Invalid):
    """The file as a whole cannot be read."""

    code = "bad_import_file"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row and its location, such as `agents[2]` or `line 14`."""

    where: str
    kind: str
    row: Row


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


def read_toml(text: str) -> list[Entry]:
    """The rows of a TOML file; raises BadFile."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadFile(f"not TOML: {error}") from error
    unknown = sorted(data.keys() - set(KINDS))
    if unknown:
        known = ", ".join(KINDS)
        raise BadFile(f"unknown table {unknown[0]!r}; there are {known}", table=unknown[0][:40], known=known)
    entries = []
    for kind in KINDS:
        rows = data.get(kind, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise BadFile(f"{kind} is a list of tables: write [[{kind}]]", table=kind, fault="not_tables")
        entries += [Entry(f"{kind}[{place}]", kind, row) for place, row in enumerate(rows, 1)]
    return entries


def read_csv(text: str) -> list[Entry]:
    """The rows of a CSV file with a header, each with its first line number; raises BadFile."""
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    entries = list[Entry]()
    try:
        head = [name.strip() for name in next(lines, [])]
        kind = next((kind for kind, needs in _CSV_HEADS if needs <= set(head)), None)
        if kind is None:
            raise BadFile(
                "the first row names the columns: agent,line,starts_at,ends_at or number,name", fault="columns"
            )
        begins = lines.line_num + 1
        for cells in lines:
            if any(cell.strip() for cell in cells):
                entries.append(Entry(f"line {begins}", kind, _CSV_ROWS[kind](_named(head, cells))))
            begins = lines.line_num + 1
    except csv.Error as error:
        raise BadFile(f"not CSV: {error}") from error
    return entries


def _named(head: Sequence[str], cells: Sequence[str]) -> Row:
    """Cells by column; surplus cells get a name that no shape has."""
    extra = [cell for cell in cells[len(head) :] if cell.strip()]
    return {**dict(zip(head, cells, strict=False)), **({"": extra} if extra else {})}


def read_file(name: str, data: bytes) -> list[Entry]:
    """The rows of a file by its extension: .toml in UTF-8, .csv also as Excel writes it; raises BadFile.

    The byte order mark that Notepad writes before UTF-8 is not part of the text.
    """
    match name.rpartition(".")[2].lower():
        case "toml":
            try:
                return read_toml(data.decode("utf-8-sig"))
            except UnicodeDecodeError as error:
                raise BadFile("the file is not in UTF-8; save it as UTF-8", fault="not_utf8") from error
        case "csv":
            try:
                return read_csv(decoded(data))
            except BadTable as error:
                raise BadFile("the file is not in UTF-8; save it as UTF-8", fault="not_utf8") from error
        case _:
            raise BadFile("a file to import ends in .toml or .csv", fault="ending")


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
        ordered = sorted(entries, key=lambda entry: KINDS.index(entry.kind))
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
        agent = _read(NewAgent, row).made()
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


def _csv_shift(row: Row) -> Row:
    return {name: _moment(value) if name in ("starts_at", "ends_at") else value for name, value in _filled(row).items()}


def _csv_agent(row: Row) -> Row:
    read: dict[str, Any] = _filled(row)
    if "skills" in read:
        pairs = (part.partition("=") for part in read["skills"].split(";") if part)
        read["skills"] = {tag.strip(): level.strip() for tag, _, level in pairs}
    if "phones" in read:
        parts = (part.partition(":") for part in read["phones"].split(";") if part)
        read["phones"] = [{"name": name.strip(), "kind": kind.strip() or "desk"} for name, _, kind in parts]
    return read


def _filled(row: Row) -> dict[str, Any]:
    """The row without empty cells, which mean the default; surplus cells keep a name that no shape has."""
    return {name or "cells without a column": _bare(value) for name, value in row.items() if value}


def _bare(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _moment(text: object) -> object:
    """A date and time as spreadsheets write it; anything else is returned unchanged, to be refused with the row."""
    return (written_time(text) or text) if isinstance(text, str) else text


_CSV_HEADS: Final = (("shifts", {"agent", "line", "starts_at", "ends_at"}), ("agents", {"number", "name"}))
_CSV_ROWS: Final = {"shifts": _csv_shift, "agents": _csv_agent}
