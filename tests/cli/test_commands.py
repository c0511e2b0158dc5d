"""Tests the commands by name: `--help` imports no room and shows each command's own help."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.cli.main import LATE, app, loaded
from tests.support.shell import folder_with

HEAVY = (
    "sqlalchemy",
    "aiohttp",
    "alembic",
    "pydantic",
    "numpy",
    "callcenter.centre.build",
    "phonenumbers",
    "xlsxwriter",
)
SELDOM = (
    "alembic",
    "asyncpg",
    "holidays",
    "jinja2",
    "joserfc",
    "numpy",
    "openpyxl",
    "segno",
    "soundfile",
    "weasyprint",
    "xlsxwriter",
)
"""What few commands use: printing, tables, sound, PostgreSQL, sign-in with a provider, schema changes."""
OF_THE_CENTRE = ("callcenter.centre.build", "aiohttp", "phonenumbers", "prometheus_client")


@pytest.mark.parametrize("name", sorted(LATE))
def test_the_help_of_all_includes_that_of_each_group(name: str) -> None:
    help_text = loaded(name).help
    assert help_text is not None
    assert help_text.split("\n\n")[0] == LATE[name].help


def test_help_lists_every_group_and_an_unknown_command_is_refused() -> None:
    output = CliRunner().invoke(app, ["--help"]).output
    assert [name for name in (*LATE, "serve", "demo") if f" {name} " not in output] == []
    assert CliRunner().invoke(app, ["nonsense"]).exit_code == 2
    assert "--by" in CliRunner().invoke(app, ["recordings", "erase", "--help"]).output


def test_help_imports_no_room() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from callcenter.cli.main import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stdout


def imported_by(*words: str) -> set[str]:
    """The modules that a command has imported when it ends, in a process of its own."""
    program = (
        "import atexit, sys; atexit.register(lambda: print('imported:', *sys.modules)); "
        f"sys.argv = ['callcenter', *{words!r}]; from callcenter.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    return set(done.stdout.rpartition("imported: ")[2].split())


@pytest.mark.parametrize(
    "words",
    [("recordings", "list"), ("cases", "list"), ("callbacks", "list"), ("customers", "find", "x")],
    ids=" ".join,
)
def test_a_list_imports_nothing_that_is_seldom_used(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_with(tmp_path, monkeypatch, {})
    imported = imported_by(*words)
    assert "callcenter.centre.build" in imported
    assert imported.isdisjoint(SELDOM), sorted(imported.intersection(SELDOM))


@pytest.mark.parametrize("words", [("db", "status"), ("jobs", "list")], ids=" ".join)
def test_a_command_without_the_centre_imports_none_of_it(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_with(tmp_path, monkeypatch, {})
    imported = imported_by(*words)
    assert "sqlalchemy" in imported
    assert imported.isdisjoint((*SELDOM, *OF_THE_CENTRE)), sorted(imported.intersection((*SELDOM, *OF_THE_CENTRE)))
