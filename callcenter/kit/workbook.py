"""Reads XLSX workbooks as text within limits. Blocking; uses only the standard library: `table_process` runs it.

ECMA-376 part 1, clause 18 (SpreadsheetML). The sheet's own `dimension` is not trusted: WPS and report generators write
`A1` over thousands of rows. The value of a merged range is repeated for all of its rows, as a reader sees it.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.parsers import expat

MOST_UNPACKED: Final = 20 * 2**20
"""Total bytes that all parts that are read may have when unpacked."""
MOST_COLUMNS: Final = 200
MOST_ROWS: Final = 25_000
"""Non-empty rows of one sheet; a table has fewer, titles and notes included."""
LONGEST_CELL: Final = 32_767
"""Characters; Excel's own limit."""
MOST_MERGED: Final = 20_000
MOST_FILLED: Final = 1_000_000
"""Lines of all merged ranges together; no spreadsheet program writes overlapping ranges."""
_CHUNK: Final = 64 * 1024
_RELATION: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT: Final = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_FIRST_DAY: Final = {False: datetime(1899, 12, 30, tzinfo=UTC), True: datetime(1904, 1, 1, tzinfo=UTC)}
# Built-in formats of dates and times, including the Chinese and Japanese ones (ECMA-376 part 1, 18.8.30).
_DATES: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NO_DATE: Final = re.compile(r"\"[^\"]*\"|\\.|\[(?![hms]+\])[^\]]*\]", re.IGNORECASE)


class BadWorkbook(Exception):
    """The workbook cannot be read; the text gives the reason."""


@dataclass(slots=True)
class Sheet:
    """`rows` are the non-empty ones, by line from 1; `unknown` are cells whose formula has no stored value."""

    name: str
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    wide: list[str] = field(default_factory=list)
    """Cells beyond the last column that is read."""


@dataclass(slots=True)
class _Unpacked:
    """How many bytes may still be unpacked; the sizes that an archive declares are not trusted."""

    left: int = MOST_UNPACKED

    def pieces(self, archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
        with archive.open(part) as stream:
            while piece := stream.read(_CHUNK):
                self.left -= len(piece)
                if self.left < 0:
                    raise BadWorkbook(f"more than {MOST_UNPACKED // 2**20} MB when it is unpacked")
                yield piece


def sheets(data: bytes, seen: Callable[[], object] = lambda: None) -> Iterator[Sheet]:
    """The sheets in order, each read on demand; `seen` is called for each row. Raises BadWorkbook."""
    unpacked = _Unpacked()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist() if part.filename.endswith(".xml")) > MOST_UNPACKED:
                raise BadWorkbook(f"more than {MOST_UNPACKED // 2**20} MB when it is unpacked")
            book = _book(archive, unpacked)
            for name, part in book.parts:
                yield _Reader(Sheet(name), book, seen).read(unpacked.pieces(archive, part))
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, NotImplementedError, OverflowError) as error:
        raise BadWorkbook(f"damaged ({type(error).__name__})") from None
    except (RuntimeError, EOFError, OSError) as error:
        raise BadWorkbook(f"encrypted or cut ({type(error).__name__})") from None


@dataclass(slots=True)
class _Book:
    parts: list[tuple[str, str]] = field(default_factory=list)
    strings: list[str] = field(default_factory=list)
    dates: frozenset[int] = frozenset()
    """Styles of cells that show a date or a time."""
    from_1904: bool = False


