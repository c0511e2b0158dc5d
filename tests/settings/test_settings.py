"""Tests that a wrong setting is refused with its file and line, or its variable, in one sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.catalogue import LANGUAGES
from callcenter.catalogue.sentences import settings_faults
from callcenter.settings import Settings
from callcenter.settings.errors import BadSettings, line_of

SOURCE = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(text: str | bytes) -> list[str]:
    """The lines that this settings file is refused with."""
    Path("callcenter.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadSettings) as caught:
        Settings()
    return caught.value.lines("en")


def test_a_misspelt_setting_is_refused_with_its_line_and_the_name_that_was_meant() -> None:
    lines = refused("# numbers of the policy\n[policy]\nring_limt = 3\n")
    assert lines == ["callcenter.toml:3: policy.ring_limt: there is no such setting; did you mean ring_limit?"]


def test_every_wrong_setting_has_a_line_of_its_own() -> None:
    lines = refused('timezone = "Asia/Shangai"\n[policy]\nring_limit = 0\n[web]\nport = "abc"\n')
    assert [line.split(": ")[:2] for line in lines] == [
        ["callcenter.toml:1", "timezone"],
        ["callcenter.toml:5", "web.port"],
        ["callcenter.toml:3", "policy.ring_limit"],
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[polcy]\nring_limit = 3\n", "callcenter.toml:1: polcy: there is no such setting; did you mean policy?"),
        ("policy.ring_limt = 3\n", "callcenter.toml:1: policy.ring_limt: there is no such setting; did you mean"),
        ("policy = { ring_limt = 3 }\n", "callcenter.toml:1: policy.ring_limt: there is no such setting; did you"),
        ("x = 1\n", "callcenter.toml:1: x: there is no such setting; callcenter init writes a file with all settings"),
        ("a = [1\n", "callcenter.toml: not valid TOML"),
        ("\n\na b\n", "callcenter.toml:3: not valid TOML"),
        (b"# \xff\xfe\n", "callcenter.toml:1: the file is not UTF-8"),
        (
            '[callbacks]\nopens = "21:00"\ncloses = "20:00"\n',
            "callcenter.toml:1: callbacks: calling hours must begin before",
        ),
        ('[worktime]\nweek = ["monday"]\n', "callcenter.toml:1: worktime: opening hours look like"),
        ('[worktime]\nholidays = "XX"\n', "callcenter.toml:1: worktime: no calendar of holidays"),
    ],
)
def test_an_unusable_file_is_reported_with_place_and_reason(text: str | bytes, line: str) -> None:
    assert refused(text)[0].startswith(line)


def test_a_variable_is_named_where_it_holds_the_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_POLICY__RING_LIMT", "3")
    assert refused("")[0].startswith("CC_POLICY__RING_LIMT: policy.ring_limt: there is no such setting; did you mean")


def test_a_misspelt_variable_is_refused_and_another_programs_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_OPTIMISE", "1")
    Settings()
    monkeypatch.setenv("CC_TIMEZON", "Asia/Shanghai")
    assert refused("") == ["CC_TIMEZON: timezon: there is no such setting; did you mean timezone?"]


def test_the_secret_of_a_database_is_in_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_DATABASE_URL", "mysql://cc:very-secret@host/cc")
    with pytest.raises(BadSettings) as caught:
        Settings()
    assert "very-secret" not in f"{caught.value!r} {caught.value} {caught.value.facts} {caught.value.lines('en')}"


def test_a_mark_before_the_text_and_windows_line_ends_are_no_fault() -> None:
    Path("callcenter.toml").write_bytes(b"\xef\xbb\xbf[policy]\r\nring_limit = 4\r\n")
    assert Settings().policy.ring_limit == 4


def test_a_centre_that_never_closes_can_be_configured() -> None:
    Path("callcenter.toml").write_text('[callbacks]\nopens = "00:00"\ncloses = "24:00"\n')
    assert (Settings().callbacks.opens, Settings().callbacks.closes) == (time.min, time.min)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["serve"],
        ["db", "upgrade"],
        ["user", "add", "liu", "--role", "agent"],
        ["cases", "list"],
        ["pbx", "render", "--out", "x"],
        ["export", "calls", "x.csv"],
        ["callbacks", "list"],
        ["demo"],
    ],
    ids=lambda words: words[0],
)
def test_every_command_refuses_wrong_settings_in_plain_lines(folder: Path, command: list[str]) -> None:
    (folder / "callcenter.toml").write_text("[policy]\nring_limt = 3\n")
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "LC_ALL": "zh_CN.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-m", "callcenter", *command],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        input="a long enough password\n",
        timeout=30,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert (
        done.stderr.strip()
        == "bad_settings: callcenter.toml:2: policy.ring_limt: 没有这个设置；是不是想写 ring_limit？"
    )


def test_every_fault_of_our_own_has_its_sentence_in_both_languages() -> None:
    source = "".join(path.read_text() for path in (SOURCE / "callcenter" / "settings").glob("*.py"))
    raised = set(re.findall(r'PydanticCustomError\(\s*"(\w+)"', source))
    raised |= {"unknown_setting", "unknown_setting_near", "unreadable_variable", "not_utf8", "not_toml"}
    assert set(settings_faults()) == raised
    assert all(set(entry) == set(LANGUAGES) for entry in settings_faults().values())


@given(st.text())
def test_any_text_has_a_line_or_none(text: str) -> None:
    line = line_of(text, ["policy", "ring_limit"])
    assert line is None or 1 <= line <= len(text.splitlines())
