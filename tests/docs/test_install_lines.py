"""Every `pip install` that a text names works as written: from the program's folder, with extras that exist.

The program is in no package registry: a bare name would fetch whatever a stranger has put there under it.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FOLDERS = ("callcenter", "recordings", "ivr", "dashboards", "docs", "deploy")
KINDS = {".md", ".py", ".toml", ""}
EXTRA = re.compile(r"(?<!\w)\.\[([a-z0-9,]+)\]")


def texts() -> list[Path]:
    result = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    return [
        *ROOT.glob("*.md"),
        *(p for p in result if p.is_file() and p.suffix in KINDS and "__pycache__" not in p.parts),
    ]


def install_lines() -> list[tuple[str, str]]:
    lines = []
    for path in texts():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if "pip install" in line and "--require-hashes" not in line:
                lines.append((f"{path.relative_to(ROOT)}:{number}", line))
    return lines


@pytest.mark.parametrize(("where", "line"), install_lines())
def test_an_install_line_names_the_program_folder_and_extras_that_exist(where: str, line: str) -> None:
    extras = [extra for group in EXTRA.findall(line) for extra in group.split(",")]
    assert extras, f"{where} installs something else than an extra of this folder"
    assert set(extras) <= PROJECT["optional-dependencies"].keys(), where


def test_no_text_installs_the_program_by_its_bare_name() -> None:
    assert not [path for path in texts() if f"{PROJECT['name']}[" in path.read_text("utf-8")]


def test_each_extra_is_named_by_a_text() -> None:
    named = {extra for _, line in install_lines() for extra in EXTRA.findall(line)}
    assert {"docx", "transcripts"} <= named