def _book(archive: zipfile.ZipFile, unpacked: _Unpacked) -> _Book:
    book, there = _Book(), set(archive.namelist())
    names: list[tuple[str, str]] = []
    targets: dict[str, str] = {}

    def workbook(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            relation = attributes.get(f"{_RELATION}}}id") or attributes.get(f"{_STRICT}}}id") or ""
            names.append((attributes.get("name", ""), relation))
        elif tag == "workbookPr":
            book.from_1904 = attributes.get("date1904") in ("1", "true")

    def relations(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            target = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"

    if "xl/workbook.xml" not in there:
        raise BadWorkbook("no workbook in it")
    _parse(unpacked.pieces(archive, "xl/workbook.xml"), workbook)
    _parse(unpacked.pieces(archive, "xl/_rels/workbook.xml.rels"), relations)
    book.parts = [(name, targets[id]) for name, id in names if targets.get(id) in there]
    book.parts = [(name, part) for name, part in book.parts if "chartsheets/" not in part]
    if "xl/sharedStrings.xml" in there:
        book.strings = _strings(unpacked.pieces(archive, "xl/sharedStrings.xml"))
    if "xl/styles.xml" in there:
        book.dates = _dates(unpacked.pieces(archive, "xl/styles.xml"))
    return book


def _parse(
    pieces: Iterator[bytes],
    begin: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] = lambda _: None,
    characters: Callable[[str], None] | None = None,
) -> None:
    """Local names of tags; attributes of another namespace keep it before `}`. A document type is refused."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True

    def no_type(*_: object) -> None:
        raise BadWorkbook("it declares a document type")

    parser.StartDoctypeDeclHandler = no_type
    parser.StartElementHandler = lambda tag, attributes: begin(tag.rpartition("}")[2], attributes)
    parser.EndElementHandler = lambda tag: end(tag.rpartition("}")[2])
    if characters is not None:
        parser.CharacterDataHandler = characters
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise BadWorkbook(f"damaged XML ({expat.errors.messages.get(error.code, error.code)})") from None


def _strings(pieces: Iterator[bytes]) -> list[str]:
    """The shared strings, without phonetic hints (`rPh`)."""
    strings: list[str] = []
    text: list[str] = []
    inside: list[str] = []

    def begin(tag: str, _: dict[str, str]) -> None:
        inside.append(tag)
        if tag == "si":
            text.clear()

    def end(tag: str) -> None:
        inside.pop()
        if tag == "si":
            strings.append("".join(text))

    def characters(piece: str) -> None:
        if inside and inside[-1] == "t" and "rPh" not in inside:
            text.append(piece)

    _parse(pieces, begin, end, characters)
    return strings


def _dates(pieces: Iterator[bytes]) -> frozenset[int]:
    formats: dict[int, str] = {}
    styles: list[int] = []
    inside: list[str] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        inside.append(tag)
        if tag == "numFmt":
            formats[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        elif tag == "xf" and "cellXfs" in inside:
            styles.append(int(attributes.get("numFmtId", "0")))

    def end(_: str) -> None:
        inside.pop()

    _parse(pieces, begin, end)
    return frozenset(place for place, id in enumerate(styles) if _is_date(id, formats.get(id)))


def _is_date(id: int, code: str | None) -> bool:
    if code is None:
        return id in _DATES
    return bool(re.search(r"[ymdhs年月日]", _NO_DATE.sub("", code).lower().replace("general", "")))


class _Reader:
    """Reads one sheet, cell by cell."""

    def __init__(self, sheet: Sheet, book: _Book, seen: Callable[[], object]) -> None:
        self._sheet, self._book, self._seen = sheet, book, seen
        self._line = self._column = 0
        self._cells: dict[int, str] = {}
        self._kind = self._style = ""
        self._value: list[str] = []
        self._inside: list[str] = []
        self._formula = self._valued = False
        self._merged: list[tuple[int, int, int]] = []

    def read(self, pieces: Iterator[bytes]) -> Sheet:
        _parse(pieces, self._begin, self._end, self._characters)
        self._fill()
        return self._sheet

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        self._inside.append(tag)
        if tag == "row":
            self._line = int(attributes.get("r") or self._line + 1)
            self._column, self._cells = 0, {}
        elif tag == "c":
            self._column = _place(attributes["r"])[0] if "r" in attributes else self._column + 1
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._value, self._formula, self._valued = [], False, False
        elif tag == "f":
            self._formula = True
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def _characters(self, text: str) -> None:
        inside = self._inside
        if inside[-1] == "v" or (inside[-1] == "t" and "is" in inside and "rPh" not in inside):
            self._value.append(text)
            self._valued = True

    def _end(self, tag: str) -> None:
        self._inside.pop()
        if tag == "c":
            self._cell()
        elif tag == "row" and any(text.strip() for text in self._cells.values()):
            if len(self._sheet.rows) >= MOST_ROWS:
                raise BadWorkbook(f"more than {MOST_ROWS} rows in one sheet")
            self._sheet.rows.append((self._line, [self._cells.get(at, "") for at in range(1, max(self._cells) + 1)]))
            self._seen()

    def _cell(self) -> None:
        where = f"{_letters(self._column)}{self._line}"
        text = self._text("".join(self._value))
        if self._formula and not self._valued and self._kind != "str":
            self._sheet.unknown.append(where)
        if len(text) > LONGEST_CELL:
            raise BadWorkbook(f"{where} has more than {LONGEST_CELL} characters")
        if self._column <= MOST_COLUMNS:
            self._cells[self._column] = text
        elif text.strip() and len(self._sheet.wide) < MOST_COLUMNS:
            self._sheet.wide.append(where)

    def _text(self, value: str) -> str:
        match self._kind:
            case "s":
                return self._book.strings[int(value)] if value else ""
            case "b":
                return {"1": "TRUE", "0": "FALSE"}.get(value, value)
            case "n" if value:
                return self._number(value)
            case _:
                return value

    def _number(self, value: str) -> str:
        """A telephone number that Excel stored as a number, restored to its digits."""
        number = float(value)
        if self._style and int(self._style) in self._book.dates:
            return _moment(number, self._book.from_1904)
        if number.is_integer() and abs(number) < 10**15:
            return str(int(number))
        return value

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        (column, top), (_, bottom) = _place(first), _place(last or first)
        if bottom > top and len(self._merged) < MOST_MERGED:
            self._merged.append((column, top, bottom))

    def _fill(self) -> None:
        """Repeat the first row's value of a merged range in its further non-empty rows."""
        rows = dict(self._sheet.rows)
        if sum(min(bottom - top, MOST_ROWS) for _, top, bottom in self._merged) > MOST_FILLED:
            raise BadWorkbook("far too many merged cells")
        for column, top, bottom in self._merged:
            if column > MOST_COLUMNS or top not in rows or len(rows[top]) < column:
                continue
            text = rows[top][column - 1]
            for line in (line for line in range(top + 1, min(bottom, top + MOST_ROWS) + 1) if line in rows):
                cells = rows[line]
                cells.extend([""] * (column - len(cells)))
                cells[column - 1] = cells[column - 1] or text


def _place(reference: str) -> tuple[int, int]:
    """Column and line of `AB12`."""
    fullmatch = _REFERENCE.fullmatch(reference)
    if not fullmatch:
        raise BadWorkbook("a cell without a place")
    column = 0
    for letter in fullmatch[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column, int(fullmatch[2])


def _letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _moment(days: float, from_1904: bool) -> str:
    """A serial date as ISO 8601: a date, a time of day, or both."""
    if not 0 <= days < 2_958_466:
        return str(days)
    at = _FIRST_DAY[from_1904] + timedelta(seconds=round(days * 86_400))
    at = at.replace(tzinfo=None)
    if days < 1:
        return at.time().isoformat()
    return at.date().isoformat() if days.is_integer() else at.isoformat()
