"""Tests that the data folder belongs to the service alone, whatever account and umask start it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.storage.data_folder import keep_private


@pytest.fixture
def _umask() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    folders = [path for path in [folder, *folder.rglob("*")] if not path.is_symlink()]
    return [str(path) for path in folders if stat.S_IMODE(path.stat().st_mode) & 0o077]


@pytest.mark.usefixtures("_umask")
def test_what_was_open_is_closed_and_what_comes_is_closed_too(tmp_path: Path) -> None:
    data = tmp_path / "var"
    (data / "recordings/2026").mkdir(parents=True)
    (data / "pbx/root/usr/sbin").mkdir(parents=True)
    (data / "pbx/root/usr/sbin/asterisk").touch(mode=0o755)
    (data / "callcenter.db").touch(mode=0o666)
    (data / "recordings/2026/a").touch(mode=0o644)
    (tmp_path / "outside").touch(mode=0o644)
    (data / "link").symlink_to(tmp_path / "outside")
    assert keep_private(data, frozenset({data / "pbx/root"})) > 0
    (data / "new").mkdir()
    (data / "new/file").touch()
    shared = str(data / "pbx")
    assert [path for path in open_to_others(data) if not path.startswith(shared)] == [str(data)]
    assert stat.S_IMODE((data / "pbx/root/usr/sbin/asterisk").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "outside").stat().st_mode) == 0o644
    assert keep_private(data) > 0
    assert open_to_others(data) == []


def test_a_command_makes_private_files_under_an_open_umask(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "callcenter", "db", "upgrade"]
    done = subprocess.run(
        command, env={**os.environ, "CC_DATA_DIR": str(tmp_path / "var")}, umask=0, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert open_to_others(tmp_path / "var") == []
