"""Reads a file of people, lines, queues and shifts, TOML or CSV.

TOML has tables `[[agents]]`, `[[queues]]`, `[[lines]]`, `[[shifts]]` with the fields of the API. A CSV file is
a table of shifts (agent, line, starts_at, ends_at[, timezone]) or of agents (number, name[, skills, phones,
active]; skills like `zh-cn=5;xiang-changsha=4`, phones like `1001;1001-web:webrtc`), recognised by its header.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from callcenter.errors import Invalid
from callcenter.kit.table_reader import BadTable, decoded
from callcenter.kit.written_times import written_time

KINDS: Final = ("agents", "queues", "lines", "shifts")
"""In the order of their dependencies."""

Row = Mapping[str, Any]


class BadFile(Invalid):
    """The file as a whole cannot be read."""

    code = "bad_import_file"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row and its location, such as `agents[2]` or `line 14`."""

    where: str
    kind: str
    row: Row


def read_toml(text: str) -> list[Entry]:
    """The rows of a TOML file; raises BadFile."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
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
