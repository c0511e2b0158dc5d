"""Tests `callcenter db` as an operator uses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.cli.db import app


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.output


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CC_DATA_DIR", str(tmp_path / "var"))


def test_upgrade_backup_and_restore_in_a_row(tmp_path: Path) -> None:
    assert run("upgrade")[0] == 0
    code, output = run("backup", str(tmp_path / "copy.db"))
    assert (code, (tmp_path / "copy.db.sha256").exists()) == (0, True), output
    code, output = run("restore", str(tmp_path / "copy.db"))
    assert code == 1
    assert "database_not_empty" in output
    assert run("restore", "--force", str(tmp_path / "copy.db"))[0] == 0
    assert "the chain holds" in run("verify-audit")[1]
    database, program = run("status")[1].strip().removeprefix("database: ").split("; program: ")
    assert database == program


def test_a_backup_without_a_name_goes_under_the_data_directory(tmp_path: Path) -> None:
    run("upgrade")
    assert run("backup")[0] == 0
    assert len(list((tmp_path / "var" / "backups").glob("callcenter-*.db"))) == 1


def test_backing_up_a_missing_database_is_refused_clearly() -> None:
    code, output = run("backup")
    assert code == 1
    assert "no database callcenter.db" in output
