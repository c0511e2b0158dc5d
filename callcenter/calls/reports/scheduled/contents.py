"""Builds the file of a report: a workbook with a chart, a form on A4, or CSV. Blocking: use a thread."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import Enum
from typing import Any, Final

from callcenter.kit.table_writer import Cell, Cells, as_text, sheet_name, write_csv
from callcenter.paper.charts import Bar, over_time, ranked
from callcenter.paper.duty.model import FiguresForm, FormField, FormTable
from callcenter.paper.head import Head

MOST_CHARTED: Final = 200


class Unit(Enum):
    """The format of a value in a workbook, and in print."""

    TEXT = ("", "")
    COUNT = ("0", "")
    SHARE = ("0.0%", "{:.1%}")
    DECIMAL = ("0.0", "{:.1f}")
    MONEY = ("0.00", "{:.2f}")
    SPAN = ("[h]:mm:ss", "")
    INSTANT = ("yyyy-mm-dd hh:mm", "")


@dataclass(frozen=True, slots=True)
class Column:
    """`printed`: also on A4, which has room for a few; workbooks and CSV have all columns."""

    title: str
    unit: Unit = Unit.TEXT
    printed: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with their sum last, where there is one; `name` is that of its sheet."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Cells]
    total: Cells | None = None

    @property
    def lines(self) -> list[Cells]:
        return [*self.rows, *([] if self.total is None else [self.total])]


@dataclass(frozen=True, slots=True)
class Chart:
    """Draws these columns of the first table; in print the first of them. `clocked`: its rows are in order of time."""

    columns: tuple[int, ...]
    clocked: bool = False


@dataclass(frozen=True, slots=True)
class Contents:
    """What a report says, in its reader's words; `facts` stand above its tables."""

    name: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    chart: Chart | None = None
    zone: tzinfo = UTC
    subject: str = "figures"
    """What it is a report of: the printed title, a word of the forms' texts."""


def csv_of(contents: Contents) -> bytes:
    """The first table."""
    table = contents.tables[0]
    return write_csv([column.title for column in table.columns], table.lines, contents.zone)


def workbook_of(contents: Contents) -> bytes:
    """Text cells are plain text, whatever they look like; the chart is one that Excel draws."""
    # Imported late: seldom used.
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        formats = {unit: book.add_format({"num_format": unit.value[0]}) for unit in Unit if unit.value[0]}
        for number, table in enumerate(contents.tables):
            name = sheet_name(table.name) or f"report{number}"
            sheet, head = book.add_worksheet(name), 0
            if number == 0:
                sheet.write_string(0, 0, contents.name)
                for row, (label, value) in enumerate(contents.facts, 1):
                    sheet.write_string(row, 0, label)
                    sheet.write_string(row, 1, value)
                head = len(contents.facts) + 2
            sheet.write_row(head, 0, [column.title for column in table.columns])
            for row, cells in enumerate(table.lines, head + 1):
                for place, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
                    _write(sheet, (row, place), cell, column, formats, contents.zone)
            if number == 0 and contents.chart is not None and table.rows:
                sheet.insert_chart(head, len(table.columns) + 1, _chart(book, name, head, table, contents.chart))
    return buffer.getvalue()


def _chart(book: Any, name: str, head: int, table: Table, chart: Chart) -> Any:
    drawn, last = book.add_chart({"type": "column"}), head + min(len(table.rows), MOST_CHARTED)
    for column in chart.columns:
        drawn.add_series(
            {
                "name": [name, head, column],
                "categories": [name, head + 1, 0, last, 0],
                "values": [name, head + 1, column, last, column],
            }
        )
    return drawn


def _write(sheet: Any, at: tuple[int, int], cell: Cell, column: Column, formats: Any, zone: tzinfo) -> None:
    if cell is None:
        return
    if isinstance(cell, str) or column.unit is Unit.TEXT:
        sheet.write_string(*at, as_text(cell, zone))
    elif column.unit is Unit.INSTANT:
        sheet.write_datetime(*at, cell.astimezone(zone).replace(tzinfo=None), formats[column.unit])  # type: ignore[union-attr]
    elif column.unit is Unit.SPAN:
        sheet.write_datetime(*at, cell, formats[column.unit])
    else:
        sheet.write_number(*at, cell, formats[column.unit])


def form_of(contents: Contents, head: Head) -> FiguresForm:
    """The form with its chart and tables."""
    first = contents.tables[0]
    drawn: tuple[str, ...] = ()
    if contents.chart is not None and first.rows:
        place = contents.chart.columns[0]
        column = first.columns[place]
        percent = column.unit is Unit.SHARE
        bars = [Bar(str(cells[0]), _charted(cells[place], percent=percent)) for cells in first.rows]
        if not contents.chart.clocked:
            bars.sort(key=lambda bar: -bar.value)
        draw = over_time if contents.chart.clocked else ranked
        drawn = (draw(f"{column.title} (%)" if percent else column.title, bars),)
    tables = tuple(
        FormTable(
            table.title,
            tuple(column.title for column in table.columns if column.printed),
            tuple(
                tuple(
                    _shown(cell, column, contents.zone)
                    for cell, column in zip(cells, table.columns, strict=True)
                    if column.printed
                )
                for cells in table.lines
            ),
        )
        for table in contents.tables
    )
    return FiguresForm(
        head, tuple(FormField(*fact) for fact in contents.facts), tables, charts=drawn, subject=contents.subject
    )


def _charted(cell: Cell, *, percent: bool) -> float:
    number = float(cell) if isinstance(cell, int | float) else 0.0
    return round(100 * number, 1) if percent else number


def _shown(cell: Cell, column: Column, zone: tzinfo) -> str:
    pattern = column.unit.value[1]
    if isinstance(cell, int | float) and pattern:
        return pattern.format(cell).replace("%", " %")
    text = as_text(cell, zone)
    # A printed time has minutes; the seconds are in the workbook.
    return text[:-3] if column.unit is Unit.INSTANT and text else text
