"""Tests `callcenter worklog` and `callcenter announcements`."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.cli.worklog import announcements_app, worklog_app
from callcenter.web.roles import Role
from tests.support.shell import folder_with, run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return folder_with(tmp_path, monkeypatch, {"boss": ("主管", Role.SUPERVISOR)})


def test_announcements_are_published_read_and_withdrawn_on_the_command_line(folder: Path) -> None:
    id = run(announcements_app, "publish", "价格调整", "腊肉每斤涨两元", "--by", "boss", "--must-read")
    assert run(announcements_app, "list").startswith(id)
    assert run(announcements_app, "receipts", id).endswith("主管: not read")
    run(announcements_app, "withdraw", id, "写错了", "--by", "boss")
    assert "over: 写错了" in run(announcements_app, "list")
    assert "announcement_over" in run(announcements_app, "withdraw", id, "x", "--by", "boss", fails=True)


def test_a_day_and_a_month_are_shown_on_the_command_line(folder: Path) -> None:
    assert "1001 2026-11-24: nothing written" in run(worklog_app, "show", "1001", "2026-11-24")
    assert run(worklog_app, "missing", "2026-11-24") == ""
    assert run(worklog_app, "month", "2026-11") == ""
    assert "bad_work_log" in run(worklog_app, "month", "2026", fails=True)
    assert "a day looks like" in run(worklog_app, "show", "1001", "today", fails=True)
