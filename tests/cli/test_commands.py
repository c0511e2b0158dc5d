"""The commands by name: `--help` imports none of their rooms and says what each of them says of itself."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from callcenter.cli.main import LATE, app, loaded

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


@pytest.mark.parametrize("name", sorted(LATE))
def test_the_help_of_a_group_stands_in_the_help_of_all(name: str) -> None:
    help_text = loaded(name).help
    assert help_text is not None
    assert help_text.split("\n\n")[0] == LATE[name].help


def test_help_lists_every_group_and_an_unknown_command_is_refused() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert [name for name in (*LATE, "serve", "demo") if f" {name} " not in shown] == []
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
