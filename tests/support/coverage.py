"""Prints the figures of `make coverage` as a table: lines and branches of each package, as coverage.py counts them."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePath

from coverage import Coverage

ROOT_FILES = "(loose files)"


@dataclass(slots=True)
class Figures:
    lines: int = 0
    lines_run: int = 0
    branches: int = 0
    branches_run: int = 0

    def add(self, lines: int, lines_run: int, branches: int, branches_run: int) -> None:
        self.lines += lines
        self.lines_run += lines_run
        self.branches += branches
        self.branches_run += branches_run


def room_of(path: str) -> str:
    """`callcenter/calls/floor.py` belongs to `callcenter/calls`, `ivr/process.py` to `ivr`."""
    parts = PurePath(path).parts
    if parts[0] != "callcenter":
        return parts[0]
    return "/".join(parts[:2]) if len(parts) > 2 else f"callcenter {ROOT_FILES}"


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:5.1f} %" if whole else "      –"


def row(name: str, figures: Figures) -> str:
    lines = percent(figures.lines_run, figures.lines)
    branches = percent(figures.branches_run, figures.branches)
    return f"{name:<28}{figures.lines:>8}{lines:>10}{figures.branches:>10}{branches:>10}"


def table(rooms: dict[str, Figures]) -> list[str]:
    whole = Figures()
    for figures in rooms.values():
        whole.add(figures.lines, figures.lines_run, figures.branches, figures.branches_run)
    head = f"{'room':<28}{'lines':>8}{'run':>10}{'branches':>10}{'taken':>10}"
    return [head, *(row(name, figures) for name, figures in sorted(rooms.items())), row("all", whole)]


def measured() -> dict[str, Figures]:
    coverage = Coverage()
    coverage.load()
    rooms: dict[str, Figures] = defaultdict(Figures)
    for file in coverage.get_data().measured_files():
        path = PurePath(file)
        if path.suffix != ".py":
            continue  # A template: Jinja compiles it under its own name.
        numbers = coverage._analyze(file).numbers
        name = str(path.relative_to(Path.cwd())) if path.is_absolute() else file
        rooms[room_of(name)].add(
            numbers.n_statements, numbers.n_executed, numbers.n_branches, numbers.n_executed_branches
        )
    return dict(rooms)


if __name__ == "__main__":
    sys.stdout.write("\n".join(table(measured())) + "\n")
