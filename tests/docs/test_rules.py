"""docs/rules.md: what the product does for each clause of the policy and which tests name it.

`python -m tests.docs.test_rules` writes the page from docs/rules.toml and the names of the tests.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parents[1]
DOCS: Final = TESTS.parent / "docs"
PAGE: Final = DOCS / "rules.md"
NAMED: Final = re.compile(r"def (test_((?:[RCDHWKFSOV]\d+_)+)\w*)")
CLAUSES: Final = {"R": 11, "C": 3, "D": 7, "H": 4, "W": 5, "K": 8, "F": 4, "S": 6, "O": 3, "V": 6}
"""How many clauses each chapter of the policy has, in the policy's order."""
DOES: Final = ("enforces", "measures", "records", "partly", "nothing")
CLAIMED: Final = ("enforces", "measures")
HEAD: Final = """# Rules

What the product does for each clause of the policy, and which tests name the clause; written by
`tests/docs/test_rules.py` from `docs/rules.toml` and the names of the tests.

*enforces*: the software makes it happen · *measures*: it counts and flags · *records*: it has a place for it ·
*partly*: some of it, as described · *nothing*: not built.

| rule | does | how | tests in |
| --- | --- | --- | --- |
"""


def clauses() -> list[str]:
    """Every clause of the policy, in its order."""
    return [f"{chapter}{number}" for chapter, last in CLAUSES.items() for number in range(1, last + 1)]


def coverage() -> dict[str, dict[str, str]]:
    """The entries of docs/rules.toml by clause: `does` and `how`."""
    return tomllib.loads((DOCS / "rules.toml").read_text("utf-8"))


def files_by_rule() -> dict[str, list[str]]:
    """The files whose tests name a rule, by rule."""
    files: dict[str, set[str]] = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        for _, rules in NAMED.findall(path.read_text("utf-8")):
            for rule in rules.strip("_").split("_"):
                files[rule].add(path.relative_to(TESTS.parent).as_posix())
    return {rule: sorted(paths) for rule, paths in files.items()}


def page() -> str:
    files, entries = files_by_rule(), coverage()
    return HEAD + "".join(row(rule, entries[rule], files.get(rule, [])) for rule in clauses())


def row(rule: str, entry: dict[str, str], files: list[str]) -> str:
    return f"| {rule} | {entry['does']} | {entry['how']} | {', '.join(f'`{path}`' for path in files)} |\n"


def test_the_page_covers_each_clause_of_the_policy_once_and_no_other() -> None:
    assert list(coverage()) == clauses()
    assert set(files_by_rule()) <= set(clauses())


@pytest.mark.parametrize("rule", clauses())
def test_a_clause_has_tests_exactly_when_the_product_claims_to_act_on_it(rule: str) -> None:
    entry = coverage()[rule]
    assert entry["does"] in DOES
    assert entry["how"].endswith(".")
    tested = rule in files_by_rule()
    assert tested or entry["does"] not in CLAIMED, f"{rule} is claimed and no test names it"
    assert not tested or entry["does"] != "nothing", f"tests name {rule}, which the product does nothing for"


def test_the_page_of_rules_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
