"""Names keep to the words of docs/architecture.md: none of its "never" column comes back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("callcenter", "ivr", "recordings", "dashboards")
NAMES: Final = re.compile(r"told|tell|tell_\w+|wanted|behind|one|found|HOUSE|(?:\w+_)?anew(?:_\w+)?")
"""Names of variables, parameters, fields and functions."""
CLASSES: Final = re.compile(r"NoSuch\w*|\w+NotFound")
ALLOWED: Final = {
    ("callcenter/worklog/exports.py", "behind"),  # a parameter of the API
    # A column and a JSON field: what the customer asks for.
    ("callcenter/complaints/model.py", "wanted"),
    ("callcenter/complaints/rows.py", "wanted"),
    ("callcenter/complaints/shapes.py", "wanted"),
    # A parameter of a published URL.
    ("callcenter/centre/search.py", "found"),
}


def names(tree: ast.AST) -> Iterator[str]:
    """The names that a module gives, without those of classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def never(source: str) -> set[str]:
    tree = ast.parse(source)
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    return {name for name in names(tree) if NAMES.fullmatch(name)} | {
        name for name in classes if CLASSES.fullmatch(name)
    }


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        # A migration that has run is never edited.
        yield from (path for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts)


def test_no_name_uses_a_word_that_has_a_better_one() -> None:
    named = {(str(path.relative_to(ROOT)), name) for path in modules() for name in never(path.read_text("utf-8"))}
    assert named - ALLOWED == set()


def test_every_exception_is_still_needed() -> None:
    named = {(str(path.relative_to(ROOT)), name) for path in modules() for name in never(path.read_text("utf-8"))}
    assert ALLOWED - named == set()


@pytest.mark.parametrize(
    "source",
    [
        "told = 1",
        "def tell_agents(): ...",
        "def page(behind): ...",
        "[one for one in calls]",
        "found: int = 1",
        "class NoSuchCall: ...",
        "class CallNotFound: ...",
        "HOUSE = 1",
        "def begins_anew(): ...",
    ],
)
def test_each_word_is_noticed(source: str) -> None:
    assert never(source)
