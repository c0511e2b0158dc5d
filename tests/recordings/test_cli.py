"""Tests `callcenter recordings`: all of it works without a browser and without the service."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from callcenter.facts import Uniqueid, linkedid_of
from callcenter.web.roles import Role
from recordings.model import Kind, Party, Take
from tests.recordings.sounds import tone, write_wav
from tests.support.shell import folder_with

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SOURCE = Path(__file__).parents[2]


def callcenter(folder: Path, *words: str, code: int = 0) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": str(SOURCE),
        "CC_DATA_DIR": str(folder),
        "CC_RECORDINGS__QUIET_SECONDS": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "callcenter", "recordings", *words],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout + done.stderr


def test_an_orphan_is_adopted_checked_exported_rewrapped_and_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_with(tmp_path, monkeypatch, {"boss": ("经理", Role.MANAGER), "lilei": ("李雷", Role.AGENT)})
    take = Take(linkedid_of("pbx1-1795448173.47"), Uniqueid("pbx1-1795448173.47"), 1795448180, Kind.INBOUND, "orders")
    spool = tmp_path / "pbx" / "spool" / "monitor"
    for party, hertz in ((Party.CALLER, 440), (Party.AGENT, 1000)):
        write_wav(spool / take.file(party), tone(hertz, 1.0))
    assert "1 kept" in callcenter(tmp_path, "adopt")
    assert take.id("pbx1") in callcenter(tmp_path, "list")
    assert "1 recordings are whole, 0 are damaged" in callcenter(tmp_path, "verify")
    assert "1 recording keys rewrapped" in callcenter(tmp_path, "rotate-keys", "--drop-old")
    assert len(list((tmp_path / "keys").glob("recordings-*.key"))) == 1
    out = tmp_path / "out.flac"
    assert "may_not_export" in callcenter(tmp_path, "export", take.id("pbx1"), str(out), "--by", "lilei", code=1)
    assert "forbidden" in callcenter(
        tmp_path, "erase", "--reason", "asked", "--id", take.id("pbx1"), "--by", "lilei", code=1
    )
    assert not out.exists()
    callcenter(tmp_path, "export", take.id("pbx1"), str(out), "--by", "boss")
    unnamed = callcenter(tmp_path, "export", take.id("pbx1"), str(tmp_path / "unnamed.flac"))
    assert "unnamed_change" in unnamed
    assert "written: " in unnamed
    assert soundfile.info(str(out)).channels == 2
    assert out.stat().st_mode & 0o077 == 0
    assert "erased" in callcenter(tmp_path, "erase", "--reason", "asked", "--id", take.id("pbx1"), "--by", "boss")
    again = str(tmp_path / "again")
    assert "recording_erased" in callcenter(tmp_path, "export", take.id("pbx1"), again, "--by", "boss", code=1)
    assert list((tmp_path / "recordings").rglob("*.rec")) == []
    assert callcenter(tmp_path, "list").strip() == ""
