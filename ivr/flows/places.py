"""Finds the line of each key in a TOML source: tomllib reports lines only for what it cannot parse. Pure.

A scan for table headers and keys is enough: a source that arrives here has been parsed, so every line is what it looks
like, except inside a multi-line string.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_PART: Final = r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')"
_PATH: Final = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER: Final = re.compile(rf"\s*\[\[?\s*({_PATH})\s*\]\]?")
_KEY: Final = re.compile(rf"\s*({_PATH})\s*=")
_INLINE: Final = re.compile(rf"[{{,]\s*({_PATH})\s*=")
_QUOTES: Final = ('"""', "'''")
_SYNTAX: Final = re.compile(r"\(at line (\d+), column \d+\)")


def lines_of(source: str) -> Mapping[str, int]:
    """The line of each key and table by its dotted path, counted from 1."""
    lines: dict[str, int] = {}
    table, open_quote = "", ""
    for number, text in enumerate(source.splitlines(), 1):
        if open_quote:
            open_quote = "" if open_quote in text else open_quote
            continue
        if header := _HEADER.match(text):
            table = _dotted(header[1])
            lines.setdefault(table, number)
        elif key := _KEY.match(text):
            path = _joined(table, _dotted(key[1]))
            lines.setdefault(path, number)
            for inner in _INLINE.finditer(text, key.end()):
                lines.setdefault(_joined(path, _dotted(inner[1])), number)
        open_quote = next((quote for quote in _QUOTES if text.count(quote) % 2), "")
    return lines


def line_of(lines: Mapping[str, int], path: str) -> int:
    """The line of a path, or of the nearest part around it; 1 for the file as a whole."""
    while path:
        if path in lines:
            return lines[path]
        path = path.rpartition(".")[0]
    return 1


def line_in(message: str) -> int:
    """The line that tomllib names in its message; 1 when it names none."""
    match = _SYNTAX.search(message)
    return int(match[1]) if match else 1


def _joined(table: str, path: str) -> str:
    return f"{table}.{path}" if table else path


def _dotted(path: str) -> str:
    return ".".join(part.strip("\"'") for part in re.findall(_PART, path))
