"""Tests hostile workbooks: small limits while reading, in a process with little memory, one at a time."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kit.table_process import TableReader, TablesBusy, TableTooHeavy
from callcenter.kit.table_reader import BadTable, Layout, Table, table_of, titles

LAYOUT = Layout(titles({"姓名": "name", "备注": "notes"}), "name")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEETS = '<sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets>'
BOOK = f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{SHEETS}</workbook>'
RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>'
)
HEAD = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>姓名</t></is></c><c r="B1" t="inlineStr"><is><t>备注</t></is></c></row>'
)


def workbook(rows: str, after: str = "", **parts: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELS)
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'
        )
        for name, text in parts.items():
            archive.writestr(f"xl/{name}.xml", text)
    return held.getvalue()


def rows(count: int, cells: str) -> str:
    return HEAD + "".join(f'<row r="{n}">{cells.replace("#", str(n))}</row>' for n in range(2, count + 2))


def hostile() -> Mapping[str, bytes]:
    long, name = "x" * 30_000, '<c r="A#" t="inlineStr"><is><t>n</t></is></c>'
    shared = f'<sst xmlns="{MAIN}"><si><t>{long}</t></si></sst>'
    merged = "".join(f'<mergeCell ref="A2:A{19_000 + n}"/>' for n in range(5000))
    return {
        "one long text in thousands of cells": workbook(
            rows(19_000, name + '<c r="B#" t="s"><v>0</v></c>'), sharedStrings=shared
        ),
        "cells at the last column": workbook(rows(24_900, name + '<c r="XFD#"><v>1</v></c>')),
        "rows without end": workbook(rows(60_000, name)),
        "a row at the last line": workbook(HEAD + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'),
        "merged ranges over one another": workbook(rows(19_000, name), f"<mergeCells>{merged}</mergeCells>"),
        "twenty megabytes and more": workbook(rows(10, name) + " " * (21 * 2**20)),
        "columns without number": workbook(rows(1, "<c><v>1</v></c>" * 500_000)),
    }


@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", sorted(hostile()))
async def test_a_small_hostile_workbook_is_read_or_refused_by_the_limits_of_reading(case: str) -> None:
    """Those end it long before the limits of its process would: memory as it is set, and time that never passes."""
    data = hostile()[case]
    assert len(data) < 2 * 2**20
    outcome: BaseException | Table
    (outcome,) = await asyncio.gather(TableReader(seconds=100_000).read(data, LAYOUT), return_exceptions=True)
    if isinstance(outcome, Table):
        assert len(outcome.rows) <= 20_000
    else:
        assert type(outcome) is BadTable


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_entities_are_refused_before_they_grow(part: str) -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><workbook>&b;</workbook>'
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in {"xl/workbook.xml": BOOK, "xl/_rels/workbook.xml.rels": RELS}.items():
            archive.writestr(name, laughs if name == part else text)
        if part not in archive.namelist():
            archive.writestr(part, laughs)
    with pytest.raises(BadTable, match="document type"):
        table_of(held.getvalue(), LAYOUT)


def test_sizes_that_an_archive_claims_are_not_believed() -> None:
    data = bytearray(workbook(rows(3, '<c r="A#"><v>1</v></c>') + " " * (25 * 2**20)))
    # The central directory claims that each part has 100 bytes.
    at = data.find(b"PK\x01\x02")
    while at != -1:
        data[at + 24 : at + 28] = (100).to_bytes(4, "little")
        at = data.find(b"PK\x01\x02", at + 4)
    with pytest.raises(BadTable):
        table_of(bytes(data), LAYOUT)


async def test_a_table_that_takes_too_much_memory_or_time_costs_its_process_only() -> None:
    data = workbook(rows(18_000, f'<c r="A#" t="inlineStr"><is><t>{"x" * 900}#</t></is></c>'))
    with pytest.raises(TableTooHeavy):
        await TableReader(megabytes=40).read(data, LAYOUT)
    with pytest.raises(TableTooHeavy):
        await TableReader(seconds=0.01).read(data, LAYOUT)
    table = await TableReader().read("姓名\n贺小满\n".encode(), LAYOUT)
    assert [dict(row.cells) for row in table.rows] == [{"name": "贺小满"}]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
async def test_the_rows_are_reported_while_they_are_read(kind: str) -> None:
    sheet = workbook(rows(1200, '<c r="A#" t="inlineStr"><is><t>n</t></is></c>'))
    data = sheet if kind == "xlsx" else ("姓名\n" + "贺小满\n" * 1200).encode()
    reports: list[tuple[int, int | None]] = []
    table = await TableReader(seconds=120).read(data, LAYOUT, progress=lambda done, of: reports.append((done, of)))
    assert len(table.rows) == 1200
    assert reports[:2] == [(500, None), (1000, None)]
    assert reports[-1] == (1200, 1200)


async def test_tables_are_read_one_at_a_time_and_few_wait() -> None:
    reader = TableReader(waiting=1)
    data = "姓名\n贺小满\n".encode()
    outcomes = await asyncio.gather(*(reader.read(data, LAYOUT) for _ in range(4)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Table", "Table", "TablesBusy", "TablesBusy"]
    assert isinstance(await reader.read(data, LAYOUT), object)
    assert TablesBusy.code == "tables_busy"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04"):
        try:
            table_of(start + data, LAYOUT)
        except BadTable:
            continue


@given(st.integers(0, 2**31), st.integers(1, 255))
def test_a_workbook_with_a_changed_byte_is_a_table_or_refused(place: int, change: int) -> None:
    data = bytearray(workbook(rows(3, '<c r="A#" t="inlineStr"><is><t>n</t></is></c>')))
    data[place % len(data)] ^= change
    try:
        table_of(bytes(data), LAYOUT)
    except BadTable:
        return
