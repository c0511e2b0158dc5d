"""`callcenter ivr`: each of its commands, in a centre's folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.cli.ivr import app
from callcenter.clock import now
from callcenter.facts import LineCode, QueueCode
from callcenter.routing.model import Line, Queue
from callcenter.routing.service import LineService, QueueService
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Role
from tests.support.flows import sample
from tests.support.rooms import CHIEF
from tests.support.shell import folder_with, run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    people = {"manager": ("经理", Role.MANAGER), "lina": ("李娜", Role.AGENT)}
    folder = folder_with(tmp_path, monkeypatch, people)

    async def line() -> None:
        database = Database.open(f"sqlite+aiosqlite:///{folder}/callcenter.db")
        try:
            audit = Audit(database, now)
            await QueueService(database, audit, lambda: None).add(Queue(QueueCode("sales")), CHIEF)
            await LineService(database, audit, lambda: None, "CN").add(
                Line(LineCode("sales"), QueueCode("sales")), CHIEF
            )
        finally:
            await database.close()

    asyncio.run(line())
    return folder


def written(folder: Path, source: str, name: str = "hotline.toml") -> str:
    (folder / name).write_text(source, encoding="utf-8")
    return str(folder / name)


GOOD = sample("hotline", "sales")


def hotlines() -> list[str]:
    """The numbers of the versions of the hotline, as the list shows them."""
    return [line.split()[1] for line in run(app, "list").splitlines() if line.startswith("hotline ")]


def test_check_prints_each_fault_with_its_line_and_ends_with_1(folder: Path) -> None:
    assert run(app, "check", written(folder, GOOD)).endswith("good")
    bad = GOOD.replace('to = "dialect"', 'to = "dialekt"').replace('say = "menu_intro"', 'say = "no_such_prompt"')
    done = CliRunner().invoke(app, ["check", written(folder, bad, "bad.toml")])
    assert done.exit_code == 1
    lines = [line for line in done.output.splitlines() if line.startswith(f"{folder}/bad.toml:")]
    assert any(":22:" in line and "dialekt" in line and "[flow_unknown_target]" in line for line in lines), done.output
    assert any("no_such_prompt" in line for line in lines), done.output
    assert CliRunner().invoke(app, ["check", str(folder / "none.toml")]).exit_code == 2


@pytest.mark.parametrize("arguments", [("check",), ("load", "--by", "manager"), ("diagram",)])
def test_a_file_in_another_encoding_is_refused_with_the_reason(folder: Path, arguments: tuple[str, ...]) -> None:
    (folder / "gbk.toml").write_bytes('name = "热线"'.encode("gbk"))
    command, *rest = arguments
    done = CliRunner().invoke(app, [command, str(folder / "gbk.toml"), *rest])
    assert done.exit_code == 2
    assert "UTF-8" in done.output


def test_a_bad_file_never_replaces_a_good_one_and_an_agent_loads_nothing(folder: Path) -> None:
    assert run(app, "load", written(folder, GOOD), "--by", "manager") == "hotline/2"
    bad = written(folder, GOOD.replace('to = "dialect"', 'to = "dialekt"'), "bad.toml")
    refused = run(app, "load", bad, "--by", "manager", fails=True)
    assert "22" in refused
    for login in ("lina", "nobody"):
        run(app, "load", written(folder, GOOD), "--by", login, fails=True)
    assert run(app, "show", "hotline", "2") == GOOD.strip()
    assert hotlines() == ["2", "1"], "the sample that comes with the software is version 1"


def test_versions_are_listed_compared_and_rolled_back(folder: Path) -> None:
    run(app, "load", written(folder, GOOD), "--by", "manager")
    run(app, "load", written(folder, GOOD.replace('"#" = "goodbye"', '9 = "goodbye"')), "--by", "manager")
    output = run(app, "diff", "hotline", "2", "3")
    assert '-"#" = "goodbye"' in output
    assert '+9 = "goodbye"' in output
    assert run(app, "rollback", "hotline", "2", "--by", "manager") == "hotline/4"
    run(app, "rollback", "hotline", "2", "--by", "lina", fails=True)
    assert hotlines() == ["4", "3", "2", "1"]
    newest = next(line for line in run(app, "list").splitlines() if line.startswith("hotline"))
    assert newest.split()[2] == "published"
    assert "manager" in newest
    run(app, "show", "hotline", "9", fails=True)
    run(app, "diff", "hotline", "1", "9", fails=True)


def test_try_plays_the_flow_in_the_terminal_with_keys_silence_and_a_hang_up(folder: Path) -> None:
    run(app, "load", written(folder, GOOD), "--by", "manager")

    def played(keys: str, *options: str) -> str:
        done = CliRunner().invoke(app, ["try", "sales", *options], input=keys)
        assert done.exit_code == 0, done.output
        return done.output

    assert "湘味到家" in played("0\n")
    assert played("7\n0\n") != played("0\n"), "a wrong key is answered"
    assert "queue" in played("\n\n\n").lower(), "who presses nothing reaches a person"
    assert "hung_up" in played("x\n") or "gone" in played("x\n").lower()
    assert "callback" in played("1\n", "--hours", "closed").lower()
    entered = played("1\n13974812346#\n1\n", "--hours", "nobody", "--number", "")
    assert "13974812346" in entered.replace(" ", "") or "幺" in entered
    assert CliRunner().invoke(app, ["try", "sales", "--hours", "never"]).exit_code == 2
    run(app, "try", "nowhere", fails=True)


def test_the_diagram_is_an_svg_in_the_language_that_is_asked_for(folder: Path) -> None:
    file = written(folder, GOOD)
    assert run(app, "diagram", file).startswith("<svg")
    out = folder / "flow.svg"
    run(app, "diagram", file, "--out", str(out), "--language", "en")
    assert "Please choose a service" in out.read_text(encoding="utf-8")
    assert CliRunner().invoke(app, ["diagram", file, "--language", "fr"]).exit_code == 2
    run(app, "diagram", written(folder, "name = ", "bad.toml"), fails=True)
