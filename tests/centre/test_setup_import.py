"""Tests importing a whole centre from one file: all or nothing, with an error for each invalid row."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from callcenter.centre.setup_file import BadFile, read_file
from callcenter.centre.setup_import import Importing, Report
from callcenter.cli.imports import import_file
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.rooms import CHIEF, Rooms
from tests.support.shell import folder_with

TOML = """
[[agents]]
number = "1001"
name = "刘小湘"
skills = { zh-CN = 5, xiang-changsha = 4 }

[[agents]]
number = "1002"
name = "王芳"
phones = [{ name = "1002-web", kind = "webrtc" }]

[[queues]]
code = "general"
names = { zh-CN = "综合", en = "General" }

[[lines]]
code = "orders"
queue = "general"
dids = ["4008001234"]

[[shifts]]
agent = "1001"
line = "orders"
starts_at = 2026-11-24T22:00:00
ends_at = 2026-11-25T06:00:00
timezone = "Asia/Shanghai"
"""
SHIFTS = "agent,line,starts_at,ends_at,timezone\n1002,orders,2026/11/24 08:00,2026-11-24 16:00,Asia/Shanghai\n"


@pytest.fixture
def rooms(database: Database) -> Rooms:
    return Rooms(database)


async def bring(rooms: Rooms, name: str, text: str, *, dry_run: bool = False) -> Report:
    importing = Importing(rooms.database, rooms.agents, rooms.lines, rooms.queues, rooms.roster)
    return await importing.run(read_file(name, text.encode()), CHIEF, dry_run=dry_run)


async def test_a_centre_comes_from_one_file(rooms: Rooms) -> None:
    report = await bring(rooms, "centre.toml", TOML)
    assert (report.kept, report.done) == (True, {"agents": 2, "queues": 1, "lines": 1, "shifts": 1})
    assert await rooms.roster.duty(datetime(2026, 11, 24, 15, tzinfo=UTC)) == {"orders": {"1001"}}
    assert [phone.name for phone in (await rooms.agents.agent("1002")).phones] == ["1002-web"]


async def test_the_same_file_again_adds_nothing(rooms: Rooms) -> None:
    await bring(rooms, "centre.toml", TOML)
    before = await rooms.agents.agents()
    report = await bring(rooms, "centre.toml", TOML)
    assert (report.kept, report.skipped) == (True, 1)
    assert await rooms.agents.agents() == before


async def test_a_dry_run_changes_nothing_and_notifies_no_one(rooms: Rooms) -> None:
    report = await bring(rooms, "centre.toml", TOML, dry_run=True)
    assert (report.kept, report.problems, report.done["agents"]) == (False, [], 2)
    assert (await rooms.agents.agents(), rooms.changes) == ([], [])


async def test_one_wrong_row_rejects_the_whole_file_and_all_wrong_rows_are_listed(rooms: Rooms) -> None:
    wrong = TOML + '[[agents]]\nnumber = "刘"\nname = "x"\n[[lines]]\ncode = "b"\nqueue = "none"\ncolour = "red"\n'
    wrong += '[[shifts]]\nagent = "1001"\nline = "orders"\n'
    wrong += "starts_at = 2026-11-25T00:00:00Z\nends_at = 2026-11-24T00:00:00Z\n"
    report = await bring(rooms, "centre.toml", wrong)
    problems = [(problem.where, problem.code) for problem in report.problems]
    assert problems == [
        ("agents[3]", "bad_agent_number"),
        ("lines[2]", "invalid"),
        ("shifts[2]", "shift_ends_before_start"),
    ]
    assert (report.kept, await rooms.agents.agents(), rooms.changes) == (False, [], [])


async def test_a_weeks_shifts_come_from_a_spreadsheet(rooms: Rooms) -> None:
    await bring(rooms, "centre.toml", TOML)
    report = await bring(rooms, "week.csv", "\ufeff" + SHIFTS)
    assert (report.kept, report.done) == (True, {"shifts": 1})
    report = await bring(rooms, "week.csv", SHIFTS + "1009,orders,soon,later,\n1002,orders,1,2,3,4,5\n")
    assert {problem.where for problem in report.problems} == {"line 3", "line 4"}


async def test_agents_come_from_a_spreadsheet(rooms: Rooms) -> None:
    text = "number,name,skills,phones\n1003,陈,zh-cn=5;xiang-changsha=4,1003;1003-web:webrtc\n1004,李,,\n"
    report = await bring(rooms, "people.csv", text)
    assert report.problems == []
    chen, li = await rooms.agents.agents()
    assert (chen.skills, [phone.kind for phone in chen.phones]) == (
        {"zh-cn": 5, "xiang-changsha": 4},
        ["desk", "webrtc"],
    )
    assert [phone.name for phone in li.phones] == ["1004"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.toml", b"[[agents"),
        ("a.toml", b"[[people]]\nname='x'"),
        ("a.toml", b"agents = 3"),
        ("a.csv", b"colour,size\nred,1"),
        ("a.csv", b""),
        ("a.xlsx", b"PK"),
        ("a.csv", "姓名".encode("gb18030")),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(name: str, data: bytes) -> None:
    with pytest.raises(BadFile):
        read_file(name, data)


def test_the_command_reports_its_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_with(tmp_path, monkeypatch, {"root": ("管理员", Role.ADMINISTRATOR), "boss": ("主管", Role.SUPERVISOR)})
    (tmp_path / "centre.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "bad.csv").write_text("number,name\n刘,x\n", encoding="utf-8")
    app = Typer()
    app.command()(import_file)
    runner = CliRunner()
    assert "Would import 2 agents" in runner.invoke(app, [str(tmp_path / "centre.toml"), "--dry-run"]).output
    assert "Imported 2 agents, 1 queues" in runner.invoke(app, [str(tmp_path / "centre.toml")]).output
    assert "forbidden" in runner.invoke(app, [str(tmp_path / "centre.toml"), "--by", "boss"]).output
    assert "Imported 2 agents" in runner.invoke(app, [str(tmp_path / "centre.toml"), "--by", "root"]).output
    refused = runner.invoke(app, [str(tmp_path / "bad.csv")])
    assert (refused.exit_code, "line 2" in refused.output) == (1, True)
