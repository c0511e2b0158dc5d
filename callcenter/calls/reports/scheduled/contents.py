"""Builds the file of a report: a workbook with a chart, or the form that is printed on A4. Blocking: use a thread."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from callcenter.calls.reports.model import CLOCKED, Counts, ReportBy, figures_of
from callcenter.calls.reports.scheduled.texts import COLUMNS, FIGURES, TEXTS
from callcenter.paper.charts import Bar, over_time, ranked
from callcenter.paper.duty.model import FiguresForm, FormField, FormTable
from callcenter.paper.head import Head

MOST_CHARTED: Final = 200


@dataclass(frozen=True, slots=True)
class Contents:
    """What a report says; groups have their names already."""

    name: str
    language: str
    by: ReportBy
    first: date
    last: date
    line: str | None
    threshold: float
    groups: Sequence[tuple[str, Counts]]

    @property
    def period(self) -> str:
        return self.first.isoformat() if self.first == self.last else f"{self.first} - {self.last}"

    @property
    def total(self) -> Counts:
        return sum((counts for _, counts in self.groups), Counts())

    @property
    def words(self) -> Mapping[str, str]:
        return TEXTS[self.language]

    @property
    def columns(self) -> list[str]:
        return [self.words[self.by.value], *(self.words[name] for name in (*COLUMNS, *FIGURES))]


def workbook_of(contents: Contents) -> bytes:
    """Text cells are plain text, whatever they look like; the chart is one that Excel draws."""
    # Imported late: seldom used.
    import xlsxwriter

    buffer, words = io.BytesIO(), contents.words
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        percent, plain = book.add_format({"num_format": "0.0%"}), book.add_format({"num_format": "0.0"})
        sheet = book.add_worksheet("report")
        facts = (
            (words["period"], contents.period),
            (words["line"], contents.line or words["all_lines"]),
            (words["threshold"], f"{contents.threshold:g}"),
        )
        sheet.write_string(0, 0, contents.name)
        for row, (label, value) in enumerate(facts, 1):
            sheet.write_string(row, 0, label)
            sheet.write_string(row, 1, value)
        head = len(facts) + 2
        sheet.write_row(head, 0, contents.columns)
        for row, (key, counts) in enumerate([*contents.groups, (words["total"], contents.total)], head + 1):
            _write(sheet, row, key, counts, percent, plain)
        count = min(len(contents.groups), MOST_CHARTED)
        if count:
            chart = book.add_chart({"type": "column"})
            for column in (1, 3):
                chart.add_series(
                    {
                        "name": ["report", head, column],
                        "categories": ["report", head + 1, 0, head + count, 0],
                        "values": ["report", head + 1, column, head + count, column],
                    }
                )
            sheet.insert_chart(head, len(contents.columns) + 1, chart)
    return buffer.getvalue()


def _write(sheet: Any, row: int, key: str, counts: Counts, percent: Any, plain: Any) -> None:
    sheet.write_string(row, 0, key)
    for column, name in enumerate(COLUMNS, 1):
        sheet.write_number(row, column, getattr(counts, name))
    figures = figures_of(counts)
    for column, name in enumerate(FIGURES, len(COLUMNS) + 1):
        value = figures[name]
        if value is not None:
            sheet.write_number(row, column, value, plain if name.endswith("_seconds") else percent)


def form_of(contents: Contents, head: Head) -> FiguresForm:
    """The form with its chart and table."""
    words = contents.words
    bars = [Bar(key, counts.offered) for key, counts in contents.groups]
    if contents.by not in CLOCKED:
        bars.sort(key=lambda bar: -bar.value)
    draw = over_time if contents.by in CLOCKED else ranked
    rows = [(key, *_cells(counts)) for key, counts in [*contents.groups, (words["total"], contents.total)]]
    return FiguresForm(
        head,
        (
            FormField(words["period"], contents.period),
            FormField(words["line"], contents.line or words["all_lines"]),
            FormField(words["threshold"], f"{contents.threshold:g}"),
        ),
        (FormTable(contents.name, tuple(contents.columns), tuple(rows)),),
        charts=(draw(words["offered"], bars),) if bars else (),
    )


def _cells(counts: Counts) -> tuple[str, ...]:
    figures = figures_of(counts)
    return (
        *(str(getattr(counts, name)) for name in COLUMNS),
        *(_shown(name, figures[name]) for name in FIGURES),
    )


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if name.endswith("_seconds") else f"{100 * value:.1f} %"
