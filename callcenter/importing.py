"""People, lines, queues and shifts from a TOML or CSV file: everything or nothing, with an error per row.

TOML has tables `[[agents]]`, `[[queues]]`, `[[lines]]`, `[[shifts]]` with the fields of the API. A CSV file is
a table of shifts (agent, line, starts_at, ends_at[, timezone]) or of agents (number, name[, skills, phones,
active]; skills like `zh-cn=5;xiang-changsha=4`, phones like `1001;1001-web:webrtc`), told apart by its head.
What exists is replaced, shifts that exist are skipped, so a file may be imported again.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.errors import AgentExists
from callcenter.agents.http import NewAgent
from callcenter.agents.service import AgentService
from callcenter.catalogue import reader, sentence_of, validation_sentence
from callcenter.errors import CallCentreError, Conflict, Invalid
from callcenter.roster.http import ShiftChange
from callcenter.roster.model import check_shift
from callcenter.roster.service import RosterService
from callcenter.routing.errors import LineExists, QueueExists
from callcenter.routing.http import LineShape, QueueShape
from callcenter.routing.service import LineService, QueueService
from callcenter.storage.database import Database
from callcenter.web.roles import Person

KINDS: Final = ("agents", "queues", "lines", "shifts")
"""In the order in which they need each other."""

Row = Mapping[str, Any]
Shape = TypeVar("Shape", bound=BaseModel)


class BadFile(Invalid):
    """The file as a whole cannot be read."""

    code = "bad_import_file"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row and where it stands, such as `agents[2]` or `line 14`."""

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
    """`kept` is false after a dry run and whenever there is a problem: then nothing at all was changed."""

    done: dict[str, int] = field(default_factory=dict)
    skipped: int = 0
    problems: list[Problem] = field(default_factory=list)
    kept: bool = False


class _Undo(Exception):
    """Leaves the transaction without keeping anything."""


def read_toml(text: str) -> list[Entry]:
    """The rows of a TOML file; raises BadFile."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadFile(f"not TOML: {error}") from error
    unknown = sorted(data.keys() - set(KINDS))
    if unknown:
        raise BadFile(f"unknown table {unknown[0]!r}; there are {', '.join(KINDS)}")
    entries = []
    for kind in KINDS:
        rows = data.get(kind, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise BadFile(f"{kind} is a list of tables: write [[{kind}]]")
        entries += [Entry(f"{kind}[{place}]", kind, row) for place, row in enumerate(rows, 1)]
    return entries


def read_csv(text: str) -> list[Entry]:
    """The rows of a CSV file with a head; raises BadFile."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), restkey="", strict=True)
    try:
        head = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = head
        kind = next((kind for kind, needs in _CSV_HEADS if needs <= set(head)), None)
        if kind is None:
            raise BadFile("the first row names the columns: agent,line,starts_at,ends_at or number,name")
        return [Entry(f"line {reader.line_num}", kind, _CSV_ROWS[kind](row)) for row in reader]
    except csv.Error as error:
        raise BadFile(f"not CSV: {error}") from error


def read_file(name: str, data: bytes) -> list[Entry]:
    """The rows of a file by the end of its name, .toml or .csv, in UTF-8; raises BadFile."""
    readers = {"toml": read_toml, "csv": read_csv}
    reader = readers.get(name.rpartition(".")[2].lower())
    if reader is None:
        raise BadFile("a file to import ends in .toml or .csv")
    try:
        return reader(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadFile("the file is not in UTF-8; save it as UTF-8") from error


class Importing:
    """Puts rows into the rooms, in one transaction."""

    def __init__(
        self, database: Database, agents: AgentService, lines: LineService, queues: QueueService, roster: RosterService
    ) -> None:
        self._database = database
        self._agents = agents
        self._lines = lines
        self._queues = queues
        self._roster = roster
        self._put: dict[str, Callable[[AsyncSession, Row, Person | None], Awaitable[bool]]] = {
            "agents": self._agent,
            "queues": self._queue,
            "lines": self._line,
            "shifts": self._shift,
        }

    async def run(self, entries: Sequence[Entry], by: Person | None, *, dry_run: bool = False) -> Report:
        """Import all rows, or none when one of them has a problem; every row is tried, so all problems are told."""
        report = Report()
        try:
            async with self._database.write() as session:
                for entry in sorted(entries, key=lambda entry: KINDS.index(entry.kind)):
                    await self._entry(session, entry, by, report)
                if dry_run or report.problems:
                    raise _Undo
        except _Undo:
            return report
        report.kept = True
        return report

    async def _entry(self, session: AsyncSession, entry: Entry, by: Person | None, report: Report) -> None:
        try:
            async with session.begin_nested():
                done = await self._put[entry.kind](session, entry.row, by)
        except CallCentreError as error:
            report.problems.append(Problem(entry.where, error.code, sentence_of(error)))
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_input=False):
                field_name = ".".join(str(part) for part in fault["loc"])
                why = validation_sentence(fault["type"], fault.get("ctx", {}), fault["msg"], reader.get())
                report.problems.append(Problem(entry.where, "invalid", f"{field_name}: {why}"))
        except IntegrityError:
            clash = Conflict("this clashes with something that is already stored")
            report.problems.append(Problem(entry.where, clash.code, sentence_of(clash)))
        else:
            report.skipped += not done
            report.done[entry.kind] = report.done.get(entry.kind, 0) + done

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

    async def _shift(self, session: AsyncSession, row: Row, by: Person | None) -> bool:
        shift = check_shift(_read(ShiftChange, row).shift())
        if await self._roster.has(session, shift):
            return False
        await self._roster.insert(session, shift, by)
        return True


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
    """The row without its empty cells, which mean the default; cells too many keep a name that no shape has."""
    return {name or "cells without a column": _bare(value) for name, value in row.items() if value}


def _bare(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _moment(text: object) -> object:
    """A date and time with a blank between them, as spreadsheets write it, is read as well."""
    try:
        return datetime.fromisoformat(text.replace("/", "-")) if isinstance(text, str) else text
    except ValueError:
        return text


_CSV_HEADS: Final = (("shifts", {"agent", "line", "starts_at", "ends_at"}), ("agents", {"number", "name"}))
_CSV_ROWS: Final = {"shifts": _csv_shift, "agents": _csv_agent}
