"""Tests that every test named in docs/security.md exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
PAGE: Final = (TESTS.parent / "docs" / "security.md").read_text("utf-8")
PARTS: Final = ("What each role can see", "Telephone", "PBX", "Browser", "API", "Feed", "Files", "Staff")


def test_every_test_that_the_threat_model_names_exists() -> None:
    source = "\n".join(path.read_text("utf-8") for path in TESTS.rglob("*.py"))
    defined = set(re.findall(r"def (test_\w+)", source))
    assert set(re.findall(r"`(test_\w+)`", PAGE)) - defined == set()


def test_every_file_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+(?:\.py)?)`", PAGE))
    assert named
    assert [name for name in sorted(named) if not (TESTS.parent / name).exists()] == []


def test_every_part_of_the_centre_has_its_threats() -> None:
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE) == list(PARTS)
