"""Tests that every log record is a snake_case event with facts, and that only web configures stdlib logging."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.lengthy

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("callcenter", "ivr", "recordings", "dashboards")
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
SET_UP = "callcenter/web/logging.py"
"""Where the standard library's loggers are led through structlog."""


def faults_of(source: str) -> Iterator[tuple[int, str]]:
    """Line and fault of each log call that is no event, and of each import of stdlib logging."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names) if any(name.name.split(".")[0] == "logging" for name in names):
                yield node.lineno, "imports stdlib logging"
            case ast.ImportFrom(module="logging", level=0):
                yield node.lineno, "imports stdlib logging"
            case ast.Call(func=ast.Attribute(attr=level, value=ast.Name(id=logger)), args=args) if (
                level in LEVELS and logger in {"log", "logger", "_log", "LOG"}
            ):
                if len(args) != 1:
                    yield node.lineno, "facts are keyword arguments"
                for text in ast.walk(args[0]):
                    if isinstance(text, ast.JoinedStr):
                        yield node.lineno, "an event is a constant"
                    if isinstance(text, ast.Constant) and not re.fullmatch(r"[a-z][a-z0-9_]*", str(text.value)):
                        yield node.lineno, f"not a snake_case event: {text.value!r}"


def test_every_log_record_is_a_snake_case_event_with_facts() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{line}: {fault}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if str(path.relative_to(ROOT)) != SET_UP
        for line, fault in faults_of(path.read_text("utf-8"))
    ]
    assert faults == []


def test_the_check_finds_sentences_positional_facts_and_stdlib_logging() -> None:
    lines = [
        "import logging",
        'log.info("queues had drifted")',
        'log.warning("x", 1)',
        'log.error(f"job_{n}")',
        'log.info("ok")',
    ]
    source = "\n".join(lines)
    assert [line for line, _ in faults_of(source)] == [1, 2, 3, 4]
