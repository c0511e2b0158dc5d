"""Tests `callcenter cases`: open, step, show, verify."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.cli.complaints import app
from callcenter.web.roles import Role
from tests.support import shell
from tests.support.shell import folder_with

pytestmark = pytest.mark.slow

JPEG = b"\xff\xd8\xff\xe0" + b"0" * 100


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return folder_with(tmp_path, monkeypatch, {"lilei": ("李雷", Role.AGENT), "boss": ("主管", Role.SUPERVISOR)})


def run(*arguments: str, fails: bool = False) -> str:
    return shell.run(app, *arguments, fails=fails)


def test_a_case_is_opened_stepped_and_verified_on_the_command_line(folder: Path) -> None:
    photo = folder / "收据.jpg"
    photo.write_bytes(JPEG)
    number = run("open", "酱板鸭漏气", "--by", "lilei", "--severity", "minor", "--phone", "13800138000")
    assert number.startswith("TS")
    assert run("step", number, "assess", "--by", "lilei") == "assessed"
    assert run("step", number, "investigate", "--by", "lilei") == "investigating"
    assert "case_fields_missing" in run("step", number, "propose", "--by", "lilei", fails=True)
    run("state", number, "investigation", "查了监控", "--by", "lilei")
    run("state", number, "proposal", "退款", "--by", "lilei")
    assert run("step", number, "propose", "--by", "lilei") == "proposed"
    assert "case_not_your_step" in run("step", number, "approve", "--by", "lilei", fails=True)
    assert run("step", number, "approve", "--by", "boss") == "approved"
    assert run("step", number, "return", "--by", "boss", "--to", "assessed", "--reason", "证据不足") == "assessed"
    run("attach", number, "--by", "lilei", "--file", str(photo))
    assert "李雷: attached" in run("show", number)
    assert number in run("list")
    assert run("verify") == "1 cases: every history is whole."
    assert "no_such_person" in run("open", "x", "--by", "nobody", fails=True)
    assert run("departments") == ""
