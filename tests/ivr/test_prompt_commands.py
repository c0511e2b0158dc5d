"""`callcenter prompts`: a centre's own recordings by command, checked as over HTTP; hostile files replace nothing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from callcenter.cli.prompts import app
from callcenter.web.roles import Role
from ivr.prompts.ready import ready_folder
from tests.ivr.test_prompt_uploads import BAD
from tests.ivr.tones import file_of, spoken
from tests.support.shell import folder_with, run

SHIPPED = ready_folder() / "zh" / "8k" / "greeting.opus"
HOSTILE = {
    "empty": b"",
    "zeros": bytes(100_000),
    "noise": os.urandom(100_000),
    "half a wav": file_of(spoken())[:60],
    "a web page": b"<html><script>alert(1)</script></html>",
    "only infinity": file_of(np.full(44100, np.inf), subtype="FLOAT"),
}


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    people = {"chen": ("陈主管", Role.SUPERVISOR), "wang": ("王坐席", Role.AGENT)}
    return folder_with(tmp_path, monkeypatch, people)


def stored(folder: Path, data: bytes) -> str:
    path = folder / "sound.wav"
    path.write_bytes(data)
    return str(path)


def test_an_uploaded_recording_is_listed_kept_and_taken_back(centre: Path) -> None:
    sound = stored(centre, file_of(spoken()))
    assert run(app, "upload", "zh-CN", "greeting", sound, "--by", "chen").startswith("version 1:")
    assert run(app, "upload", "zh-CN", "greeting", sound, "--by", "chen").startswith("version 2:")
    assert "[own, version 2, 陈主管]" in run(app, "list", "--own")
    run(app, "use", "zh-CN", "greeting", "1", "--by", "chen")
    lines = run(app, "versions", "zh-CN", "greeting").splitlines()
    assert [line.endswith("in use") for line in lines] == [False, True]
    run(app, "remove", "zh-CN", "greeting", "--by", "chen")
    assert run(app, "list", "--own") == ""
    assert len(run(app, "versions", "zh-CN", "greeting").splitlines()) == 2


@pytest.mark.parametrize("fault", sorted(BAD) + sorted(HOSTILE))
def test_a_bad_or_hostile_file_is_refused_in_one_line_and_replaces_nothing(centre: Path, fault: str) -> None:
    sound = stored(centre, {**BAD, **HOSTILE}[fault])
    refusal = run(app, "upload", "zh-CN", "greeting", sound, "--by", "chen", fails=True)
    assert "Traceback" not in refusal
    assert len(refusal.splitlines()) == 1
    assert run(app, "list", "--own") == ""


def test_a_file_that_is_not_there_is_refused_before_anything_else(centre: Path) -> None:
    for path in (centre / "nothing.wav", centre):
        assert "Traceback" not in run(app, "upload", "zh-CN", "greeting", str(path), "--by", "chen", fails=True)


def test_a_file_of_any_size_is_read_no_further_than_the_limit(centre: Path) -> None:
    large = centre / "large.wav"
    with large.open("wb") as sparse:
        sparse.truncate(2**40)
    assert "Traceback" not in run(app, "upload", "zh-CN", "greeting", str(large), "--by", "chen", fails=True)


@pytest.mark.parametrize(
    ("language", "name"), [("zh-CN", "../../greeting"), ("zh-CN", "nothing"), ("../en", "greeting")]
)
def test_a_name_that_is_no_prompt_writes_nowhere(centre: Path, language: str, name: str) -> None:
    before = sorted(centre.rglob("*.wav"))
    sound = stored(centre, file_of(spoken()))
    run(app, "upload", language, name, sound, "--by", "chen", fails=True)
    assert sorted(centre.rglob("*.wav")) == sorted([*before, centre / "sound.wav"])


def test_an_agent_replaces_no_prompt(centre: Path) -> None:
    run(app, "upload", "zh-CN", "greeting", stored(centre, file_of(spoken())), "--by", "wang", fails=True)
    assert run(app, "list", "--own") == ""


def test_an_ogg_file_such_as_the_shipped_ones_is_taken(centre: Path) -> None:
    assert run(app, "upload", "en", "greeting", str(SHIPPED), "--by", "chen").startswith("version 1:")
