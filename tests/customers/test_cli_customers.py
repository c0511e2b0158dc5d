"""Customers at a shell; until there are pages this is enough."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.cli_customers import app
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
        await kept.add("boss", "主管", PASSWORD, frozenset({Role.MANAGER}))
        await database.close()

    asyncio.run(people())
    return tmp_path


def run(*arguments: str, fails: bool = False) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert (done.exit_code != 0) is fails, done.output
    return done.output.strip()


def test_a_table_is_taken_in_doubles_are_merged_and_somebody_is_forgotten(folder: Path) -> None:
    table, errors = folder / "客户.csv", folder / "refused.xlsx"
    table.write_text("姓名,电话,邮箱\n王芳,13800138000,w@example.com\n王女士,139x,\n", encoding="gb18030")
    said = run("import", str(table), "--by", "boss", "--errors", str(errors), fails=True)
    assert "line 3, numbers" in said
    assert errors.read_bytes().startswith(b"PK")
    table.write_text("姓名,电话,邮箱\n王芳,13800138000,w@example.com\n王女士,13900139000,W@example.com\n")
    assert "good 2, new 0" in run("import", str(table), "--by", "boss", "--dry-run")
    assert "good 2, new 2, updated 0" in run("import", str(table), "--by", "boss")
    first, second = (run("find", name).split()[0] for name in ("王芳", "王女士"))
    assert run("doubles").startswith("email w@example.com: ")
    assert "+8613800138000 +8613900139000" in run("merge", second, first, "--by", "boss")
    assert run("doubles") == ""
    shown = run("show", "13900139000")
    assert shown.startswith(f"{first}  王芳")
    assert "aliases: 王女士" in shown
    run("erase", first, "--reason", "客户要求", "--by", "boss")
    assert run("find", "王芳") == ""
    assert "unknown_customer" in run("show", "none", fails=True)
    assert "no_such_person" in run("merge", first, second, "--by", "nobody", fails=True)
