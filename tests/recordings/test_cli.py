"""Tests `callcenter recordings`: all of it works without a browser and without the service."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

from callcenter.cli.main import app
from callcenter.facts import Uniqueid, linkedid_of
from callcenter.web.roles import Role
from recordings.model import Kind, Party, Take
from tests.recordings.sounds import tone, write_wav
from tests.support.shell import folder_with


def callcenter(*words: str, code: int = 0) -> str:
    """What the command prints; in this process, since each process of its own spends seconds on imports."""
    done = CliRunner().invoke(app, ["recordings", *words])
    assert done.exit_code == code, done.output
    return done.output


def test_an_orphan_is_adopted_checked_exported_rewrapped_and_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_with(tmp_path, monkeypatch, {"boss": ("经理", Role.MANAGER), "lilei": ("李雷", Role.AGENT)})
    monkeypatch.setenv("CC_RECORDINGS__QUIET_SECONDS", "0")
    take = Take(linkedid_of("pbx1-1795448173.47"), Uniqueid("pbx1-1795448173.47"), 1795448180, Kind.INBOUND, "orders")
    spool = tmp_path / "pbx" / "spool" / "monitor"
    for party, hertz in ((Party.CALLER, 440), (Party.AGENT, 1000)):
        write_wav(spool / take.file(party), tone(hertz, 1.0))
    assert "1 kept" in callcenter("adopt")
    assert take.id("pbx1") in callcenter("list")
    assert "1 recordings are intact, 0 are damaged" in callcenter("verify")
    assert "1 recording keys rewrapped" in callcenter("rotate-keys", "--drop-old")
    assert len(list((tmp_path / "keys").glob("recordings-*.key"))) == 1
    out = tmp_path / "out.flac"
    assert "may_not_export" in callcenter("export", take.id("pbx1"), str(out), "--by", "lilei", code=1)
    assert "forbidden" in callcenter("erase", "--reason", "asked", "--id", take.id("pbx1"), "--by", "lilei", code=1)
    assert not out.exists()
    callcenter("export", take.id("pbx1"), str(out), "--by", "boss")
    unnamed = callcenter("export", take.id("pbx1"), str(tmp_path / "unnamed.flac"))
    assert "unnamed_change" in unnamed
    assert "written: " in unnamed
    assert soundfile.info(str(out)).channels == 2
    assert out.stat().st_mode & 0o077 == 0
    assert "erased" in callcenter("erase", "--reason", "asked", "--id", take.id("pbx1"), "--by", "boss")
    again = str(tmp_path / "again")
    assert "recording_erased" in callcenter("export", take.id("pbx1"), again, "--by", "boss", code=1)
    assert list((tmp_path / "recordings").rglob("*.rec")) == []
    assert callcenter("list").strip() == ""
