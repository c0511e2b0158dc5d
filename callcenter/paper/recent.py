"""Reuses prints of the last minute and limits each person to a share of the press."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from callcenter.clock import Clock
from callcenter.paper.errors import PrintTooBusy
from callcenter.paper.model import Form, Printed

KEPT: Final = timedelta(minutes=1)
MOST_BYTES: Final = 64 * 2**20
MOST_PRINTS: Final = 100

Make = Callable[[], Awaitable[Printed]]


def key_of(form: Form, kind: str) -> str:
    """Returns the same key for the same form, person and language, regardless of the time. Blocking for long forms."""
    timeless = replace(form, head=replace(form.head, printed_at=None))
    return hashlib.sha256(f"{kind}\0{type(form).__name__}\0{timeless!r}".encode(errors="replace")).hexdigest()


@dataclass
class RecentPrints:
    """`share` is how many prints of one person may run or wait at a time."""

    clock: Clock
    share: int
    _prints: dict[str, tuple[datetime, Printed]] = field(default_factory=dict)
    _making: dict[str, asyncio.Task[Printed]] = field(default_factory=dict)
    _of: Counter[str] = field(default_factory=Counter)

    async def print(self, form: Form, kind: str, make: Make) -> Printed:
        """Returns a print at most a minute old, one in progress, or a new one. Raises PrintTooBusy."""
        key, now = await asyncio.to_thread(key_of, form, kind), self.clock()
        self._drop_old(now)
        if key in self._prints:
            return self._prints[key][1]
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(self._make(key, form.head.printed_by, make))
            making.add_done_callback(lambda task: self._over(key, task))
        # A requester who disconnects does not cancel the print for others who wait for it.
        return await asyncio.shield(making)

    def _over(self, key: str, task: asyncio.Task[Printed]) -> None:
        """Also when no one waits any more: a failure that no one awaits is ignored."""
        self._making.pop(key, None)
        if not task.cancelled():
            task.exception()

    async def _make(self, key: str, person: str, make: Make) -> Printed:
        with self._place(person):
            printed = await make()
        self._prints[key] = (self.clock(), printed)
        return printed

    @contextmanager
    def _place(self, person: str) -> Iterator[None]:
        """Reserves a place at the press; the centre itself, which archives and runs print runs, has all places."""
        if person and self._of[person] >= self.share:
            raise PrintTooBusy("your other prints come first; try again in a moment", share=self.share)
        self._of[person] += 1
        try:
            yield
        finally:
            self._of[person] -= 1
            if not self._of[person]:
                del self._of[person]

    def _drop_old(self, now: datetime) -> None:
        """Drops prints older than a minute, and the oldest when there are too many."""
        for key in [key for key, (at, _) in self._prints.items() if now - at >= KEPT]:
            del self._prints[key]
        while (
            len(self._prints) > MOST_PRINTS
            or sum(len(printed.data) for _, printed in self._prints.values()) > MOST_BYTES
        ):
            del self._prints[next(iter(self._prints))]
