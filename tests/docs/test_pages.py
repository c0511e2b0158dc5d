"""Tests the documents: links lead somewhere, every page is in the index, decisions have one form."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support.decisions import HEADINGS, decisions, index_text

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
BUILT = {"dashboards/dist"}
"""What pages name and only a build creates."""
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_CLAUSE = re.compile(r"\(([RCDHWKFSOV]\d{1,2})\)|\btest_([RCDHWKFSOV]\d{1,2})_|clause: ?\"([RCDHWKFSOV]\d{1,2})\"")


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub names them."""
    seen: Counter[str] = Counter()
    names = set()
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower().strip()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        names.add(name if not seen[name] else f"{name}-{seen[name]}")
        seen[name] += 1
    return names


def broken(page: Path) -> list[str]:
    result = []
    for link in _LINK.findall(re.sub(r"`[^`]*`", "", prose(page))):
        if re.match(r"[a-z][a-z+.-]*:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            result.append(link)
    return result


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    assert broken(page) == []


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One heading\n[a](#one-heading) [b](#another) [c](gone.md) [d](https://example.org) `[e](x)`\n")
    assert broken(page) == ["#another", "gone.md"]


def lost(page: Path) -> list[str]:
    """The tests and files that a page names and that do not exist."""
    named = re.findall(
        r"`((?:benchmarks|callcenter|dashboards|deploy|docs|ivr|recordings|tests)/[\w./*-]+)", prose(page)
    )
    tests = re.findall(r"`(?:[\w/]+/)?(test_\w+\.py)", prose(page))
    return [path for path in named if not any(ROOT.glob(path.rstrip("/."))) and path.rstrip("/.") not in BUILT] + [
        name for name in tests if not any((ROOT / "tests").rglob(name))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    assert lost(page) == []


def test_a_file_that_is_gone_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("`tests/docs/test_pages.py`, `test_layout.py`, `test_gone.py` and `callcenter/gone/`.\n")
    assert lost(page) == ["callcenter/gone/", "test_gone.py"]


def test_every_page_is_in_the_index_with_a_line_of_its_own() -> None:
    lines = re.findall(r"^- \[[^\]]+\]\(([^)]+)\): \S", (DOCS / "index.md").read_text("utf-8"), re.MULTILINE)
    pages = [page.name for page in DOCS.glob("*.md") if page.name != "index.md"]
    assert sorted(lines) == sorted([*pages, "decisions/README.md"])


def test_every_clause_that_is_cited_is_in_the_policy() -> None:
    policy = set(re.findall(r"^- ([A-Z]\d+) ", (DOCS / "policy.md").read_text("utf-8"), re.MULTILINE))
    assert {"R1", "K3", "V6"} <= policy
    unknown = {}
    for folder in ("callcenter", "ivr", "recordings", "dashboards", "tests", "benchmarks"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in (".py", ".js", ".toml") and "vendor" not in file.parts:
                cited = {"".join(groups) for groups in _CLAUSE.findall(file.read_text("utf-8"))} - policy
                if cited:
                    unknown[str(file.relative_to(ROOT))] = cited
    assert unknown == {}


@pytest.mark.parametrize("decision", decisions(), ids=lambda decision: decision.number)
def test_every_decision_has_one_form(decision: object) -> None:
    from tests.support.decisions import Decision

    assert isinstance(decision, Decision)
    assert decision.date, "a line `Date: YYYY-MM-DD` under the title"
    assert decision.headings == HEADINGS, decision.path.name
    assert all(decision.sections[heading].strip() for heading in HEADINGS)


def test_the_index_of_decisions_is_that_of_its_pages() -> None:
    numbers = [decision.number for decision in decisions()]
    assert len(numbers) == len(set(numbers))
    assert (DOCS / "decisions/README.md").read_text("utf-8") == index_text(), "python -m tests.support.decisions"
