"""Tests the second try: a lasting fault fails, bad luck passes and is listed, many failures are final."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.second_try import run

LUCK = """
from pathlib import Path

def test_steady():
    pass

def test_unlucky():
    mark = Path(__file__).with_name("seen")
    seen = mark.exists()
    mark.touch()
    assert seen
"""
STORY = """
from pathlib import Path

import pytest

STEPS = []

@pytest.mark.slow
def test_not_selected():
    assert False

def test_begins():
    STEPS.append("begun")

def test_goes_on():
    mark = Path(__file__).with_name("seen")
    seen = mark.exists()
    mark.touch()
    assert seen and STEPS == ["begun"]
"""
FAULT = "def test_fault():\n    assert False\n"
MANY = "import pytest\n\n@pytest.mark.parametrize('n', range(3))\ndef test_each(n):\n    assert False\n"


@pytest.mark.parametrize(
    ("text", "code", "lines"),
    [
        (LUCK, 0, ["1 failed; once more, alone:", "Passed only the second time", "test_unlucky"]),
        (STORY, 0, ["1 failed; once more, alone:", "Passed only the second time", "test_goes_on"]),
        (FAULT, 1, ["1 failed; once more, alone:"]),
        (MANY, 1, []),
        ("def test_fine():\n    pass\n", 0, []),
    ],
    ids=["luck", "story", "fault", "many", "none"],
)
def test_what_failed_runs_once_more_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str, code: int, lines: list[str]
) -> None:
    (tmp_path / "test_it.py").write_text(text)
    assert run(["-q", "-m", "not slow"], tmp_path, most=2) == code
    output = capfd.readouterr().out
    assert all(line in output for line in lines)
    assert ("once more" in output) == bool(lines)
