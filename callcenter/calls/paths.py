"""Derives a caller's path through a reception flow from CEL. Pure.

The reception's runner writes a user event `cc_path` after each answer: `step=keys>result`, several joined by `|`. They
are in CEL, so they outlive the service; each part holds only letters, digits and `_/:+*#.-` (ivr/agi/runner.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from callcenter.asterisk.cel import CelRow
from callcenter.calls.model import PathStep

PATH: Final = "cc_path"
NUMBER: Final = "cc_number"
OVERFLOW: Final = "cc_overflow"
DIALECT: Final = "cc_dialect"
LONGEST: Final = 200
"""Steps that a record keeps."""
MOST_DIGITS: Final = 20
LONGEST_TARGET: Final = 40


def path_of(cel: Sequence[CelRow], caller: str) -> tuple[PathStep, ...]:
    """The path of a call; `cel` is sorted by time."""
    rows = (row for row in cel if row.uniqueid == caller and row.user_event == PATH)
    steps = [step for row in rows for step in _steps(row.at, row.extra.get("extra", ""))]
    return tuple(steps[:LONGEST])


def entered_number(cel: Sequence[CelRow], caller: str) -> str:
    """The number that the caller entered last, as digits; empty when none was entered."""
    numbers = [row.extra.get("extra", "") for row in cel if row.uniqueid == caller and row.user_event == NUMBER]
    last = numbers[-1] if numbers else ""
    return last if last.isascii() and last.isdigit() and len(last) <= MOST_DIGITS else ""


def overflowed_to(cel: Sequence[CelRow], caller: str) -> str:
    """Where the dialplan took the caller last whom the line's queue did not serve; empty: nowhere."""
    return _last(cel, caller, OVERFLOW)


def dialect_of(cel: Sequence[CelRow], caller: str) -> str:
    """The language or dialect in which the caller asked to be served; empty when none is known from the call."""
    return _last(cel, caller, DIALECT)


def _last(cel: Sequence[CelRow], caller: str, event: str) -> str:
    texts = [row.extra.get("extra", "") for row in cel if row.uniqueid == caller and row.user_event == event]
    return texts[-1][:LONGEST_TARGET] if texts else ""


def _steps(at: datetime, text: str) -> Iterator[PathStep]:
    for part in text.split("|"):
        step, _, rest = part.partition("=")
        keys, _, result = rest.partition(">")
        if step:
            yield PathStep(at, step, keys, result)
