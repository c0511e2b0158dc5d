"""The survey after the call, as the dialplan reports it in CEL. Pure.

The agent hangs up and the caller stays (R5's only exception): Queue() continues in the dialplan when the member's
channel ends (option `c`), which asks one question and reads one key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callcenter.asterisk.cel import CelRow
from callcenter.facts import Uniqueid

EVENT: Final = "cc_survey"
ASKED: Final = "asked"
MARKS: Final = range(1, 6)
"""1 is very dissatisfied, 5 very satisfied."""


@dataclass(frozen=True, slots=True)
class Survey:
    """`asked_at` is the end of the talk; `mark` is None when the caller gave none."""

    asked_at: datetime
    mark: int | None


def survey_of(cel: Iterable[CelRow], caller: Uniqueid) -> Survey | None:
    """The survey on the caller's channel, from its rows in their order; None when it was not asked."""
    asked_at, mark = None, None
    for row in cel:
        if row.user_event != EVENT or row.uniqueid != caller:
            continue
        word = row.extra.get("extra", "")
        if word == ASKED:
            asked_at = asked_at or row.at
        elif word in {str(known) for known in MARKS}:
            mark = int(word)
    return None if asked_at is None else Survey(asked_at, mark)


@dataclass(frozen=True, slots=True)
class Marks:
    """How the callers of a group answered: `counts` by mark, from 1 to 5; `asked` includes those who gave none."""

    asked: int
    counts: tuple[int, int, int, int, int]

    @property
    def given(self) -> int:
        return sum(self.counts)

    @property
    def average(self) -> float | None:
        """None without marks."""
        total = sum(mark * count for mark, count in zip(MARKS, self.counts, strict=True))
        return round(total / self.given, 2) if self.given else None
