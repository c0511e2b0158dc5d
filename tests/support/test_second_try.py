"""Tests the second try: a lasting fault fails, bad luck passes and is listed, many failures are final, in any group."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.second_try import groups_of, run

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
FAULT = "def test_fault():\n    assert False\n"
MANY = "import pytest\n\n@pytest.mark.parametrize('n', range(3))\ndef test_each(n):\n    assert False\n"


@pytest.mark.parametrize(
    ("text", "code", "lines"),
    [
        (LUCK, 0, ["1 failed; once more, alone:", "Passed only the second time", "test_unlucky"]),
        (FAULT, 1, ["1 failed; once more, alone:"]),
        (MANY, 1, []),
        ("def test_fine():\n    pass\n", 0, []),
    ],
    ids=["luck", "fault", "many", "none"],
)
def test_what_failed_runs_once_more_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str, code: int, lines: list[str]
) -> None:
    (tmp_path / "test_it.py").write_text(text)
    assert run([["-q"]], tmp_path, most=2) == code
    output = capfd.readouterr().out
    assert all(line in output for line in lines)
    assert ("once more" in output) == bool(lines)


def test_groups_run_beside_each_other_and_the_failures_of_both_once_more(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test_first.py").write_text(LUCK)
    (tmp_path / "test_second.py").write_text(FAULT)
    assert groups_of(["-q", "test_first.py", "--beside", "-v", "test_second.py"]) == [
        ["-q", "test_first.py"],
        ["-v", "test_second.py"],
    ]
    assert run([["-q", "test_first.py"], ["-v", "test_second.py"]], tmp_path, most=2) == 1
    output = capfd.readouterr().out
    assert "test_second.py::test_fault FAILED" in output
    assert "2 failed; once more, alone:" in output
    # What failed in an earlier run, and passes now, is not tried again.
    (tmp_path / "test_second.py").write_text("def test_fault():\n    pass\n")
    assert run([["-q", "test_first.py"], ["-q", "test_second.py"]], tmp_path, most=2) == 0
    assert "once more" not in capfd.readouterr().out
