"""Tests the layout of docs/architecture.md by pattern, so that a new file is checked without being listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import grimp
import pytest

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("callcenter", "ivr", "recordings", "dashboards")
CENTRE: Final = "callcenter.centre"
COMMANDS: Final = "callcenter.cli"
LOOSE: Final = {"__init__", "__main__", "clock", "errors"}
"""The only files of callcenter/ that belong to no room."""

LONGEST: Final = {"callcenter": 310, "ivr": 310, "recordings": 310, "dashboards": 310, "benchmarks": 310, "tests": 400}
"""Lines of a file: one of more than about 300 holds two nouns."""

Arrow = tuple[str, str]


@cache
def imports() -> frozenset[Arrow]:
    graph = grimp.build_graph(*PACKAGES)
    return frozenset((a, b) for a in graph.modules for b in graph.find_modules_directly_imported_by(a))


def room(module: str) -> str:
    """The room of a module: a package of callcenter, or one of the packages beside it."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "callcenter" else parts[0]


def last(module: str) -> str:
    return module.rpartition(".")[2]


def private_tables(importer: str, imported: str) -> bool:
    return last(imported) in ("rows", "store") and room(importer) != CENTRE


def private_wiring(importer: str, imported: str) -> bool:
    return last(imported) == "room" and room(importer) not in (CENTRE, COMMANDS)


def private_api(importer: str, imported: str) -> bool:
    web = last(importer).endswith("http") or last(importer) == "shapes"
    return last(imported) in ("http", "shapes") and room(importer) != CENTRE and not web


RULES: Final[dict[str, Callable[[str, str], bool]]] = {
    "rows and store are imported by their own room and the centre": private_tables,
    "room is imported by its own room, the centre and the commands": private_wiring,
    "http and shapes are imported by their own room, the centre and other http and shapes": private_api,
}


@pytest.mark.parametrize("rule", RULES)
def test_rooms_import_only_what_other_rooms_offer(rule: str) -> None:
    breaks = RULES[rule]
    broken = sorted(f"{a} imports {b}" for a, b in imports() if room(a) != room(b) and breaks(a, b))
    assert not broken, rule


@pytest.mark.parametrize(
    ("importer", "imported", "breaks"),
    [
        ("callcenter.privacy.service", "callcenter.customers.rows", private_tables),
        ("recordings.http", "callcenter.calls.store", private_tables),
        ("callcenter.calls.service", "callcenter.callbacks.room", private_wiring),
        ("callcenter.cli.analysis", "callcenter.complaints.analysis.http", private_api),
    ],
)
def test_each_rule_can_be_broken(importer: str, imported: str, breaks: Callable[[str, str], bool]) -> None:
    assert breaks(importer, imported)


def test_no_module_imports_itself_through_others() -> None:
    assert list(cycles(imports())) == []


def test_a_cycle_is_seen() -> None:
    assert list(cycles(frozenset({("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")}))) == [["b", "c"]]


def test_only_clock_and_errors_belong_to_no_room() -> None:
    assert {path.stem for path in (ROOT / "callcenter").glob("*.py")} == LOOSE


@pytest.mark.parametrize("tree", LONGEST)
def test_no_file_holds_two_nouns(tree: str) -> None:
    # A migration that has run is never edited.
    paths = [path for path in (ROOT / tree).rglob("*.py") if "versions" not in path.parts]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in paths}
    assert lengths
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST[tree]} == {}


def test_only_modules_without_coroutines_sleep_in_their_thread() -> None:
    """What sleeps is called in a thread (`asyncio.to_thread`) or by a command: on the loop it would stop calls."""
    paths = [path for top in PACKAGES for path in (ROOT / top).rglob("*.py")]
    sleeping = [path for path in paths if "time.sleep(" in path.read_text("utf-8")]
    assert sleeping
    assert [path.name for path in sleeping if "async def " in path.read_text("utf-8")] == []


def cycles(arrows: frozenset[Arrow]) -> Iterator[list[str]]:
    """The modules that reach one another, in groups: what is left when those without an arrow in or out are cut off."""
    left = arrows
    while True:
        starts, ends = {a for a, _ in left}, {b for _, b in left}
        inside = frozenset((a, b) for a, b in left if a in ends and b in starts)
        if inside == left:
            break
        left = inside
    following: dict[str, set[str]] = {}
    for a, b in left:
        following.setdefault(a, set()).add(b)
    reached = {module: _reached(module, following) for module in following}
    groups = {frozenset(b for b in reached[a] if a in reached[b]) for a in reached if a in reached[a]}
    yield from sorted(sorted(group) for group in groups)


def _reached(start: str, following: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    edge = [start]
    while edge:
        for module in following.get(edge.pop(), set()) - reached:
            reached.add(module)
            edge.append(module)
    return reached
