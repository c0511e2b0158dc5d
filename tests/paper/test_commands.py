"""Tests `callcenter forms`."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.cli.main import app
from callcenter.paper.errors import WordNotInstalled
from callcenter.paper.press import Press


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CC_DATA_DIR", str(tmp_path / "var"))
    return tmp_path


def test_a_word_template_to_begin_with_is_written(here: Path) -> None:
    done = CliRunner().invoke(app, ["forms", "template", "handling", "handling.docx", "--language", "en"])
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(here / "handling.docx") as file:
        assert "Department complained about" in file.read("word/document.xml").decode()


def test_an_archive_without_forms_is_whole(here: Path) -> None:
    done = CliRunner().invoke(app, ["forms", "verify"])
    assert (done.exit_code, "every archived form is unchanged" in done.output) == (0, True)


def test_forms_that_cannot_be_printed_are_listed(here: Path) -> None:
    done = CliRunner().invoke(app, ["forms", "print", "call", "pbx1-1.1", "--to", "calls.pdf"])
    assert done.exit_code == 1
    assert "pbx1-1.1: call_not_found" in done.output
    assert not (here / "calls.pdf").exists()


def test_an_unknown_list_is_reported_by_name(here: Path) -> None:
    done = CliRunner().invoke(app, ["export", "everything"])
    assert done.exit_code == 1
    assert "no_such_list" in done.output
    assert "customers" in done.output


async def test_without_the_extra_word_forms_are_refused_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callcenter.paper.press.find_spec", lambda name: None)
    with pytest.raises(WordNotInstalled) as refused:
        await Press().word(b"", {})
    assert refused.value.code == "docx_not_installed"
