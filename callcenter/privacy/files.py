"""Masks a person in text files beside the database: Asterisk's logs and our own. Blocking; run in a thread.

They are masked in place by asterisks of the same length, so that the process appending to them is undisturbed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callcenter.privacy.redaction import Redactor

CHUNK: Final = 1_000_000
SUFFIXES: Final = (".log", ".jsonl", ".csv", ".txt")
NAMES: Final = ("queue_log", "messages", "full", "Master.csv", "cel.jsonl", "security")


@dataclass(frozen=True, slots=True)
class Renamed:
    """A file whose first line was masked: the reader of the PBX's files identifies it by that (asterisk/tail.py)."""

    old: str
    new: str


def logs_below(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            known = path.suffix in SUFFIXES or path.name.startswith(NAMES)
            if known and path.is_file() and not path.is_symlink():
                yield path


def mask(path: Path, redactor: Redactor) -> tuple[int, Renamed | None]:
    """Returns (lines changed, new identity if it changed) of one file; an incomplete last line is left alone."""
    changed, first = 0, _first(path)
    with path.open("r+b") as file:
        offset = 0
        while lines := file.readlines(CHUNK):
            for line in lines:
                masked = redactor.masked(line) if line.endswith(b"\n") else line
                if masked != line:
                    file.seek(offset)
                    file.write(masked)
                    changed += 1
                offset += len(line)
            file.seek(offset)
    after = _first(path)
    return changed, None if first == after else Renamed(_identity(path, first), _identity(path, after))


def _first(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline()


def _identity(path: Path, first: bytes) -> str:
    status = path.stat()
    return f"{status.st_dev:x}-{status.st_ino:x}-{zlib.crc32(first):08x}"
