"""Parses one line of Asterisk's queue_log into a row: `time|callid|queue|agent|event|data|...`.

Times are whole seconds. `callid` is the caller's Uniqueid (or NONE); CONNECT's second datum is the Uniqueid of the
agent's leg; RINGNOANSWER and RINGCANCELED carry milliseconds; QUEUESTART marks a start of Asterisk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callcenter.asterisk.cel import LONGEST_LINE, clean, instant
from callcenter.asterisk.parts import Part, divided

_BEGINNING: Final = re.compile(rb"(?=[0-9]{10}\|[^|]+\|[^|]*\|[^|]*\|[A-Z]+(?:\||\Z))")
"""A time in whole seconds (ten digits until the year 2286), the call, its queue, the agent and the event.

No datum of Asterisk's own events has this form: five fields after a number of ten digits, the last of them a word.
"""
_UNSAFE: Final = re.compile(rb"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class QueueRow:
    at: datetime
    callid: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]

    def datum(self, number: int) -> str:
        """The datum at a position, counted from 0; empty where the line is shorter."""
        return self.data[number] if number < len(self.data) else ""


def records(lines: Iterable[tuple[int, bytes]]) -> Iterator[Part]:
    """Return complete rows and damaged parts of lines with their offsets.

    A truncated row still looks like one with fewer data, so only a part at the end of a line counts as a row.
    """
    for offset, line in lines:
        *cut, last = divided(offset, line, _BEGINNING)
        yield from (Part(part.offset, part.data, whole=False) for part in cut)
        yield Part(last.offset, last.data, whole=last.whole and parse(last.data) is not None)


def begins(_: bytes) -> bool:
    """Whether lines may be split before this one: a row of the queue log is one line."""
    return True


def parse(line: bytes) -> QueueRow | None:
    """Parse one line; None when it is damaged. Asterisk writes no control character: one comes from a caller."""
    line = line.rstrip(b"\n")
    if len(line) > LONGEST_LINE or _UNSAFE.search(line):
        return None
    parts = line.decode("utf-8", "replace").split("|")
    if len(parts) < 5:
        return None
    try:
        at = instant(parts[0])
    except (ValueError, OverflowError):
        return None
    callid, queue, agent, event, *data = (clean(part) for part in parts[1:])
    if not callid or not event.isascii() or not event.isupper():
        return None
    return QueueRow(at, callid, queue, agent, event, tuple(data))
