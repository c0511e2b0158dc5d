"""Lists as files, over HTTP and by command."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from openpyxl import load_workbook
from typer.testing import CliRunner

from callcenter.calls.exports import calls_list
from callcenter.calls.service import CallService
from callcenter.cli import app
from callcenter.customers.exports import customers_list
from callcenter.customers.model import Customer
from callcenter.exports.http import routes as export_routes
from callcenter.exports.model import ExportList, ExportQuery, Pages
from callcenter.sheets import Cells
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from tests.calls.test_ingest import RULES, reader, write_whole
from tests.rooms import CHIEF, Rooms, SetClock
from tests.web.house import Desk, open_desk

API = "/api/v1"
SHANGHAI = ZoneInfo("Asia/Shanghai")
EVIL = '=HYPERLINK("http://evil")'


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def long_list() -> ExportList:
    async def pages(query: ExportQuery) -> Pages:
        for page in range(20):
            rows: Sequence[Cells] = [(page * 500 + number, "投诉内容" * 5) for number in range(500)]
            yield rows

    return ExportList("long", ExportQuery, {"zh-CN": ("号", "内容"), "en": ("number", "text")}, pages)


@pytest_asyncio.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    (tmp_path / "cel-custom").mkdir()
    write_whole(tmp_path)
    await reader(database, tmp_path).catch_up()
    rooms = Rooms(database)
    await rooms.customers.add(Customer("刘桂兰", ("13807310000",), notes=EVIL), CHIEF)
    lists = [calls_list(CallService(database, "pbx1", RULES, "2026-11")), customers_list(rooms.customers), long_list()]
    async with open_desk(database, export_routes(lists, Audit(database, SetClock()), SHANGHAI)) as opened:
        yield opened


async def test_a_leader_takes_the_calls_that_the_filter_shows(desk: Desk) -> None:
    await desk.sign_in("supervisor")
    answer = await desk.client.get(f"{API}/exports/calls?format=csv&language=en&outcome=answered&agent=1002")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="calls.csv"'
    titles, *rows = read_csv(await answer.read())
    assert [row[titles.index("agent")] for row in rows] == ["1002", "1002"]
    refused = await desk.client.get(f"{API}/exports/calls?nonsense=1")
    assert refused.status == 422


async def test_hostile_notes_are_text_in_both_kinds_of_file(desk: Desk) -> None:
    await desk.sign_in("supervisor")
    data = await (await desk.client.get(f"{API}/exports/customers?format=csv")).read()
    assert "'" + EVIL in read_csv(data)[1]
    book = load_workbook(io.BytesIO(await (await desk.client.get(f"{API}/exports/customers")).read()))
    assert book.active is not None
    cells = [cell for row in book.active.iter_rows(min_row=2) for cell in row]
    assert EVIL in [cell.value for cell in cells]
    assert "+8613807310000" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} <= {"s", "n"}


async def test_a_long_list_comes_whole(desk: Desk) -> None:
    await desk.sign_in("supervisor")
    data = await (await desk.client.get(f"{API}/exports/long?format=csv")).read()
    assert [row[0] for row in read_csv(data)] == ["号", *map(str, range(10_000))]
    book = load_workbook(io.BytesIO(await (await desk.client.get(f"{API}/exports/long")).read()), read_only=True)
    assert book.active is not None
    assert sum(1 for _ in book.active.iter_rows()) == 10_001
    book.close()


async def test_every_export_is_in_the_audit_and_agents_have_none(desk: Desk) -> None:
    await desk.sign_in("lilei")
    assert (await desk.client.get(f"{API}/exports/customers")).status == 403
    await desk.sign_in("manager")
    await (await desk.client.get(f"{API}/exports/customers?name=刘")).read()
    await desk.sign_in("boss")
    deeds = (await (await desk.client.get(f"{API}/audit")).json())["items"]
    exported = [one for one in deeds if one["action"] == "list.exported"]
    assert [(one["subject"], one["actor"]) for one in exported] == [("list/customers", "manager")]


def test_a_list_is_exported_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CC_DATA_DIR", str(tmp_path / "var"))
    done = CliRunner().invoke(app, ["export", "callbacks", "--format", "csv", "--since", "2026-11-01"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "callbacks.csv").read_text("utf-8-sig").startswith("回电编号,状态,来源")
    assert [path.name for path in tmp_path.iterdir() if "half" in path.name] == []
