"""Tests that names and documents use the words of docs/architecture.md and none of its "never" column."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
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
VAGUE: Final = re.compile(r"made|kept|shown|fromkeys|fullmatch|findall|getaddrinfo|\w+eds")
"""What a variable holds has a name of its own: a row, a shape, a page, an evaluation."""
PLURALS: Final = {"deeds", "feeds", "needs", "seeds", "speeds"}
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
SCRIPTS: Final = (".ts", ".vue", ".js")
DECLARED: Final = re.compile(
    r"""\b(?:const|let|var|class|interface|type|enum)\s+(\w+)       # a name of a statement
    |\b(?:const|let|var)\s+[\[{]([^=]*?)[\]}]\s*=               # names taken out of an object or a list
    |\bfunction\s*(\w*)\s*\(([^()]*)\)                         # a function and its parameters
    |\(([^()]*)\)\s*(?::\s*[^=>{}]+)?=>|(?<![\w.])(\w+)\s*=>    # parameters of an arrow function
    |v-for="\(?([\w\s,]+?)\)?\s+(?:in|of)\b                     # a loop of a template""",
    re.VERBOSE,
)
"""Where TypeScript and Vue's templates give names. Types of one letter and default values are not names."""
CITED: Final = {
    "tests/docs/test_words.py": "the list itself",
    "recordings/courtesy/lists/en.toml": "phrases that agents must not say",
}
"""Files whose prose has to name such a word, each with its reason."""


@dataclass(frozen=True)
class Names:
    """What one module gives names to. `inside`: functions, and what functions hold; `all`: fields and imports too."""

    all: frozenset[str]
    inside: frozenset[str]
    classes: frozenset[str]


def names(source: str) -> Names:
    everywhere, inside, classes = set[str](), set[str](), set[str]()

    def visit(node: ast.AST, function: bool, method: bool) -> None:
        name = ""
        match node:
            case ast.ClassDef():
                classes.add(node.name)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                name = node.name
                if not method:
                    inside.add(name)
            case ast.Name(ctx=ast.Store()):
                name = node.id
            case ast.arg():
                name = node.arg
            case ast.Attribute(ctx=ast.Store()):
                everywhere.add(node.attr)
            case ast.alias(asname=str()):
                everywhere.add(str(node.asname))
            case _:
                pass
        if name:
            everywhere.add(name)
            if function:
                inside.add(name)
        enters = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.iter_child_nodes(node):
            visit(child, enters or (function and not isinstance(node, ast.ClassDef)), isinstance(node, ast.ClassDef))

    visit(ast.parse(source), function=False, method=False)
    return Names(frozenset(everywhere), frozenset(inside), frozenset(classes))


@cache
def names_of(path: Path) -> Names:
    return names(path.read_text("utf-8"))


def never(given: Names) -> set[str]:
    return {name for name in given.all if NAMES.fullmatch(name)} | {
        name for name in given.classes if CLASSES.fullmatch(name)
    }


def vague(given: Names) -> set[str]:
    return {name for name in given.inside if VAGUE.fullmatch(name)} - PLURALS


def script_names(source: str) -> Iterator[str]:
    """The names that a script or a component gives: `after` of `after: string`, `call` of `{ data: call }`."""
    for match in DECLARED.finditer(source):
        taken_out = match[2] is not None
        for part in (part for group in match.groups() if group for part in group.split(",")):
            words = re.findall(r"\w+", part.partition("=")[0])
            if words:
                yield words[-1] if taken_out else words[0]


def never_in_script(source: str) -> set[str]:
    """Names in camel case are compared as they are written in Python."""
    given = set(script_names(source))
    snake = {name: re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower() for name in given}
    return {name for name in given if NAMES.fullmatch(snake[name]) or VAGUE.fullmatch(snake[name])} - PLURALS


def scripts() -> Iterator[Path]:
    web = ROOT / "dashboards" / "web"
    for path in web.rglob("*"):
        if path.name != "schema.d.ts" and path.suffix in SCRIPTS and "node_modules" not in path.relative_to(web).parts:
            yield path


def modules() -> Iterator[Path]:
    for tree in TREES:
        # A migration that has run is never edited.
        yield from (path for path in (ROOT / tree).rglob("*.py") if "versions" not in path.parts)


def named() -> set[tuple[str, str]]:
    """Each module's names, and its own, that a better word exists for."""
    own = {(str(path.relative_to(ROOT)), path.stem) for path in modules() if NAMES.fullmatch(path.stem)}
    used = own | {(str(path.relative_to(ROOT)), name) for path in modules() for name in never(names_of(path))}
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
    yield from scripts()
    yield from (ROOT / "dashboards/web/public/texts").glob("*.json")
    for tree in TREES:
        files = (path for path in (ROOT / tree).rglob("*") if path.suffix in (".toml", ".js", ".css", ".html"))
        yield from (path for path in files if not {"vendor", "node_modules", "dist"} & set(path.parts))


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


def test_no_name_in_the_pages_uses_a_word_that_has_a_better_one() -> None:
    used = {str(path.relative_to(ROOT)): never_in_script(path.read_text("utf-8")) for path in scripts()}
    assert len(used) > 80
    assert {path: names for path, names in used.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "const told = 1;",
        "const { stage, shown } = steps();",
        "const { data: found } = await load();",
        "rows.sort((one, other) => one.at - other.at)",
        "rows.map((one: Row): string => one.id)",
        "rows.map(one => one.id)",
        "function tellAgents(): void {}",
        "function page(after: string, behind: string) {}",
        '<li v-for="(one, index) in rows" :key="index">',
        "type Desk = { id: string };",
    ],
)
def test_each_word_is_noticed_in_scripts(source: str) -> None:
    assert never_in_script(source)


def test_values_and_types_of_scripts_are_not_names() -> None:
    assert not never_in_script('const mode = "told";\nconst { data = found } = query;\nexport const word = one.said;')


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
    assert never(names(source))
