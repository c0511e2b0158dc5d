"""Reads one sheet of a workbook, cell by cell (ECMA-376 part 1, 18.3).

The sheet's own `dimension` is not trusted: WPS and report generators write `A1` over thousands of rows. The value of a
merged range is repeated for all of its rows, as a reader sees it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from callcenter.kit.ooxml import BadWorkbook, parse

MOST_COLUMNS: Final = 200
MOST_ROWS: Final = 25_000
"""Non-empty rows of one sheet; a table has fewer, titles and notes included."""
LONGEST_CELL: Final = 32_767
"""Characters; Excel's own limit."""
MOST_MERGED: Final = 20_000
MOST_FILLED: Final = 1_000_000
"""Lines of all merged ranges together; no spreadsheet program writes overlapping ranges."""
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_FIRST_DAY: Final = {False: datetime(1899, 12, 30, tzinfo=UTC), True: datetime(1904, 1, 1, tzinfo=UTC)}


@dataclass(slots=True)
class Sheet:
    """`rows` are the non-empty ones, by line from 1; `unknown` are cells whose formula has no stored value."""

    name: str
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    wide: list[str] = field(default_factory=list)
    """Cells beyond the last column that is read."""


@dataclass(slots=True)
class Shared:
    """What the cells of all sheets refer to: texts, and the styles that show a date or a time."""

    strings: list[str] = field(default_factory=list)
    dates: frozenset[int] = frozenset()
    from_1904: bool = False


class SheetReader:
    """Reads one sheet, cell by cell."""

    def __init__(self, sheet: Sheet, shared: Shared, seen: Callable[[], object]) -> None:
        self._sheet, self._shared, self._seen = sheet, shared, seen
        self._line = self._column = 0
        self._cells: dict[int, str] = {}
        self._kind = self._style = ""
        self._value: list[str] = []
        self._inside: list[str] = []
        self._formula = self._valued = False
        self._merged: list[tuple[int, int, int]] = []

    def read(self, pieces: Iterator[bytes]) -> Sheet:
        parse(pieces, self._begin, self._end, self._characters)
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
                return self._shared.strings[int(value)] if value else ""
            case "b":
                return {"1": "TRUE", "0": "FALSE"}.get(value, value)
            case "n" if value:
                return self._number(value)
            case _:
                return value

    def _number(self, value: str) -> str:
        """A telephone number that Excel stored as a number, restored to its digits."""
        number = float(value)
        if self._style and int(self._style) in self._shared.dates:
            return _moment(number, self._shared.from_1904)
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
    match = _REFERENCE.fullmatch(reference)
    if not match:
        raise BadWorkbook("a cell without a place")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column, int(match[2])


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
