"""Tests `callcenter customers`."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.cli.customers import app
from callcenter.web.roles import Role
from tests.support import shell
from tests.support.shell import folder_with


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return folder_with(tmp_path, monkeypatch, {"boss": ("主管", Role.MANAGER)})


def run(*arguments: str, fails: bool = False) -> str:
    return shell.run(app, *arguments, fails=fails)


def test_a_table_is_imported_duplicates_are_merged_and_a_customer_is_erased(folder: Path) -> None:
    table, errors = folder / "客户.csv", folder / "refused.xlsx"
    table.write_text("姓名,电话,邮箱\n王芳,13800138000,w@example.com\n王女士,139x,\n", encoding="gb18030")
    output = run("import", str(table), "--by", "boss", "--errors", str(errors), fails=True)
    assert "line 3, numbers" in output
    assert errors.read_bytes().startswith(b"PK")
    table.write_text("姓名,电话,邮箱\n王芳,13800138000,w@example.com\n王女士,13900139000,W@example.com\n")
    assert "good 2, new 0" in run("import", str(table), "--by", "boss", "--dry-run")
    assert "good 2, new 2, updated 0" in run("import", str(table), "--by", "boss")
    first, second = (run("find", name).split()[0] for name in ("王芳", "王女士"))
    assert run("duplicates").startswith("email w@example.com: ")
    assert "+8613800138000 +8613900139000" in run("merge", second, first, "--by", "boss")
    assert run("duplicates") == run("doubles") == ""
    listing = run("show", "13900139000")
    assert listing.startswith(f"{first}  王芳")
    assert "aliases: 王女士" in listing
    run("erase", first, "--reason", "客户要求", "--by", "boss")
    assert run("find", "王芳") == ""
    assert "unknown_customer" in run("show", "none", fails=True)
    assert "no_such_person" in run("merge", first, second, "--by", "nobody", fails=True)
