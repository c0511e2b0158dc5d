"""docs/rules.md says which tests carry which rule of the policy; `python -m tests.test_rules` writes it anew."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parent
PAGE: Final = TESTS.parent / "docs" / "rules.md"
NAMED: Final = re.compile(r"def (test_((?:[RCDHWKFSOV]\d+_)+)\w*)")
CARRIED: Final = (
    "R1 R2 R3 R4 R5 R7 R8 R9 R11 C1 C2 C3 D1 D2 H1 W1 W3 W5 K1 K2 K3 K4 K7 K8 F1 F2 F3 F4 S1 S2"
).split()  # fmt: skip
"""The rules that the software makes happen, measures or records today."""


def files_by_rule() -> dict[str, list[str]]:
    """The files whose tests name a rule, by rule."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        for _, rules in NAMED.findall(path.read_text("utf-8")):
            for rule in rules.strip("_").split("_"):
                found[rule].add(path.relative_to(TESTS.parent).as_posix())
    return {rule: sorted(files) for rule, files in sorted(found.items(), key=lambda one: order(one[0]))}


def order(rule: str) -> tuple[int, int]:
    return "RCDHWKFSOV".index(rule[0]), int(rule[1:])


def page() -> str:
    lines = [f"| {rule} | {', '.join(f'`{file}`' for file in files)} |" for rule, files in files_by_rule().items()]
    head = "# Rules\n\nWhich tests name which rule of the policy; written by `tests/test_rules.py`.\n\n"
    return head + "| rule | tests in |\n| --- | --- |\n" + "\n".join(lines) + "\n"


def test_every_rule_that_the_software_carries_has_a_test_that_names_it() -> None:
    assert set(CARRIED) <= files_by_rule().keys()


def test_the_page_of_rules_is_what_the_tests_say() -> None:
    assert PAGE.read_text("utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
