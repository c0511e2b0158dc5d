"""Tests lists as files, over HTTP and by command."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from openpyxl import load_workbook
from sqlalchemy import update
from typer.testing import CliRunner

from callcenter.agents.model import Agent
from callcenter.callbacks.model import Result, Source
from callcenter.calls.exports import COLUMNS, calls_list
from callcenter.calls.model import Direction, HungUpBy, Outcome
from callcenter.calls.rows import CallRow
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.catalogue import Language, word
from callcenter.centre.adapters import names_of_agents, names_of_lines
from callcenter.cli.main import app
from callcenter.complaints import store
from callcenter.complaints.exports import cases_list
from callcenter.complaints.model import Case, Channel, Facts, Severity, State
from callcenter.complaints.model import Kind as CaseKind
from callcenter.complaints.queries import CaseQueries
from callcenter.complaints.store import Action
from callcenter.customers.exports import customers_list
from callcenter.customers.model import Customer
from callcenter.exports.http import routes as export_routes
from callcenter.exports.model import ExportList, ExportQuery, Names, Pages
from callcenter.exports.spoken import coded
from callcenter.facts import AgentNumber, CaseNumber
from callcenter.kit.table_writer import Cells
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from tests.calls.test_ingest import RULES, reader, write_whole
from tests.support.rooms import CHIEF, Rooms, SetClock
from tests.support.web_centre import WebCentre, open_web_centre

API = "/api/v1"
SHANGHAI = ZoneInfo("Asia/Shanghai")
EVIL = '=HYPERLINK("http://evil")'


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


async def kitchen() -> dict[str, str]:
    return {"kitchen": "厨房"}


async def some_cases(database: Database) -> CaseQueries:
    """One case, opened an hour after midnight of the centre."""
    at = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    facts = Facts(what_happened="漏气", severity=Severity.SERIOUS, department="kitchen", agent="1002")
    case = Case(CaseNumber("TS20261125-0001"), facts, State.RECEIVED, at, "system", "系统", "system")
    async with database.write() as session:
        await store.create(session, case, Action(at, store.SYSTEM, "opened", {}))
    return CaseQueries(database)


def long_list() -> ExportList:
    async def pages(query: ExportQuery) -> Pages:
        for page in range(20):
            rows: Sequence[Cells] = [(page * 500 + number, "投诉内容" * 5) for number in range(500)]
            yield rows

    return ExportList("long", ExportQuery, {"zh-CN": ("号", "内容"), "en": ("number", "text")}, pages)


@pytest_asyncio.fixture
async def centre(database: Database, tmp_path: Path) -> AsyncIterator[WebCentre]:
    (tmp_path / "cel-custom").mkdir()
    write_whole(tmp_path)
    await reader(database, tmp_path).catch_up()
    rooms = Rooms(database)
    await rooms.customers.add(Customer("刘桂兰", ("13807310000",), notes=EVIL), CHIEF)
    await rooms.agents.add(Agent(AgentNumber("1002"), "韩梅"), CHIEF)
    await rooms.furnish()
    lists = [
        calls_list(CallService(database, "pbx1", RuleBook(RULES))),
        customers_list(rooms.customers),
        long_list(),
        cases_list(await some_cases(database), rooms.customers.family),
    ]
    names: dict[str, Names] = {
        "agents": partial(names_of_agents, rooms.agents),
        "lines": partial(names_of_lines, rooms.lines),
        "departments": kitchen,
    }
    clock = SetClock(datetime(2026, 11, 29, 17, 0, tzinfo=UTC))
    async with open_web_centre(
        database, export_routes(lists, Audit(database, clock), SHANGHAI, clock, names)
    ) as opened:
        yield opened


async def test_a_leader_takes_the_calls_that_the_filter_shows(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    answer = await centre.client.get(f"{API}/exports/calls?format=csv&language=en&outcome=answered&agent=1002")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    disposition = "attachment; filename=\"calls.csv\"; filename*=UTF-8''calls-2026-11-30.csv"
    assert answer.headers["Content-Disposition"] == disposition
    titles, *rows = read_csv(await answer.read())
    assert [row[titles.index("agent")] for row in rows] == ["1002", "1002"]
    refused = await centre.client.get(f"{API}/exports/calls?nonsense=1")
    assert refused.status == 422


async def test_a_list_is_in_the_language_of_its_reader(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    titles, *rows = read_csv(await (await centre.client.get(f"{API}/exports/calls?format=csv")).read())
    cells = {cell for row in rows for cell in row}
    assert not cells & {str(entry) for kind in (Direction, Outcome, HungUpBy) for entry in kind}
    assert {"来电", "已接听", "客户"} <= cells
    assert {row[titles.index("超三声")] for row in rows} <= {"是", "否", ""}
    mine = next(row for row in rows if row[titles.index("客服")] == "1002")
    assert mine[titles.index("客服姓名")] == "韩梅"
    titles, *rows = read_csv(await (await centre.client.get(f"{API}/exports/calls?format=csv&language=en")).read())
    assert {row[titles.index("direction")] for row in rows} <= {"incoming", "outgoing", "internal"}
    assert {row[titles.index("agent_name")] for row in rows if row[titles.index("agent")] == "1002"} == {"韩梅"}


@pytest.mark.parametrize(("language", "expected"), [("zh-CN", "未显示号码"), ("en", "number withheld")])
async def test_a_withheld_number_is_a_word_and_no_blank(
    centre: WebCentre, database: Database, language: Language, expected: str
) -> None:
    async with database.write() as session:
        await session.execute(update(CallRow).values(caller_number="", direction="inbound"))
        await session.execute(update(CallRow).where(CallRow.agent == "1002").values(caller_number="anonymous"))
    await centre.sign_in("supervisor")
    answer = await centre.client.get(f"{API}/exports/calls?format=csv&language={language}")
    titles, *rows = read_csv(await answer.read())
    column = COLUMNS[language].index("主叫号码" if language == "zh-CN" else "caller_number")
    assert rows
    assert {row[titles.index(COLUMNS[language][column])] for row in rows} == {expected}


async def test_codes_of_cases_are_words_and_days_are_the_centres(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    answer = await centre.client.get(f"{API}/exports/cases?since=2026-11-24T16:00:00Z&until=2026-11-30T16:00:00Z")
    name = unquote(answer.headers["Content-Disposition"].partition("''")[2])
    assert name == "案件-2026-11-25-2026-12-01.xlsx"
    book = load_workbook(io.BytesIO(await answer.read()))
    assert book.sheetnames == ["案件"]
    titles, row = ([cell.value for cell in line] for line in book.worksheets[0].iter_rows())
    cells = dict(zip(titles, row, strict=True))
    assert (cells["类别"], cells["渠道"], cells["严重程度"], cells["进度"]) == ("投诉", "电话", "严重", "已受理")
    assert (cells["部门"], cells["客服"], cells["客服姓名"]) == ("厨房", "1002", "韩梅")
    assert cells["受理时间"] == datetime(2026, 11, 25, 1, 0, tzinfo=SHANGHAI).replace(tzinfo=None)


@pytest.mark.parametrize("kind", [Direction, Outcome, HungUpBy, CaseKind, Channel, Severity, Source, Result])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_code_of_a_list_has_a_word(kind: type[StrEnum], language: Language) -> None:
    names = {
        Direction: "direction",
        Outcome: "outcome",
        HungUpBy: "hung_up_by",
        CaseKind: "kind",
        Channel: "channel",
        Severity: "severity",
        Source: "source",
        Result: "result",
    }
    words = [word(names[kind], str(entry), language) for entry in kind]
    assert len(set(words)) == len(list(kind))
    if language == "zh-CN":
        assert not [entry for entry in words if entry.isascii()]


def test_the_rest_of_a_reason_stays_behind_its_word() -> None:
    assert coded("reason", "busy-17", "zh-CN") == "占线 (17)"
    assert coded("reason", "in_queue", "zh-CN") == "排队中"
    assert coded("reason", "what-ever", "zh-CN") == "what-ever"


async def test_hostile_notes_are_text_in_both_kinds_of_file(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    data = await (await centre.client.get(f"{API}/exports/customers?format=csv")).read()
    assert "'" + EVIL in read_csv(data)[1]
    book = load_workbook(io.BytesIO(await (await centre.client.get(f"{API}/exports/customers")).read()))
    assert book.active is not None
    cells = [cell for row in book.active.iter_rows(min_row=2) for cell in row]
    assert EVIL in [cell.value for cell in cells]
    assert "+8613807310000" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} <= {"s", "n"}


async def test_a_long_list_comes_whole(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    data = await (await centre.client.get(f"{API}/exports/long?format=csv")).read()
    assert [row[0] for row in read_csv(data)] == ["号", *map(str, range(10_000))]
    book = load_workbook(io.BytesIO(await (await centre.client.get(f"{API}/exports/long")).read()), read_only=True)
    assert book.active is not None
    assert sum(1 for _ in book.active.iter_rows()) == 10_001
    book.close()


async def test_every_export_is_in_the_audit_and_agents_have_none(centre: WebCentre) -> None:
    await centre.sign_in("lilei")
    assert (await centre.client.get(f"{API}/exports/customers")).status == 403
    await centre.sign_in("manager")
    await (await centre.client.get(f"{API}/exports/customers?name=刘")).read()
    await centre.sign_in("boss")
    entries = (await (await centre.client.get(f"{API}/audit")).json())["items"]
    exported = [row for row in entries if row["action"] == "list.exported"]
    assert [(entry["subject"], entry["actor"]) for entry in exported] == [("list/customers", "manager")]


def test_a_list_is_exported_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CC_DATA_DIR", str(tmp_path / "var"))
    done = CliRunner().invoke(app, ["export", "callbacks", "--format", "csv", "--since", "2026-11-01"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "callbacks.csv").read_text("utf-8-sig").startswith("回电编号,状态,来源")
    assert [path.name for path in tmp_path.iterdir() if "half" in path.name] == []
