"""Reads the calls of a window, from which surveys and apologies choose."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from callcenter.callbacks.errors import BadWindow
from callcenter.calls.model import CallRecord
from callcenter.calls.service import CallFilter
from callcenter.storage.paging import Position

LONGEST_WINDOW: Final = timedelta(days=93)
PAGE: Final = 500


class Calls(Protocol):
    """The calls' records (calls/service.py)."""

    async def find(self, filter: CallFilter, limit: int = 50, after: Position | None = None) -> list[CallRecord]: ...


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a list created, or would create: calls named, return calls new and joined, customers left out by request."""

    calls: Sequence[str]
    made: int = 0
    joined: int = 0
    left_out: int = 0


def check_window(since: datetime, until: datetime) -> None:
    if not since < until or until - since > LONGEST_WINDOW:
        raise BadWindow("a window ends after its start and lasts 93 days at most")


async def calls_of(calls: Calls, conditions: CallFilter) -> AsyncIterator[CallRecord]:
    """The calls of a window, newest first."""
    after: Position | None = None
    while page := await calls.find(conditions, PAGE, after):
        for call in page:
            yield call
        after = (page[-1].arrived_at, page[-1].id)
