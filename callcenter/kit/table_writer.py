"""Writes lists as CSV that Excel opens correctly, or as XLSX; both piece by piece in constant memory.

Cells hold what callers said and what their phones sent, so text stays text: no cell becomes a formula
(OWASP ASVS 1.2.10). In XLSX every text is written as a string. CSV has no types: there a dangerous text gets a
leading apostrophe, while plain numbers, `+8613900000000` among them, stay unchanged so that they can be read
back in; to keep the plus sign in Excel, use XLSX. Blocking: call from a thread.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, Self

Cell = str | int | float | bool | datetime | date | timedelta | None
Cells = Sequence[Cell]

CSV_TYPE: Final = "text/csv; charset=utf-8"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_LIMIT: Final = 32_767
"""Characters in one XLSX cell: Excel's own limit; a longer text is cut and marked as such."""
SHEET_ROWS: Final = 1_048_576
"""Rows of one XLSX sheet: Excel's own limit; more rows continue in the next sheet."""
EXACT_DIGITS: Final = 15
"""Excel keeps this many digits of a number; longer ones are identifiers and stay text."""
FIRST_DATE: Final = 1900
CHUNK: Final = 64 * 1024

_DANGEROUS: Final = "=+-@＝＋－＠|\t\r\n"
_PLAIN_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
LONGEST_NAME: Final = 31
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_UNPAIRED: Final = re.compile("[\ud800-\udfff]")


def as_text(cell: Cell, zone: tzinfo = UTC) -> str:
    """A cell in human-readable form: times in `zone`, durations as h:mm:ss, None as empty."""
    match cell:
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case datetime():
            local = cell.astimezone(zone) if cell.tzinfo else cell
            return local.strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return cell.isoformat()
        case timedelta():
            seconds = round(cell.total_seconds())
            sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
            return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        case str():
            return _UNPAIRED.sub("\ufffd", cell)
        case _:
            return str(cell)


def defused(text: str) -> str:
    """Text that no spreadsheet takes for a formula: what looks like one gets a leading apostrophe.

    A formula that already has leading apostrophes gets another one, so that `undefused` restores the original.
    """
    bare = text.lstrip("'")
    first = bare.lstrip(" \u00a0\u3000\ufeff")[:1] or bare[:1]
    if first and first in _DANGEROUS and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def undefused(text: str) -> str:
    """Inverse of `defused`: removes an apostrophe that it added and keeps one that a person wrote."""
    return text[1:] if text.startswith("'") and defused(text[1:]) == text else text


def csv_pieces(columns: Sequence[str], rows: Iterable[Cells], zone: tzinfo = UTC) -> Iterator[bytes]:
    """The CSV file in pieces of about 64 kB: UTF-8 with the BOM that Excel needs, CRLF, formulas defused."""
    yield b"\xef\xbb\xbf"
    yield from csv_more([columns], zone)
    yield from csv_more(rows, zone)


def csv_more(rows: Iterable[Cells], zone: tzinfo = UTC) -> Iterator[bytes]:
    """Further lines of a CSV file, for lists that arrive page by page."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows:
        writer.writerow(
            [defused(as_text(cell, zone)) if isinstance(cell, str) else as_text(cell, zone) for cell in row]
        )
        if buffer.tell() >= CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue().encode()


def write_csv(columns: Sequence[str], rows: Iterable[Cells], zone: tzinfo = UTC) -> bytes:
    """A whole CSV file; for lists that fit into memory."""
    return b"".join(csv_pieces(columns, rows, zone))


def write_xlsx(columns: Sequence[str], rows: Iterable[Cells], zone: tzinfo = UTC) -> bytes:
    """A whole XLSX file; for lists that fit into memory."""
    with TemporaryDirectory(prefix="cc-sheet") as directory:
        path = Path(directory, "list.xlsx")
        with XlsxList(path, columns, zone) as sheet:
            sheet.add(rows)
        return path.read_bytes()


def sheet_name(title: str, number: int = 1) -> str | None:
    """A sheet name that Excel takes: 31 characters, none of []:*?/\\, no apostrophe at an end; None for Excel's own."""
    further = "" if number == 1 else f" {number}"
    plain = _NOT_IN_NAMES.sub(" ", title).strip("' ")[: LONGEST_NAME - len(further)]
    return plain.strip("' ") + further if plain.strip("' ") else None


class XlsxList:
    """An XLSX file that grows row by row on disk; complete once the block ends.

    Excel has no time zones, so times are written as wall-clock time of `zone`.
    """

    def __init__(
        self, path: Path, columns: Sequence[str], zone: tzinfo = UTC, *, title: str = "", sheet_rows: int = SHEET_ROWS
    ) -> None:
        self._columns = columns
        self._title = title
        self._sheets = 0
        self._zone = zone
        self._sheet_rows = sheet_rows
        # Imported late: seldom used.
        import xlsxwriter

        self._book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_date_format": "yyyy-mm-dd hh:mm:ss",
                "tmpdir": str(path.parent),
            },
        )
        self._bold = self._book.add_format({"bold": True, "bottom": 1})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._span = self._book.add_format({"num_format": "[h]:mm:ss"})
        self._begin_sheet()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Finish the file; called by `with`."""
        self._book.close()

    def add(self, rows: Iterable[Cells]) -> None:
        """Write further rows."""
        for row in rows:
            if self._row == self._sheet_rows:
                self._begin_sheet()
            for place, cell in enumerate(row):
                self._write(place, cell)
            self._row += 1

    def _begin_sheet(self) -> None:
        self._sheets += 1
        self._sheet: Any = self._book.add_worksheet(sheet_name(self._title, self._sheets))
        self._sheet.freeze_panes(1, 0)
        for place, title in enumerate(self._columns):
            self._sheet.set_column(place, place, min(max(2 * len(title) + 2, 14), 60))
            self._sheet.write_string(0, place, _fitting(title), self._bold)
        self._row = 1

    def _write(self, place: int, cell: Cell) -> None:
        match cell:
            case None | "":
                return
            case bool():
                self._sheet.write_boolean(self._row, place, cell)
            case datetime() if cell.year > FIRST_DATE:
                local = cell.astimezone(self._zone).replace(tzinfo=None) if cell.tzinfo else cell
                self._sheet.write_datetime(self._row, place, local)
            case date() if not isinstance(cell, datetime) and cell.year > FIRST_DATE:
                self._sheet.write_datetime(self._row, place, cell, self._day)
            case timedelta() if cell >= timedelta():
                self._sheet.write_datetime(self._row, place, cell, self._span)
            case int() | float() if abs(cell) < 10**EXACT_DIGITS:
                self._sheet.write_number(self._row, place, cell)
            case _:
                self._sheet.write_string(self._row, place, _fitting(as_text(cell, self._zone)))


def _fitting(text: str) -> str:
    if len(text) <= CELL_LIMIT:
        return text
    note = f" … [{len(text)}]"
    return text[: CELL_LIMIT - len(note)] + note
