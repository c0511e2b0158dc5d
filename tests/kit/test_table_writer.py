"""Tests lists as CSV and XLSX as the user's program opens them."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from callcenter.kit.table_writer import CELL_LIMIT, Cell, XlsxList, csv_pieces, defused, write_csv, write_xlsx

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+2",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "＝1+1",
    '　=HYPERLINK("http://evil")',
    '=WEBSERVICE("http://evil")',
]


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def read_xlsx(data: bytes) -> list[list[object]]:
    book = load_workbook(io.BytesIO(data))
    return [list(row) for sheet in book for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_cell_is_text_in_both_kinds_of_file(text: str) -> None:
    (cells,) = read_csv(write_csv(["备注"], [[text]]))[1]
    assert cells == "'" + text
    book = load_workbook(io.BytesIO(write_xlsx(["备注"], [[text]])))
    assert book.active is not None
    cell = book.active["A2"]
    assert cell.data_type == "s"


def test_plain_numbers_can_be_read_back_from_csv() -> None:
    numbers = ["+8613900000000", "-5", "073188886666", "-3.25"]
    assert read_csv(write_csv(["号码"], [[number] for number in numbers]))[1:] == [[number] for number in numbers]


def test_excel_reads_chinese_and_line_breaks_in_csv() -> None:
    data = write_csv(["姓名", "内容"], [["李女士", '她说:"凉了",\r\n要退款']])
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"\r\n")
    assert read_csv(data) == [["姓名", "内容"], ["李女士", '她说:"凉了",\r\n要退款']]


def test_times_are_those_of_the_wall_clock() -> None:
    at = datetime(2026, 11, 23, 16, 30, 5, tzinfo=UTC)
    row: list[Cell] = [at, date(2026, 11, 24), timedelta(hours=26, seconds=5), True, 3, 2.5, None]
    titles = ["时间", "日期", "时长", "迟", "次", "分", "空"]
    assert read_csv(write_csv(titles, [row], SHANGHAI))[1] == [
        "2026-11-24 00:30:05",
        "2026-11-24",
        "26:00:05",
        "1",
        "3",
        "2.5",
        "",
    ]
    text = read_xlsx(write_xlsx(titles, [row], SHANGHAI))[1]
    assert text[0] == datetime(2026, 11, 24, 0, 30, 5)  # noqa: DTZ001
    assert text[3:6] == [True, 3, 2.5]


def test_long_identifiers_keep_every_digit_in_xlsx() -> None:
    assert read_xlsx(write_xlsx(["订单"], [["43010219900101123X"], [12345678901234567890], ["007"]]))[1:] == [
        ["43010219900101123X"],
        ["12345678901234567890"],
        ["007"],
    ]


def test_a_megabyte_in_a_cell_is_truncated_in_xlsx_with_a_note() -> None:
    (text,) = read_xlsx(write_xlsx(["内容"], [["长" * 1_000_000]]))[1]
    assert isinstance(text, str)
    assert len(text) == CELL_LIMIT
    assert text.endswith("… [1000000]")
    assert len(read_csv_unlimited(write_csv(["内容"], [["长" * 1_000_000]]))) == 1_000_000


def read_csv_unlimited(data: bytes) -> str:
    return data.decode("utf-8-sig").split("\r\n")[1]


def test_what_no_file_can_hold_is_still_written() -> None:
    strange: list[list[Cell]] = [
        ["\x00\x01\x1f", "\ud800", "￾"],
        [float("nan"), float("inf"), timedelta(-1)],
        [date(1, 1, 1), datetime(1850, 1, 1, tzinfo=UTC), 10**400],
    ]
    assert len(read_xlsx(write_xlsx(["a", "b", "c"], strange))) == 4
    assert write_csv(["a", "b", "c"], strange)


def test_a_list_longer_than_a_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with XlsxList(path, ["号"], sheet_rows=4) as sheet:
        sheet.add([number] for number in range(7))
    assert read_xlsx(path.read_bytes()) == [["号"], [0], [1], [2], ["号"], [3], [4], [5], ["号"], [6]]


def test_a_long_list_is_written_in_little_memory(tmp_path: Path) -> None:
    def rows() -> Iterator[list[Cell]]:
        return ([number, "投诉内容" * 50] for number in range(20_000))

    tracemalloc.start()
    try:
        assert sum(len(piece) for piece in csv_pieces(["号", "内容"], rows())) > 10_000_000
        with XlsxList(tmp_path / "list.xlsx", ["号", "内容"]) as sheet:
            sheet.add((number, "投诉内容" * 50) for number in range(2_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6_000_000


@given(st.text())
def test_no_text_begins_like_a_formula_unless_it_is_a_number(text: str) -> None:
    cells = defused(text)
    assert cells.removeprefix("'").endswith(text.removeprefix("'"))
    first = cells.strip()[:1]
    assert first not in tuple("=@＝＠") or first == ""
