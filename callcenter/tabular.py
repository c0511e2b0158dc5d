"""Tables that people send: CSV as their programs write it, or XLSX; read row by row, as text, within limits.

CSV may be UTF-8 (with or without the mark) or GB 18030, as Excel writes it in China, with comma, semicolon or tab.
Headers may have several names. Blocking: call from a thread.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from callcenter.errors import Invalid
from callcenter.sheets import write_csv, write_xlsx

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 32_767
"""Characters; Excel's own limit."""
MOST_UNPACKED: Final = 200 * 2**20
"""Bytes that an XLSX file may be when it is unpacked; a larger one is somebody's attempt."""
_ZIP: Final = b"PK\x03\x04"


class BadTable(Invalid):
    """The file cannot be read as a table at all."""

    code = "bad_table"


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is where it stands in the file, from 1; `cells` are by our names of the columns."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    column: str
    code: str
    message: str


def read_table(data: bytes, names: Mapping[str, str], needed: str, most: int = MOST_ROWS) -> Iterator[Row]:
    """The rows that hold anything; `names` are the headers in lower case that a column of ours may have.

    Columns of other names are passed over. Raises BadTable, also while it is being read.
    """
    lines = _sheet(data) if data.startswith(_ZIP) else _text(data)
    _, head = next(lines, (0, []))
    columns = [names.get(cell.strip().lower(), "") for cell in head[:MOST_COLUMNS]]
    known = [column for column in columns if column]
    if needed not in known or len(set(known)) != len(known):
        raise BadTable(f"the first line names the columns, each once, one of them is {needed}", column=needed)
    count = 0
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > most:
            raise BadTable(f"a list has {most} rows at most", most=most)
        if any(len(cell) > LONGEST_CELL for cell in cells):
            raise BadTable(f"line {line}: a cell has {LONGEST_CELL} characters at most", line=line)
        yield Row(line, {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name})


def error_file(rows: Sequence[tuple[Row, Refusal]], columns: Sequence[str], *, xlsx: bool) -> bytes:
    """The refused rows with the reason beside each, to be corrected and sent again."""
    head = [*columns, "line", "column", "code", "reason"]
    body: Iterable[list[str | int]] = (
        [*(row.cells.get(name, "") for name in columns), why.line, why.column, why.code, why.message]
        for row, why in rows
    )
    return write_xlsx(head, body) if xlsx else write_csv(head, body)


def _text(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    text = _decoded(data)
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise BadTable(f"line {reader.line_num}: {error}", line=reader.line_num) from None


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadTable("the file is no table: neither XLSX nor text in UTF-8 or GB 18030")


def _sheet(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """The first sheet of an XLSX file; formulas are what they last came to."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise BadTable("the file is far too large when it is unpacked")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError) as error:
        raise BadTable("the file cannot be read as XLSX", cause=type(error).__name__) from None
    try:
        yield from _cells(book.worksheets[0].iter_rows(values_only=True) if book.worksheets else ())
    except (zipfile.BadZipFile, KeyError, ValueError, SyntaxError) as error:
        raise BadTable("the file cannot be read as XLSX", cause=type(error).__name__) from None
    finally:
        book.close()


def _cells(rows: Iterable[Sequence[object]]) -> Iterator[tuple[int, Sequence[str]]]:
    for line, cells in enumerate(rows, 1):
        yield line, [_plain(cell) for cell in cells[:MOST_COLUMNS]]


def _plain(cell: object) -> str:
    """A cell as text: a telephone number that Excel took for a number comes back as its digits."""
    match cell:
        case None:
            return ""
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() | date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
