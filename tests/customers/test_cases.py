"""Tests tables of customers as real centres have them: what is read, what is skipped and reported, what comes back."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.customers.exports import customers_list
from callcenter.customers.importing.columns import EXPORTED, numbers_in
from callcenter.customers.importing.service import CustomerImport, Outcome
from callcenter.customers.model import Customer, NumberUse, Standing
from callcenter.customers.numbers import read_entry
from callcenter.exports.files import write_list
from callcenter.exports.model import FileFormat
from callcenter.kit.table_reader import BadTable, Passed
from callcenter.kit.table_writer import defused, undefused, write_xlsx
from callcenter.storage.database import Database
from tests.support.rooms import BOSS, CHIEF, Rooms

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture
def rooms(sqlite_database: Database) -> Rooms:
    return Rooms(sqlite_database)


def importing(rooms: Rooms) -> CustomerImport:
    return CustomerImport(rooms.database, rooms.clock, rooms.customers, rooms.audit)


async def bring(rooms: Rooms, data: bytes | str) -> Outcome:
    read = (CASES / data).read_bytes() if isinstance(data, str) else data
    return await importing(rooms).run(read, BOSS)


async def files(rooms: Rooms) -> dict[str, Customer]:
    return {customer.name: customer for customer in await rooms.customers.customers()}


@pytest.mark.parametrize(
    ("case", "numbers"),
    [
        ("customers-wps.xlsx", {"贺小满": ("+8613974812401",), "段立": ("+8613974812402",)}),
        ("customers-mobile-header.csv", {"贺小满": ("+8613974812345",), "段立": ("+8615573198765",)}),
        (
            "customers-two-number-columns.csv",
            {"贺小满": ("+8613974812346", "+8673188886001"), "段立": ("+8673188886002",)},
        ),
        (
            "customers-number-separators.csv",
            {
                "贺小满": ("+8613974812347", "+8673188886003"),
                "段立": ("+8613974812348", "+8615573198748"),
                "易桂": ("+8613974812349", "+8615573198749"),
            },
        ),
        ("customers-extension.csv", {"湘味批发部": ("+8673188886005",), "星城超市": ("+8673188886006",)}),
        ("customers-starred-header.csv", {"贺小满": ("+8613974812362",)}),
        ("customers-title-row.xlsx", {"贺小满": ("+8613974812406",), "段立": ("+8613974812407",)}),
        (
            "customers-merged.xlsx",
            {"贺小满": ("+8613974812403",), "段立": ("+8613974812404",), "易桂": ("+8613974812405",)},
        ),
        ("customers-placeholder.csv", {"贺小满": (), "段立": (), "易桂": ()}),
    ],
)
async def test_a_table_as_centres_have_them_is_read_right(
    rooms: Rooms, case: str, numbers: dict[str, tuple[str, ...]]
) -> None:
    outcome = await bring(rooms, case)
    assert (outcome.refused, outcome.made) == ((), len(numbers))
    assert {name: file.numbers for name, file in (await files(rooms)).items()} == numbers


async def test_extensions_are_kept_with_their_numbers_and_the_file_is_found(rooms: Rooms) -> None:
    await bring(rooms, "customers-extension.csv")
    number = await rooms.customers.by_number("073188886005")
    assert number is not None
    assert (number.name, number.extensions) == ("湘味批发部", {"+8673188886005": "8012"})


async def test_a_merged_cell_applies_to_all_its_rows(rooms: Rooms) -> None:
    await bring(rooms, "customers-merged.xlsx")
    assert {file.company for file in (await files(rooms)).values()} == {"星城超市"}


async def test_placeholders_mean_none(rooms: Rooms) -> None:
    await bring(rooms, "customers-placeholder.csv")
    assert {(file.numbers, file.emails, file.qq) for file in (await files(rooms)).values()} == {((), (), "")}


async def test_titles_over_the_head_and_columns_not_understood_are_named(rooms: Rooms) -> None:
    assert (await bring(rooms, "customers-title-row.xlsx")).passed == (Passed("row", "1", "客户资料汇总表"),)
    table = "姓名,生日,电话\n刘小湘,5月,13974812301,旧\n".encode()
    assert (await bring(rooms, table)).passed == (
        Passed("column", "B", "生日"),
        Passed("column", "D", "no title; line 2 has something there"),
    )


def book(**sheets: Sequence[Sequence[object]]) -> openpyxl.Workbook:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return workbook


def saved(book: openpyxl.Workbook) -> bytes:
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


async def test_the_sheet_with_a_head_is_read_and_other_sheets_are_named(rooms: Rooms) -> None:
    sheets = {"说明": [["请按要求填写"]], "客户": [["姓名"], ["贺小满"]], "旧": [["姓名"], ["段立"]], "空": []}
    outcome = await bring(rooms, saved(book(**sheets)))
    assert outcome.made == 1
    assert outcome.passed == (Passed("sheet", "说明", "1 rows"), Passed("sheet", "旧", "2 rows"))


async def test_a_formula_that_was_never_worked_out_is_named(rooms: Rooms) -> None:
    outcome = await bring(rooms, saved(book(客户=[["姓名", "备注"], ["贺小满", "=A1&A2"]])))
    assert outcome.passed == (Passed("cell", "B2", "a formula without a value"),)


async def test_a_head_of_two_lines_is_read_by_the_fuller_one(rooms: Rooms) -> None:
    workbook = book(客户=[["姓名", "联系", None], [None, "手机", "座机"], ["贺小满", "13974812346", "0731-88886001"]])
    workbook.worksheets[0].merge_cells("A1:A2")
    outcome = await bring(rooms, saved(workbook))
    assert outcome.refused == ()
    assert (await files(rooms))["贺小满"].numbers == ("+8613974812346", "+8673188886001")


async def test_dates_in_cells_come_as_dates(rooms: Rooms) -> None:
    workbook = book(客户=[["姓名", "备注"], ["贺小满", datetime(2026, 11, 2, 8, 30)]])  # noqa: DTZ001 - Excel knows no zone
    await bring(rooms, saved(workbook))
    assert (await files(rooms))["贺小满"].notes == "2026-11-02T08:30:00"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("客户资料汇总表\n编号,电话\n1,13974812346\n", "lines 1 to 3, line 1 holds 客户资料汇总表"),
        ("姓名,客户姓名\n贺小满,x\n", "line 1 names the column name twice"),
        ("姓名,电话\n", "nothing is below line 1"),
    ],
)
async def test_a_table_without_a_head_is_refused_with_what_was_found(rooms: Rooms, text: str, message: str) -> None:
    with pytest.raises(BadTable, match=message):
        await bring(rooms, text.encode())


@pytest.mark.parametrize("value", ["13974812346.0", "1.397E+10", "1397481234", "85221234567"])
async def test_a_number_that_is_wrong_is_refused_and_never_kept_wrong(rooms: Rooms, value: str) -> None:
    outcome = await bring(rooms, f"姓名,电话\n贺小满,{value}\n".encode())
    assert [entry.column for entry in outcome.refused] == ["numbers"]
    assert await files(rooms) == {}


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("13974812347/0731-88886003", ["13974812347", "0731-88886003"]),
        ("13974812348，15573198748", ["13974812348", "15573198748"]),
        ("13974812349 15573198749", ["13974812349", "15573198749"]),
        ("0731 8888 6003", ["0731 8888 6003"]),
        ("139 7481 2349", ["139 7481 2349"]),
        ("13974812349 0731 88886003 转 802", ["13974812349", "0731 88886003 转 802"]),
        ("0731-88886005,8012", ["0731-88886005,8012"]),
        ("13974812349；无", ["13974812349", "无"]),
        ("88886003\n88886004", ["88886003", "88886004"]),
        ("95588/12345", ["95588", "12345"]),
    ],
)
def test_numbers_of_one_cell_are_parted_where_both_sides_are_whole(cell: str, numbers: list[str]) -> None:
    assert list(numbers_in(cell, read_entry)) == numbers


async def test_a_refused_row_is_mended_and_comes_back_as_it_was_written(rooms: Rooms) -> None:
    data = (CASES / "customers-refused-row.csv").read_bytes()
    refused = await importing(rooms).errors(data, xlsx=False)
    mended = refused.decode("utf-8-sig").replace("1397481237x", "13974812370")
    outcome = await bring(rooms, mended.encode("utf-8-sig"))
    assert (outcome.refused, outcome.passed) == ((), ())
    customer = (await files(rooms))["贺小满"]
    assert (customer.notes, customer.wechat, customer.numbers) == ("-暂无", "@hexm", ("+8613974812370",))


async def test_an_apostrophe_that_the_customer_wrote_stays(rooms: Rooms) -> None:
    table = "姓名,电话,备注\n贺小满,1397481237x,'-暂无\n".encode()
    refused = await importing(rooms).errors(table, xlsx=False)
    await bring(rooms, refused.decode("utf-8-sig").replace("37x", "370").encode())
    await bring(rooms, "姓名,备注\n段立,'=引号\n".encode())
    notes = {name: file.notes for name, file in (await files(rooms)).items()}
    assert notes == {"贺小满": "'-暂无", "段立": "'=引号"}


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_what_is_defused_comes_back_as_it_was(text: str) -> None:
    assert undefused(defused(text)) == text


FULL = Customer(
    "贺小满",
    ("+8673188886005", "+8613974812346"),
    "xiang-changsha",
    Standing.VIP,
    "=1+1\n第二行",
    uses={"+8613974812346": NumberUse.MOBILE},
    aliases=("-小贺", "贺总"),
    company="@星城",
    addresses=("长沙市芙蓉区",),
    emails=("he@example.com",),
    wechat="+he",
    qq="123456",
    tags=("礼盒", "'老客户"),
    team=("1001",),
    shared_numbers=("+8673188886006", "+8613974812399"),
    member_number="100234",
    extensions={"+8673188886005": "8012"},
)


@pytest.mark.parametrize("format_", list(FileFormat))
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_exported_list_is_read_back_without_a_change(
    rooms: Rooms, tmp_path: Path, format_: FileFormat, language: str
) -> None:
    customer = await rooms.customers.add(FULL, CHIEF)
    exported = customers_list(rooms.customers)
    query = exported.query.model_validate({"format": format_, "language": language})
    await write_list(exported, query, UTC, tmp_path / "list")
    data = (tmp_path / "list").read_bytes()
    outcome = await importing(rooms).run(data, BOSS, update=True)
    assert (outcome.refused, outcome.updated) == ((), 1)
    assert await rooms.customers.customer(customer.id) == customer
    await rooms.customers.change(Customer("别人", id=customer.id), CHIEF)
    assert (await bring(rooms, data)).made == 1
    again = (await files(rooms))["贺小满"]
    assert again == Customer(**{**{name: getattr(customer, name) for name in Customer.__slots__}, "id": again.id})


async def test_refused_rows_in_a_workbook_come_back_as_they_were(rooms: Rooms) -> None:
    data = write_xlsx(["姓名", "手机", "电话", "备注"], [["贺小满", "1397481237x", "0731-88886005", "'=x"]])
    refused = await importing(rooms).errors(data, xlsx=True)
    sheet = openpyxl.load_workbook(io.BytesIO(refused)).worksheets[0]
    assert [cell.value for cell in sheet[2]][:2] == ["贺小满", "1397481237x;0731-88886005"]


def test_every_exported_column_but_the_id_is_understood() -> None:
    from callcenter.customers.importing.columns import LAYOUT

    for head in EXPORTED.values():
        assert [title for title in head[1:] if not LAYOUT.column(title)] == []
