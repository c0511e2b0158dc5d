"""Tests that names and documents use the words of docs/architecture.md and none of its "never" column."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
TREES: Final = ("callcenter", "ivr", "recordings", "dashboards", "tests", "benchmarks")
NAMES: Final = re.compile(
    r"_*(?:told|(?-i:tells?|tell_\w+)|\w+_told|said|says?|say_\w+|wanted|behind|one|found|who|house|office|desks?"
    r"|nobody|somebody|anybody|everybody|whoever|anew|\w+_anew|\w*for_ever|on_paper|\w+_on_paper|doubles)_*",
    re.IGNORECASE,
)
"""Names of variables, parameters, fields, functions and modules."""
SPEECH: Final = re.compile(r"_*(?:said|says?|nobody)_*", re.IGNORECASE)
"""`say` and `nobody` are keys of every flow (docs/ivr.md)."""
CLASSES: Final = re.compile(
    r"NoSuch\w*|\w+NotFound|(?:\w*[a-z])?(?:Told|Said|House|Office|Desks?|Doubles|Wanted|Nobody)"
)
ALLOWED: Final = {
    # The words of published interfaces: parameters, fields, operation ids, columns, keys of scripts.
    ("callcenter/agents/model.py", "DESK"): "the kind `desk` of a phone: a desk phone",
    ("callcenter/callbacks/http.py", "say_result"): "an operation id",
    ("callcenter/callbacks/http.py", "say_served"): "an operation id",
    ("callcenter/centre/search.py", "found"): "a query parameter of /search",
    ("callcenter/complaints/model.py", "wanted"): "a column and a field of a case: what the customer asks for",
    ("callcenter/complaints/rows.py", "wanted"): "a column",
    ("callcenter/complaints/shapes.py", "wanted"): "a field",
    ("callcenter/complaints/store.py", "wanted"): "a column and a field",
    ("callcenter/followup/scripts/model.py", "say"): "a key of every script: what the agent says to the customer",
    ("callcenter/followup/conversations/shapes.py", "say"): "a field",
    ("callcenter/scorecards/sampling/http.py", "everybody"): "a query parameter of /sample-picks",
    ("callcenter/worklog/exports.py", "behind"): "a query parameter of /exports/work_logs",
}
"""Names that cannot change, each with its reason."""
PROSE: Final = re.compile(
    r"\b(anew|for ever|bears? being told|at a shell|on paper|whoever|somebody|everybody|anybody"
    r"|is told|are told|was told|were told|been told)\b",
    re.IGNORECASE,
)
"""Words that documents, docstrings, comments and texts no longer use."""
CODE: Final = re.compile(r"`[^`]*`")
CITED: Final = {
    "tests/docs/test_words.py": "the list itself",
    "recordings/courtesy/lists/en.toml": "phrases that agents must not say",
}
"""Files whose prose has to name such a word, each with its reason."""


def names(tree: ast.AST) -> Iterator[str]:
    """The names that a module gives, without those of classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def never(source: str) -> set[str]:
    tree = ast.parse(source)
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    return {name for name in names(tree) if NAMES.fullmatch(name)} | {
        name for name in classes if CLASSES.fullmatch(name)
    }


def modules() -> Iterator[Path]:
    for tree in TREES:
        # A migration that has run is never edited.
        yield from (path for path in (ROOT / tree).rglob("*.py") if "versions" not in path.parts)


def named() -> set[tuple[str, str]]:
    """Each module's names, and its own, that a better word exists for."""
    own = {(str(path.relative_to(ROOT)), path.stem) for path in modules() if NAMES.fullmatch(path.stem)}
    used = own | {(str(path.relative_to(ROOT)), name) for path in modules() for name in never(path.read_text("utf-8"))}
    spoken = ("ivr/", "tests/ivr/")
    return {(path, name) for path, name in used if not (path.startswith(spoken) and SPEECH.fullmatch(name))}


def prose(module: Path) -> Iterator[tuple[int, str]]:
    """The lines of a module's docstrings and comments, or all lines of any other file."""
    text = module.read_text("utf-8")
    if module.suffix != ".py":
        yield from enumerate(text.splitlines(), 1)
    elif PROSE.search(text):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and token.string.startswith('"""')):
                yield from enumerate(token.string.splitlines(), token.start[0])


def texts() -> Iterator[Path]:
    """The code, and the files beside it that people read: sentences, scripts, forms, the pages."""
    yield from modules()
    for tree in TREES:
        files = (path for path in (ROOT / tree).rglob("*") if path.suffix in (".toml", ".js", ".html"))
        yield from (path for path in files if "vendor" not in path.parts)


def documents() -> list[Path]:
    """Everything that people read, without what is kept as it was agreed: the policy, its rules and the changelog."""
    agreed = {"policy.md", "rules.md"}
    pages = [page for page in (ROOT / "docs").rglob("*.md") if page.name not in agreed]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *pages]


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_no_document_uses_a_word_that_has_a_better_one(page: Path) -> None:
    # The word list itself names what it replaces.
    lines = [line for line in page.read_text("utf-8").splitlines() if not line.startswith("|")]
    assert [line for line in lines if PROSE.search(line)] == []


def test_no_prose_in_the_code_uses_a_word_that_has_a_better_one() -> None:
    used = [
        f"{name}:{number}: {line.strip()}"
        for path in texts()
        if (name := str(path.relative_to(ROOT))) not in CITED
        for number, line in prose(path)
        if PROSE.search(CODE.sub("", line))
    ]
    assert used == []


def test_prose_is_found_in_docstrings_and_comments_only(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""Reads anew."""\nevent = "anew"  # Whoever asks.\n', "utf-8")
    assert [number for number, line in prose(module) if PROSE.search(line)] == [1, 2]


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
        "self.told = 1",
        "import sys as house",
        "class FakeDesk: ...",
        "def test_what_is_wrong_is_told(): ...",
    ],
)
def test_each_word_is_noticed(source: str) -> None:
    assert never(source)
