"""Reads tables from users, CSV as their programs write it or XLSX, as text and within limits.

CSV may be UTF-8 (with or without BOM), UTF-16 with BOM, or GB 18030, as Excel writes it in China, with comma,
semicolon or tab. Headers may have several names, asterisks and brackets, and titles above them. What is skipped is
reported.
Blocking, and memory-hungry with hostile files: `table_process` runs it in a separate process.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from callcenter.errors import Invalid
from callcenter.kit.ooxml import BadWorkbook
from callcenter.kit.workbook import sheets
from callcenter.kit.worksheet import LONGEST_CELL, MOST_COLUMNS, Sheet

MOST_ROWS: Final = 20_000
HEAD_LINES: Final = 10
"""Non-empty lines that may precede the header."""
MOST_CHARACTERS: Final = 20_000_000
"""Over all accepted cells; in a workbook thousands of cells may share one long text."""
MOST_PASSED: Final = 50
"""Skipped elements that are listed individually."""
MARKS: Final = ("line", "column", "code", "reason")
"""The columns added to a refused row."""
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|<[^<>]*>")
_ADDED: Final = re.compile(r"[\s*_:;.※#-]|必填|选填|required|optional")


class BadTable(Invalid):
    """The file cannot be read as a table at all."""

    code = "bad_table"


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is its first line in the file, from 1; `cells` are keyed by our column names."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    column: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Passed:
    """What was skipped: a column, a row, a sheet or a cell, with its place and content."""

    kind: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The expected layout. `names` are the headers that a column of ours may have, `needed` one of our columns.

    `many` are the columns that may occur several times: their cells are joined with `;`. `written` are the headers that
    we write ourselves: in such a CSV file an apostrophe before what looks like a formula is ours and is removed.
    """

    names: Mapping[str, str]
    needed: str
    many: frozenset[str] = frozenset()
    written: tuple[tuple[str, ...], ...] = ()

    def column(self, title: str) -> str:
        """Our name of the column, empty where it is not recognised."""
        plain = plain_title(title)
        return self.names.get(plain) or self.names.get(plain.rstrip("0123456789")) or ""


@dataclass(slots=True)
class Table:
    rows: list[Row] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)


def titles(names: Mapping[str, str]) -> dict[str, str]:
    """Column names in the form in which `Layout` looks them up."""
    return {plain_title(name): column for name, column in names.items()}


def plain_title(title: str) -> str:
    """A header without what does not change its meaning: case, width, whitespace, asterisks, brackets, 必填."""
    folded = unicodedata.normalize("NFKC", title).lower()
    return _ADDED.sub("", _BRACKETS.sub("", folded)) or _ADDED.sub("", folded)


def read_table(data: bytes, names: Mapping[str, str], needed: str, most: int = MOST_ROWS) -> Iterator[Row]:
    """The non-empty rows; `names` are the headers that a column of ours may have. Raises BadTable."""
    return iter(table_of(data, Layout(titles(names), needed), most).rows)


def table_of(data: bytes, layout: Layout, most: int = MOST_ROWS, seen: Callable[[], object] = lambda: None) -> Table:
    """The non-empty rows, and what was skipped; `seen` is called for each row of the file. Raises BadTable."""
    if data.startswith(_OLD_EXCEL):
        raise BadTable("an old or an encrypted workbook; save it as .xlsx without a password", fault="old_workbook")
    if not data.startswith(_ZIP):
        return _Reading(layout, most, is_text=True).table([Sheet("", list(_lines(data, seen)))])
    try:
        return _Reading(layout, most, is_text=False).table(sheets(data, seen))
    except BadWorkbook as error:
        raise BadTable(f"the file cannot be read as XLSX: {error}") from None


def error_file(rows: Sequence[tuple[Row, Refusal]], columns: Sequence[str], *, xlsx: bool) -> bytes:
    """The refused rows with the reason beside each, to be corrected and sent again."""
    from callcenter.kit.table_writer import write_csv, write_xlsx

    head = [*columns, *MARKS]
    body: Iterable[list[str | int]] = (
        [*(row.cells.get(name, "") for name in columns), why.line, why.column, why.code, why.message]
        for row, why in rows
    )
    return write_xlsx(head, body) if xlsx else write_csv(head, body)


