"""Tests `callcenter init`: the files name every setting, can be imported unchanged, and overwrite nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel
from typer.testing import CliRunner

from callcenter.centre.setup_file import read_toml
from callcenter.cli.main import app
from callcenter.cli.starter import Tongue, centre_file, settings_file
from callcenter.settings import Settings

TONGUES: tuple[Tongue, ...] = get_args(Tongue)


def names(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, str]]:
    """Every setting with its table."""
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel) and field.default == type(field.default)():
            yield from names(type(field.default), f"{path}{name}.")
        else:
            yield path.rstrip("."), name


def by_table(text: str) -> dict[str, str]:
    parts = re.split(r"^\[([a-z_.]+)\]$", text, flags=re.M)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


@pytest.mark.parametrize("language", TONGUES)
def test_every_setting_is_in_its_table(language: Tongue) -> None:
    tables = by_table(settings_file(language))
    for table, name in names(Settings):
        assert re.search(rf"^(#?{name} = |# \({name}: not set\))", tables[table], re.M), f"{table}.{name}"


@pytest.mark.parametrize("language", TONGUES)
def test_the_values_shown_are_the_defaults(language: Tongue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    defaults = Settings().model_dump()
    file = tmp_path / "callcenter.toml"
    file.write_text(settings_file(language), "utf-8")
    assert Settings().model_dump() == defaults
    file.write_text(re.sub(r"^#(?=[a-z_]+ = )", "", settings_file(language), flags=re.M), "utf-8")
    assert tomllib.loads(file.read_text("utf-8"))["policy"]["ring_limit"] == 3
    assert Settings().model_dump() == defaults


def test_each_setting_has_its_meaning_above_it() -> None:
    assert "# R1: the phone is answered by this ring.\n#ring_limit = 3\n" in settings_file("en")


@pytest.mark.parametrize("language", TONGUES)
def test_the_roster_covers_a_week_from_the_local_day(language: Tongue) -> None:
    entries = read_toml(centre_file(language, datetime(2026, 11, 26, 23, tzinfo=UTC), ZoneInfo("Asia/Shanghai")))
    shifts = [entry.row for entry in entries if entry.kind == "shifts"]
    assert len(shifts) == 7 * 3 * 2
    assert min(shift["starts_at"] for shift in shifts) == datetime(2026, 11, 27)  # noqa: DTZ001 (a wall clock's)
    assert max(shift["ends_at"] for shift in shifts) == datetime(2026, 12, 4)  # noqa: DTZ001


def test_both_files_are_written_and_imported_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CC_DATA_DIR", str(tmp_path / "var"))
    run = CliRunner().invoke
    result = run(app, ["init", "--language", "zh-CN"])
    assert result.exit_code == 0, result.output
    assert run(app, ["db", "upgrade"]).exit_code == 0
    first = run(app, ["import", "centre.toml"])
    assert "6 agents, 1 queues, 1 lines, 42 shifts" in first.output
    again = run(app, ["import", "centre.toml"])
    assert again.exit_code == 0, again.output
    assert "42 already there" in again.output
    result = run(app, ["phones", "show", "1001"])
    assert result.exit_code == 0, result.output
    assert re.search(
        r"^account +1001\nsecret +\S{12,}\nserver +127\.0\.0\.1:5060\ntransport +udp$", result.output, re.M
    )


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "callcenter.toml"
    file.write_text("region = 'CN'\n", "utf-8")
    run = CliRunner().invoke
    assert run(app, ["init", str(tmp_path)]).exit_code == 0
    assert file.read_text("utf-8") == "region = 'CN'\n"
    assert (tmp_path / "centre.toml").is_file()
    assert run(app, ["init", str(tmp_path)]).exit_code == 1
