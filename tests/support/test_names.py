"""Names in the packages, the tests and the benchmarks keep to the words of docs/architecture.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.docs.test_words import ALLOWED, ROOT, named

PACKAGES: Final = ("callcenter", "ivr", "recordings", "dashboards", "benchmarks", "tests")
WORDS: Final = {"deeds", "feeds", "needs", "seeds", "speeds"}
VAGUE: Final = re.compile(r"made|kept|shown|fromkeys|fullmatch|findall|getaddrinfo|\w+eds")
"""What a variable holds has a name of its own: a row, a shape, a page, an evaluation."""


def test_no_name_uses_a_word_that_has_a_better_one() -> None:
    assert named() - ALLOWED.keys() == set()


def test_every_exception_is_still_needed() -> None:
    assert ALLOWED.keys() - named() == set()


def variables(source: str) -> Iterator[str]:
    """The variables, parameters and functions inside functions, and the functions of a module; not methods and fields."""
    module = ast.parse(source)
    yield from (node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id
                elif isinstance(node, ast.arg):
                    yield node.arg
                elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node is not function:
                    yield node.name


def vague(path: Path) -> set[str]:
    return {name for name in variables(path.read_text("utf-8")) if VAGUE.fullmatch(name)} - WORDS


@pytest.mark.parametrize("package", PACKAGES)
def test_no_variable_is_named_for_what_was_done_to_it(package: str) -> None:
    # A migration that has run is never edited.
    paths = [path for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts]
    assert {str(path.relative_to(ROOT)): names for path in paths if (names := vague(path))} == {}


@pytest.mark.parametrize(
    "source", ["def f():\n made = 1", "def f(kept): ...", "def f():\n [0 for shown in a]", "async def made(): ..."]
)
def test_each_vague_name_is_noticed(source: str) -> None:
    assert any(VAGUE.fullmatch(name) for name in variables(source))