@dataclass(slots=True)
class _Reading:
    layout: Layout
    most: int
    is_text: bool
    passed: list[Passed] = field(default_factory=list)
    characters: int = 0

    def table(self, sheets: Iterable[Sheet]) -> Table:
        """The first sheet that has a header; other non-empty sheets are reported."""
        table: Table | None = None
        looked: list[str] = []
        for sheet in sheets:
            if not sheet.rows:
                continue
            if table is None:
                at = self._head(sheet)
                if at is not None:
                    table = self._rows(sheet, at)
                    continue
                looked.append(_looked_at(sheet))
            self._pass("sheet", sheet.name, f"{len(sheet.rows)} rows")
        if table is None:
            where = "; ".join(looked) or "nothing is in it"
            raise BadTable(
                f"no line names the columns, one of them {self.layout.needed}: {where}",
                missing=self.layout.needed,
                looked=where,
            )
        return Table(table.rows, self.passed)

    def _head(self, sheet: Sheet) -> int | None:
        """The header's position: the first line with the needed column, or a fuller one directly below it."""
        known = [self._known(cells) for _, cells in sheet.rows[: HEAD_LINES + 1]]
        for at, columns in enumerate(known[:HEAD_LINES]):
            if self.layout.needed in columns:
                below = known[at + 1] if at + 1 < len(known) else []
                return at + 1 if self.layout.needed in below and len(below) > len(columns) else at
        return None

    def _known(self, cells: Sequence[str]) -> list[str]:
        return [column for cell in cells if (column := self.layout.column(cell))]

    def _columns(self, line: int, head: Sequence[str], ours: bool) -> list[str]:
        columns = [self.layout.column(cell) for cell in head]
        for at, column in enumerate(columns):
            if column and column not in self.layout.many and column in columns[:at]:
                raise BadTable(f"line {line} names the column {column} twice", twice=column, where=line)
            if not column and head[at].strip() and not (ours and head[at].strip() in MARKS):
                self._pass("column", _letter(at), head[at].strip())
        return columns

    def _rows(self, sheet: Sheet, at: int) -> Table:
        line, head = sheet.rows[at]
        plain = tuple(cell.strip() for cell in head)
        ours = any(plain[: len(written)] == written for written in self.layout.written)
        for above, cells in sheet.rows[:at]:
            self._pass("row", str(above), " ".join(cell.strip() for cell in cells if cell.strip())[:80])
        columns = self._columns(line, head, ours)
        if len(sheet.rows) == at + 1:
            raise BadTable(f"nothing is below line {line}, which names the columns", last=line)
        self._pass_cells(sheet, columns, at)
        table = Table()
        for below, cells in sheet.rows[at + 1 :]:
            if len(table.rows) >= self.most:
                raise BadTable(f"a list has {self.most} rows at most", most=self.most)
            table.rows.append(Row(below, self._cells(columns, cells, undo=ours and self.is_text)))
        return table

    def _cells(self, columns: Sequence[str], cells: Sequence[str], *, undo: bool) -> dict[str, str]:
        by_column = {column: "" for column in columns if column}
        self.characters += sum(len(cell) for column, cell in zip(columns, cells, strict=False) if column)
        if self.characters > MOST_CHARACTERS:
            raise BadTable(f"a list has {MOST_CHARACTERS} characters at most", characters=MOST_CHARACTERS)
        for column, cell in zip(columns, cells, strict=False):
            text = (_undefused(cell) if undo else cell).strip()
            if column:
                by_column[column] = ";".join(entry for entry in (by_column[column], text) if entry)
        return by_column

    def _pass_cells(self, sheet: Sheet, columns: Sequence[str], at: int) -> None:
        """Cells in columns without a header, and formulas without a stored value."""
        untitled: dict[int, int] = {}
        for line, cells in sheet.rows[at + 1 :]:
            for place, cell in enumerate(cells[len(columns) :], len(columns)):
                if cell.strip():
                    untitled.setdefault(place, line)
        for place, line in untitled.items():
            self._pass("column", _letter(place), f"no title; line {line} has something there")
        for where in sheet.unknown:
            self._pass("cell", where, "a formula without a value")
        for where in sheet.wide:
            self._pass("cell", where, f"beyond column {MOST_COLUMNS}")

    def _pass(self, kind: str, where: str, text: str) -> None:
        if len(self.passed) < MOST_PASSED:
            self.passed.append(Passed(kind, where, text))


def _looked_at(sheet: Sheet) -> str:
    line, cells = sheet.rows[0]
    excerpt = ", ".join(cell.strip()[:20] for cell in cells[:8] if cell.strip())
    last = sheet.rows[min(len(sheet.rows), HEAD_LINES) - 1][0]
    where = f"sheet {sheet.name!r}, " if sheet.name else ""
    return f"{where}looked in lines {line} to {last}, line {line} holds {excerpt}"


def _letter(place: int) -> str:
    first, second = divmod(place, 26)
    return (chr(ord("A") + first - 1) if first else "") + chr(ord("A") + second)


def _undefused(cell: str) -> str:
    from callcenter.kit.table_writer import undefused

    return undefused(cell)


def _lines(data: bytes, seen: Callable[[], object]) -> Iterator[tuple[int, list[str]]]:
    """The non-empty lines of a CSV file, each with its first line number."""
    text = decoded(data)
    first = text.splitlines()[:HEAD_LINES]
    mark = max(",;\t", key=lambda sign: max((line.count(sign) for line in first), default=0))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    begins = 1
    try:
        for cells in reader:
            if len(cells) == 1 and begins == 1 and re.fullmatch(r"sep=.?", cells[0].strip(), re.IGNORECASE):
                cells = []
            if any(len(cell) > LONGEST_CELL for cell in cells):
                detail = f"line {begins}: a cell has {LONGEST_CELL} characters at most"
                raise BadTable(detail, line=begins, longest=LONGEST_CELL)
            if any(cell.strip() for cell in cells):
                seen()
                yield begins, cells[:MOST_COLUMNS]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise BadTable(f"line {begins}: {error}", line=begins) from None


def decoded(data: bytes) -> str:
    """The text of a file as spreadsheets and Notepad write it. Raises BadTable."""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadTable("the file is no table: neither XLSX nor text in UTF-8 or GB 18030", fault="no_table")
