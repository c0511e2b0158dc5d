"""One line of Asterisk's queue_log, read into a row: `time|callid|queue|agent|event|data|...`.

Times are whole seconds. `callid` is the caller's Uniqueid (or NONE); CONNECT's second datum is the Uniqueid
of the agent's leg; RINGNOANSWER and RINGCANCELED carry milliseconds; QUEUESTART marks a start of Asterisk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callcenter.asterisk.cel import LONGEST_LINE, clean, instant


@dataclass(frozen=True, slots=True)
class QueueRow:
    at: datetime
    callid: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]

    def datum(self, number: int) -> str:
        """The datum at a place, counted from 0; empty where the line ends before it."""
        return self.data[number] if number < len(self.data) else ""


def parse(line: bytes) -> QueueRow | None:
    """Read one line; None when it is damaged."""
    if len(line) > LONGEST_LINE or b"\0" in line:
        return None
    parts = line.decode("utf-8", "replace").strip("\r\n").split("|")
    if len(parts) < 5:
        return None
    try:
        at = instant(parts[0])
    except (ValueError, OverflowError):
        return None
    callid, queue, agent, event, *data = (clean(one) for one in parts[1:])
    if not callid or not event.isascii() or not event.isupper():
        return None
    return QueueRow(at, callid, queue, agent, event, tuple(data))
