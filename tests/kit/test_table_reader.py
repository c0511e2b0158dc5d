"""Tests tables that people send: from Excel in China, from other programs, and from attackers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kit.table_reader import BadTable, Refusal, Row, error_file, read_table
from callcenter.kit.table_writer import write_csv, write_xlsx

NAMES = {"number": "number", "电话": "number", "name": "name", "姓名": "name"}
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1, max_size=30
)


def read(data: bytes, most: int = 100) -> list[dict[str, str]]:
    return [dict(row.cells) for row in read_table(data, NAMES, "number", most)]


def sheet(rows: Iterable[Iterable[object]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_as_different_programs_write_it(encoding: str, mark: str) -> None:
    text = f"姓名{mark}电话{mark}备注\r\n王小明{mark}13974800001{mark}x\r\n\r\n李{mark}10086{mark}\r\n"
    assert read(text.encode(encoding)) == [
        {"name": "王小明", "number": "13974800001"},
        {"name": "李", "number": "10086"},
    ]


def test_lines_are_counted_as_the_file_has_them_so_that_people_find_the_row() -> None:
    data = b'number,name\n1,"two\nlines"\n\n2,x\n'
    assert [row.line for row in read_table(data, NAMES, "number")] == [2, 5]


def test_a_number_that_excel_took_for_a_number_keeps_its_digits() -> None:
    assert read(sheet([["电话", "姓名"], [13974800001, None], [10086.0, "a"]])) == [
        {"number": "13974800001", "name": ""},
        {"number": "10086", "name": "a"},
    ]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_what_we_write_as_xlsx_reads_back(rows: list[tuple[str, str]]) -> None:
    assert read(write_xlsx(["number", "name"], rows)) == [{"number": a, "name": b} for a, b in rows]


def bomb() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as parts:
        for part in range(3):
            parts.writestr(f"xl/worksheets/sheet{part}.xml", b"0" * (100 * 2**20))
    return held.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"name\nx\n",
        b"number,number\n1,2\n",
        b"\x00\x01\x02",
        b"PK\x03\x04 nothing",
        b'number\n"open',
        b"number\n" + b"1\n" * 101,
        b"number,name\n1," + b"x" * 40_000,
        b"\xff\xfe\xfd\x80",
    ],
    ids=["empty", "no number", "twice", "bytes", "no zip", "open quote", "too long", "a book in a cell", "no text"],
)
def test_what_is_no_table_is_refused_with_a_code(data: bytes) -> None:
    with pytest.raises(BadTable) as refused:
        read(data)
    assert refused.value.code == "bad_table"


def test_a_file_that_unpacks_to_far_more_than_it_is_is_refused_unread() -> None:
    with pytest.raises(BadTable, match="unpacked"):
        read(bomb())


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as parts:
        parts.writestr("hello.txt", "x")
    with pytest.raises(BadTable):
        read(held.getvalue())


def test_formulas_in_refused_rows_stay_text() -> None:
    refused = [(Row(2, {"number": "=1+1"}), Refusal(2, "number", "bad_number", "no number"))]
    assert b"'=1+1" in error_file(refused, ["number"], xlsx=False)
    assert read(error_file(refused, ["number"], xlsx=True)) == [{"number": "=1+1"}]
    assert read(write_csv(["number"], [["1"]])) == [{"number": "1"}]
