"""Splits lines of the PBX's files into complete records and the remains of a truncation or an embedded line break.

A full disk or a crash truncates a line anywhere, and the next one is appended to it without a line end. The start of a
record is recognised by its form, so the complete one after a truncation is found; what precedes it is damaged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

MOST_BREAKS: Final = 100
"""Line breaks in one record: a number is short, and a broken file must not be read into memory as a whole."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file at an offset; `whole` is False for what is certainly no record, True for what may be one."""

    offset: int
    data: bytes
    whole: bool


def divided(offset: int, line: bytes, beginning: re.Pattern[bytes]) -> Iterator[Part]:
    """Split a line into what precedes the first start of a record, and one part from each start to the next."""
    starts = [beginnings.start() for beginnings in beginning.finditer(line)]
    if not starts or starts[0] > 0:
        yield Part(offset, line[: starts[0]] if starts else line, whole=False)
    for start, end in zip(starts, [*starts[1:], len(line)], strict=False):
        yield Part(offset + start, line[start:end], whole=True)


def joined(parts: Iterable[Part], reads: Callable[[bytes], bool]) -> Iterator[Part]:
    """Rejoin parts, restoring each record that a line break within a value has split.

    Only lines without a record start follow such a break, and only those that parse as a record with them are joined.
    """
    held: list[Part] = []
    for part in parts:
        if part.whole or not held or len(held) > MOST_BREAKS:
            yield from _damaged(held)
            held.clear()
        if part.whole and reads(part.data):
            yield part
        elif part.whole:
            held.append(part)
        elif not held:
            yield part
        else:
            held.append(part)
            record = b"\n".join(entry.data for entry in held)
            if reads(record):
                yield Part(held[0].offset, record, whole=True)
                held.clear()
    yield from _damaged(held)


def _damaged(held: Iterable[Part]) -> Iterator[Part]:
    return (Part(part.offset, part.data, whole=False) for part in held)
