"""The analysis as a workbook: a sheet for each dimension with its chart beside the numbers. Blocking: use a thread."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import xlsxwriter

from callcenter.complaints.analysis import By, Group, Point

TITLES: Final[Mapping[By, str]] = {
    By.DEPARTMENT: "部门 department", By.PRODUCT: "产品 product", By.CAUSE: "原因 cause",
    By.SEVERITY: "严重程度 severity", By.AGENT: "客服 agent", By.CHANNEL: "渠道 channel", By.LINE: "热线 line",
    By.CUSTOMER_CLASS: "客户类别 class", By.HOUR: "时段 hour", By.WEEKDAY: "星期 weekday",
}  # fmt: skip
COLUMNS: Final = (
    "名称 value", "案件 cases", "占比 share", "累计 cumulative", "结案 closed", "按时 in time", "按时率 in time share",
    "回答 asked", "确认 confirmed", "确认率 confirmed share",
)  # fmt: skip
CHART_ROWS: Final = 25


def workbook(groups: Mapping[By, Sequence[Group]], trend: Sequence[Point]) -> bytes:
    """Texts are written as texts, whatever they look like."""
    held = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(held, options) as book:
        percent = book.add_format({"num_format": "0.0%"})
        for by, some in groups.items():
            _dimension(book, TITLES[by], some, percent)
        _trend(book, trend)
    return held.getvalue()


def _dimension(book: Any, title: str, groups: Sequence[Group], percent: Any) -> None:
    sheet = book.add_worksheet(title)
    sheet.write_row(0, 0, COLUMNS)
    for line, one in enumerate(groups, 1):
        sheet.write_string(line, 0, one.value or "-")
        sheet.write_number(line, 1, one.cases)
        sheet.write_number(line, 2, one.share, percent)
        sheet.write_number(line, 3, one.cumulative, percent)
        for column, told in ((4, one.in_time), (7, one.confirmed)):
            sheet.write_number(line, column, told.count)
            sheet.write_number(line, column + 1, told.hits)
            if told.share is not None:
                sheet.write_number(line, column + 2, told.share, percent)
    last = min(len(groups), CHART_ROWS)
    if last:
        bars = book.add_chart({"type": "column"})
        bars.add_series({"name": COLUMNS[1], "categories": [title, 1, 0, last, 0], "values": [title, 1, 1, last, 1]})
        line = book.add_chart({"type": "line"})
        line.add_series(
            {
                "name": COLUMNS[3],
                "categories": [title, 1, 0, last, 0],
                "values": [title, 1, 3, last, 3],
                "y2_axis": True,
            }
        )
        bars.combine(line)
        sheet.insert_chart("L2", bars)


def _trend(book: Any, points: Sequence[Point]) -> None:
    sheet = book.add_worksheet("趋势 trend")
    sheet.write_row(0, 0, ("开始 start", "案件 cases"))
    for line, one in enumerate(points, 1):
        sheet.write_string(line, 0, one.start.isoformat())
        sheet.write_number(line, 1, one.cases)
    if points:
        chart = book.add_chart({"type": "line"})
        span = ["趋势 trend", 1, 0, len(points), 0]
        chart.add_series({"name": "案件 cases", "categories": span, "values": ["趋势 trend", 1, 1, len(points), 1]})
        sheet.insert_chart("D2", chart)
