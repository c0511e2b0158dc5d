"""Reads the decisions of docs/decisions and writes their index (`python -m tests.support.decisions`)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs/decisions"
HEADINGS = ("Context", "Decision", "Consequences", "Enforced by")


@dataclass(frozen=True, slots=True)
class Decision:
    path: Path
    number: str
    title: str
    date: str
    headings: tuple[str, ...]
    sections: dict[str, str] = field(hash=False)


def read(path: Path) -> Decision:
    """`# NNNN Title`, `Date: YYYY-MM-DD`, then the sections."""
    text = path.read_text("utf-8")
    title = re.match(r"# (\d{4}) (.+)\n", text)
    date = re.search(r"^Date: (\d{4}-\d{2}-\d{2})$", text, re.MULTILINE)
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    headings = tuple(parts[1::2])
    return Decision(
        path=path,
        number=title[1] if title else path.name[:4],
        title=title[2] if title else "",
        date=date[1] if date else "",
        headings=headings,
        sections=dict(zip(headings, parts[2::2], strict=True)),
    )


def decisions() -> list[Decision]:
    return [read(path) for path in sorted(FOLDER.glob("[0-9]*.md"))]


def index_text() -> str:
    rows = [
        f"| {decision.number} | [{decision.title}]({decision.path.name}) | {decision.date} |"
        for decision in decisions()
    ]
    head = [
        "# Decisions",
        "",
        "Written by `python -m tests.support.decisions`. Each has a date and four headings.",
        "",
        "| number | decision | date |",
        "| --- | --- | --- |",
    ]
    return "\n".join([*head, *rows]) + "\n"


if __name__ == "__main__":
    (FOLDER / "README.md").write_text(index_text(), "utf-8")
