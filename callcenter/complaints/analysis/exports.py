"""Writes the analysis as a workbook: one sheet per dimension, chart beside the numbers. Blocking: use a thread."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from callcenter.catalogue import Language
from callcenter.complaints.analysis.model import By, Group, Point
from callcenter.complaints.analysis.texts import COLUMNS, TREND, Directories, label_of, title

CHART_ROWS: Final = 25


def workbook(
    groups: Mapping[By, Sequence[Group]], trend: Sequence[Point], language: Language, names: Directories
) -> bytes:
    """Writes text cells as plain text, whatever they look like; codes are translated into the reader's language."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    # Imported late: seldom used.
    import xlsxwriter

    with xlsxwriter.Workbook(buffer, options) as book:
        percent = book.add_format({"num_format": "0.0%"})
        for by, of_dimension in groups.items():
            values = [label_of(by, group.value, language, names) for group in of_dimension]
            _dimension(book, title(by, language), COLUMNS[language], values, of_dimension, percent)
        _trend(book, trend, language)
    return buffer.getvalue()


def _dimension(
    book: Any, name: str, columns: Sequence[str], values: Sequence[str], groups: Sequence[Group], percent: Any
) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, columns)
    for row, (value, group) in enumerate(zip(values, groups, strict=True), 1):
        sheet.write_string(row, 0, value)
        sheet.write_number(row, 1, group.cases)
        sheet.write_number(row, 2, group.share, percent)
        sheet.write_number(row, 3, group.cumulative, percent)
        for column, counted in ((4, group.in_time), (7, group.confirmed)):
            sheet.write_number(row, column, counted.count)
            sheet.write_number(row, column + 1, counted.hits)
            if counted.share is not None:
                sheet.write_number(row, column + 2, counted.share, percent)
    last = min(len(groups), CHART_ROWS)
    if last:
        bars = book.add_chart({"type": "column"})
        bars.add_series({"name": columns[1], "categories": [name, 1, 0, last, 0], "values": [name, 1, 1, last, 1]})
        curve = book.add_chart({"type": "line"})
        span = {"categories": [name, 1, 0, last, 0], "values": [name, 1, 3, last, 3]}
        curve.add_series({"name": columns[3], **span, "y2_axis": True})
        bars.combine(curve)
        sheet.insert_chart("L2", bars)


def _trend(book: Any, points: Sequence[Point], language: Language) -> None:
    name, start, cases = TREND[language]
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, (start, cases))
    for row, point in enumerate(points, 1):
        sheet.write_string(row, 0, point.start.isoformat())
        sheet.write_number(row, 1, point.cases)
    if points:
        chart = book.add_chart({"type": "line"})
        span = [name, 1, 0, len(points), 0]
        chart.add_series({"name": cases, "categories": span, "values": [name, 1, 1, len(points), 1]})
        sheet.insert_chart("D2", chart)
