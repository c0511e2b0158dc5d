"""Tests importing customers from tables: all or nothing, on both databases."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import pytest

from callcenter.customers.importing.service import CustomerImport
from callcenter.customers.model import Customer, Standing
from callcenter.kit.table_reader import BadTable
from callcenter.kit.table_writer import write_xlsx
from callcenter.storage.database import Database
from tests.support.rooms import BOSS, CHIEF, Rooms

HEAD = "姓名,电话,级别,邮箱,标签,备注\n"


@dataclass
class ImportBench:
    rooms: Rooms
    importing: CustomerImport


@pytest.fixture
def bench(database: Database) -> ImportBench:
    rooms = Rooms(database)
    return ImportBench(rooms, CustomerImport(database, rooms.clock, rooms.customers, rooms.audit))


async def test_a_table_becomes_files(bench: ImportBench) -> None:
    table = HEAD + "王芳,138 0731 0000；0731-88886666,大客户,w@example.com,经销商;礼盒,=1+1\n李雷,13900139000,,,,\n"
    progress: list[tuple[int, int | None]] = []
    outcome = await bench.importing.run(
        table.encode("gb18030"), BOSS, progress=lambda done, of: progress.append((done, of))
    )
    assert (outcome.total, outcome.accepted, outcome.made, outcome.refused) == (2, 2, 2, ())
    assert progress == [(2, None), (0, 2), (2, 2)], "read, checked, stored"
    wang = await bench.rooms.customers.by_number("13807310000")
    assert wang is not None
    assert (wang.standing, wang.tags, wang.notes) == (Standing.KEY_ACCOUNT, ("经销商", "礼盒"), "=1+1")
    assert wang.numbers == ("+8613807310000", "+8673188886666")


async def test_one_wrong_row_and_nothing_is_imported_and_the_file_of_errors_gives_the_reason(
    bench: ImportBench,
) -> None:
    await bench.rooms.customers.add(Customer("老客户", ("13600136000",)), CHIEF)
    rows = [
        ["好人", "13900139000", ""],
        ["", "13900139001", ""],
        ["错号", "138x", ""],
        ["重号", "13900139000", ""],
        ["有了", "13600136000", ""],
        ["错级", "13900139003", "皇帝"],
        ["=cmd()", "13900139004", "vip"],
    ]
    data = write_xlsx(["name", "numbers", "standing"], rows)
    outcome = await bench.importing.run(data, BOSS)
    assert [(entry.line, entry.column, entry.code) for entry in outcome.refused] == [
        (3, "name", "bad_customer"),
        (4, "numbers", "bad_number"),
        (5, "numbers", "number_taken"),
        (6, "numbers", "number_taken"),
        (7, "standing", "bad_customer"),
    ]
    assert (outcome.total, outcome.accepted, outcome.made) == (7, 2, 0)
    assert [customer.name for customer in await bench.rooms.customers.customers()] == ["老客户"]
    text = (await bench.importing.errors(data, xlsx=False)).decode("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(text)))
    assert [(row["line"], row["numbers"]) for row in read][:2] == [("3", "13900139001"), ("4", "138x")]


async def test_a_dry_run_changes_nothing(bench: ImportBench) -> None:
    outcome = await bench.importing.run((HEAD + "王芳,13800138000,,,,\n").encode(), BOSS, dry_run=True)
    assert (outcome.accepted, outcome.made) == (1, 0)
    assert await bench.rooms.customers.customers() == []


async def test_with_update_a_row_goes_into_the_file_that_has_its_number(bench: ImportBench) -> None:
    old = await bench.rooms.customers.add(Customer("王芳", ("13800138000",), notes="旧"), CHIEF)
    table = HEAD + "王女士,13800138000；13900139000,vip,,新客,新\n"
    outcome = await bench.importing.run(table.encode(), BOSS, update=True)
    assert (outcome.made, outcome.updated) == (0, 1)
    file = await bench.rooms.customers.customer(old.id)
    assert (file.name, file.aliases, file.standing) == ("王芳", ("王女士",), Standing.VIP)
    assert (file.notes, file.numbers) == ("旧\n新", ("+8613800138000", "+8613900139000"))
    again = await bench.importing.run(table.encode(), BOSS, update=True)
    assert again.updated == 1
    assert await bench.rooms.customers.customer(old.id) == file


MEMBERS = "姓名,电话,会员号,共用号码\n"


async def test_a_household_is_imported_with_its_member_numbers_and_the_number_that_it_shares(
    bench: ImportBench,
) -> None:
    table = (
        MEMBERS
        + "贺父,0731-88886005,100201,\n贺母,,100202,0731-88886005\n"
        + "贺小满,13974812345,100203,073188886005；13900139000\n"
    )
    assert (await bench.importing.run(table.encode(), BOSS)).made == 3
    customers = bench.rooms.customers
    assert [entry.name for entry in await customers.candidates("073188886005")] == ["贺父", "贺小满", "贺母"]
    mother = await customers.by_member_number("100202")
    assert mother is not None
    assert (mother.name, mother.shared_numbers) == ("贺母", ("+8673188886005",))
    # A member number identifies a customer as a number does: the row goes into the file that has it.
    more = MEMBERS + "贺妈妈,13900139008,100202,\n"
    refused = await bench.importing.run(more.encode(), BOSS)
    assert [(entry.column, entry.code) for entry in refused.refused] == [("member_number", "member_number_taken")]
    assert (await bench.importing.run(more.encode(), BOSS, update=True)).updated == 1
    after = await customers.customer(mother.id)
    assert (after.numbers, after.aliases) == (("+8613900139008",), ("贺妈妈",))


async def test_rows_whose_member_numbers_contradict_the_files_are_refused(bench: ImportBench) -> None:
    table = MEMBERS + "贺父,13974812301,100201,\n贺母,13974812302,100202,\n"
    assert (await bench.importing.run(table.encode(), BOSS)).made == 2
    wrong = (
        "甲,13974812301,100202,\n"  # The number of one file and the member number of another one.
        "乙,13974812303,100203,\n"
        "丙,13974812304,100203,\n"  # The same member number twice.
        "丁,13974812305,12ab,\n"
        "戊,13974812306,100206,138x\n"
    )
    outcome = await bench.importing.run((MEMBERS + wrong).encode(), BOSS, update=True)
    assert [(entry.line, entry.column, entry.code) for entry in outcome.refused] == [
        (2, "numbers", "number_taken"),
        (4, "member_number", "member_number_taken"),
        (5, "member_number", "bad_customer"),
        (6, "numbers", "bad_number"),
    ]
    assert outcome.made == 0


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"PK\x03\x04junk"])
async def test_what_is_no_table_is_refused(bench: ImportBench, data: bytes) -> None:
    with pytest.raises(BadTable):
        await bench.importing.run(data, BOSS)


async def test_six_thousand_rows_are_taken_in_one_go(bench: ImportBench) -> None:
    table = HEAD + "".join(f"客户{number},139{number:08d},,,,\n" for number in range(6000))
    outcome = await bench.importing.run(table.encode(), BOSS)
    assert outcome.made == 6000
