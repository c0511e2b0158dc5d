"""Work logs and announcements at a shell."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from callcenter.cli_worklog import announcements_app, worklog_app
from callcenter.clock import now
from callcenter.storage.database import Database
from callcenter.storage.migrate import bring_up_to_date
from callcenter.web.audit import Audit
from callcenter.web.passwords import Passwords
from callcenter.web.people import PeopleService
from callcenter.web.roles import Role
from tests.web.house import CHEAP, PASSWORD


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CC_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    async def people() -> None:
        database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/callcenter.db")
        await bring_up_to_date(database)
        kept = PeopleService(database, now, Audit(database, now), Passwords(CHEAP))
        await kept.add("boss", "主管", PASSWORD, frozenset({Role.SUPERVISOR}))
        await database.close()

    asyncio.run(people())
    return tmp_path


def run(app: Typer, *arguments: str, fails: bool = False) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert (done.exit_code != 0) is fails, done.output
    return done.output.strip()


def test_news_is_published_read_and_withdrawn_at_a_shell(folder: Path) -> None:
    id = run(announcements_app, "publish", "价格调整", "腊肉每斤涨两元", "--by", "boss", "--must-read")
    assert run(announcements_app, "list").startswith(id)
    assert run(announcements_app, "receipts", id).endswith("主管: not read")
    run(announcements_app, "withdraw", id, "写错了", "--by", "boss")
    assert "over: 写错了" in run(announcements_app, "list")
    assert "announcement_over" in run(announcements_app, "withdraw", id, "x", "--by", "boss", fails=True)


def test_a_day_and_a_month_are_shown_at_a_shell(folder: Path) -> None:
    assert "1001 2026-11-24: nothing written" in run(worklog_app, "show", "1001", "2026-11-24")
    assert run(worklog_app, "missing", "2026-11-24") == ""
    assert run(worklog_app, "month", "2026-11") == ""
    assert "bad_work_log" in run(worklog_app, "month", "2026", fails=True)
    assert "a day looks like" in run(worklog_app, "show", "1001", "today", fails=True)
