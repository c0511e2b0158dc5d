"""What a line of the PBX's files holds: whole records, and what a cut or a line break within a value has left.

A full disk or a crash cuts a line anywhere, and the next one is glued to it without a line end between. A record's
beginning is known by its form, so the whole one behind a cut is found; what stands before it is damaged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

MOST_BREAKS: Final = 100
"""Line breaks that one record may hold: a telephone number is short, and a broken file must not be gathered whole."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file at an offset; `whole` is False for what is certainly no record, True for what may be one."""

    offset: int
    data: bytes
    whole: bool


def divided(offset: int, line: bytes, beginning: re.Pattern[bytes]) -> Iterator[Part]:
    """A line as what stands before the first beginning of a record, and one part from each beginning to the next."""
    starts = [result.start() for result in beginning.finditer(line)]
    if not starts or starts[0] > 0:
        yield Part(offset, line[: starts[0]] if starts else line, whole=False)
    for start, end in zip(starts, [*starts[1:], len(line)], strict=False):
        yield Part(offset + start, line[start:end], whole=True)


def joined(parts: Iterable[Part], reads: Callable[[bytes], bool]) -> Iterator[Part]:
    """Parts again, each record that a line break within a value has parted put together.

    Only lines without a beginning follow such a break, and only what reads as a record with them is joined to them.
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
