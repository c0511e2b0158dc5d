"""Tests every figure of calls in the exported workbook, CSV and form against a slow recount and its written formula."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any, Final

import openpyxl
import pypdfium2
import pytest

from callcenter.calls.model import CallRecord, Direction, Outcome, Transfer
from callcenter.calls.reports.definitions import FIGURES
from callcenter.calls.reports.model import Counts, ReportBy
from callcenter.calls.reports.queries import ReportFilter
from callcenter.calls.reports.rollups.model import Calendar
from callcenter.calls.reports.rollups.service import Rollups
from callcenter.calls.reports.scheduled.contents import Contents, csv_of, form_of, workbook_of
from callcenter.calls.reports.scheduled.model import ReportEvery, ReportFormat, Schedule
from callcenter.calls.reports.scheduled.sources import Period, calls_source
from callcenter.calls.reports.scheduled.texts import COLUMNS, MORE_COLUMNS, MORE_FIGURES, TEXTS
from callcenter.calls.reports.scheduled.texts import FIGURES as PRINTED
from callcenter.paper.head import Head
from callcenter.paper.pages import page_of
from callcenter.paper.printer import pdf_of
from callcenter.storage.database import Database
from tests.calls.reports.test_reports import BERLIN, KEYS, calls, recount, reports_of

PERIOD: Final = Period(date(2026, 10, 25), date(2026, 10, 27), BERLIN)
"""Of 73 hours: the clocks go back in its first night."""
OF_CALLS: Final = {name: figure for name, figure in FIGURES.items() if figure.source == "calls"}


def awkward(seed: int) -> list[CallRecord]:
    """Random calls with transfers that succeeded and failed, the edges of each midnight, and short abandons."""
    draw, (since, until) = random.Random(seed), PERIOD.span
    moves = [Transfer(since, "blind", "1001", "1002", result) for result in ("answered", "busy", None)]
    records = [
        replace(record, transfers=tuple(draw.sample(moves, draw.choice([0, 0, 1, 2])))) for record in calls(seed, 240)
    ]
    midnights = [since, since + timedelta(hours=25), since + timedelta(hours=49), until]
    edges = [at + step for at in midnights for step in (-timedelta(microseconds=1), timedelta(0))]
    for place, at in enumerate(edges):
        records[place] = replace(records[place], arrived_at=at, direction=Direction.INBOUND, outcome=Outcome.ABANDONED)
        records[place] = replace(records[place], wait_seconds=draw.choice([0.0, 4.99, 5.0]), answered_at=None)
    return records


def expected(counts: Counts) -> Mapping[str, Any]:
    """The counts, and each figure as its formula reads, evaluated by Python itself."""
    known, result = asdict(counts), dict(asdict(counts))
    for name, figure in OF_CALLS.items():
        try:
            value = eval(figure.formula, {"__builtins__": {}}, known)
            result[name] = round(value, 4 if figure.unit == "share" else 1)
        except ZeroDivisionError:
            result[name] = None
    return result


async def no_names(_: ReportBy) -> Mapping[str, str]:
    return {}


async def filled(database: Database, records: list[CallRecord], by: ReportBy, language: str) -> Contents:
    reports = await reports_of(database, records)
    schedule = Schedule("x", ReportEvery.WEEK, 0, by, ReportFormat.XLSX, language, to_folder=True)
    return await calls_source(reports, no_names)(schedule, PERIOD)


def groups_of(records: list[CallRecord], by: ReportBy, none: str) -> Mapping[str, Counts]:
    since, until = PERIOD.span
    groups: dict[str, list[CallRecord]] = {}
    for record in records:
        if since <= record.arrived_at < until and record.direction is Direction.INBOUND:
            groups.setdefault(KEYS[by](record) or none, []).append(record)
    return {key: recount(own) for key, own in groups.items()}


def test_S1_the_workbook_has_a_column_for_every_figure_and_every_outcome() -> None:
    assert {*PRINTED, *MORE_FIGURES} == OF_CALLS.keys()
    outcomes = {*COLUMNS, *MORE_COLUMNS} - {"offered", "abandoned_short"}
    assert outcomes == {outcome.value for outcome in Outcome} | {"in_progress"}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("by", list(ReportBy))
async def test_S1_each_exported_cell_is_the_recounted_figure(
    sqlite_database: Database, by: ReportBy, language: str
) -> None:
    records, words = awkward(7), TEXTS[language]
    contents = await filled(sqlite_database, records, by, language)
    sheet = openpyxl.load_workbook(io.BytesIO(workbook_of(contents))).active
    assert sheet is not None
    table = [list(row) for row in sheet.iter_rows(min_row=len(contents.facts) + 3, values_only=True)]
    listed = list(csv.reader(csv_of(contents).decode("utf-8-sig").splitlines()))
    groups = groups_of(records, by, words["none"])
    own = dict(groups) | {words["total"]: sum(groups.values(), Counts())} if by is not ReportBy.TOTAL else None
    for rows in (table, listed):
        head, *lines = rows
        assert len(lines) == len(groups) + 1
        for line in lines:
            key = str(line[0])
            figures = expected(own[key] if own else next(iter(groups.values())))
            for name in (*COLUMNS, *PRINTED, *MORE_FIGURES, *MORE_COLUMNS):
                cell = line[head.index(words[name])]
                value = None if cell in (None, "") else float(str(cell))
                assert value == (None if figures[name] is None else pytest.approx(figures[name])), (key, name)
        total = dict(zip(head, lines[-1], strict=True))
        parts = [name for name in (*COLUMNS, *MORE_COLUMNS) if name not in ("offered", "abandoned_short")]
        assert sum(int(str(total[words[name]])) for name in parts) == int(str(total[words["offered"]]))


async def test_S1_a_call_in_the_last_microsecond_of_a_day_counts_on_that_day_also_in_rollups(
    database: Database,
) -> None:
    records = awkward(9)
    reports = await reports_of(database, records)
    await Rollups(database, lambda: PERIOD.span[1], "pbx1", reports, Calendar(BERLIN)).rebuild()
    for by in (ReportBy.DAY, ReportBy.HALF_HOUR, ReportBy.HOUR):
        expected_groups = groups_of(records, by, "none")
        for recounted in (False, True):
            groups = await reports.report(ReportFilter(*PERIOD.span), by, recount=recounted)
            assert dict(groups) == expected_groups, (by, recounted)


async def test_S1_the_form_prints_what_the_workbook_has(sqlite_database: Database) -> None:
    contents = await filled(sqlite_database, awkward(8), ReportBy.DAY, "zh-CN")
    form = form_of(contents, Head("BB1", "湘味到家", zone=BERLIN))
    (printed,), (table,) = form.tables, contents.tables
    places = [place for place, column in enumerate(table.columns) if column.printed]
    for line, cells in zip(printed.rows, table.lines, strict=True):
        for text, place in zip(line, places, strict=True):
            cell, unit = cells[place], table.columns[place].unit
            if cell is not None and unit.name == "SHARE":
                assert text == f"{100 * float(str(cell)):.1f} %"
            else:
                assert text == ("" if cell is None else str(cell))
    document = pypdfium2.PdfDocument(pdf_of(page_of(form)))
    text = "".join(page.get_textpage().get_text_range() for page in document)
    squeezed = "".join(text.split())
    for line in printed.rows:
        for cell_text in line:
            assert "".join(cell_text.split()) in squeezed
