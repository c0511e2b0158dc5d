"""Limits unauthenticated requests per address, before their bodies are read.

A token bucket for each address that refills over time; large enough for an office behind one address, small enough
that a flooding request costs no more than its header. In memory and bounded.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from callcenter.errors import TooMany

PER_SECOND: Final = 20.0
AT_ONCE: Final = 150.0
ADDRESSES: Final = 10_000


class Flood:
    """`check` raises TooMany (429, `retry_after` in seconds) while an address asks faster than its bucket fills."""

    def __init__(
        self, per_second: float = PER_SECOND, at_once: float = AT_ONCE, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._at_once = at_once
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, address: str) -> None:
        now = self._now()
        left, since = self._left.pop(address, (self._at_once, now))
        left = min(self._at_once, left + (now - since) * self._per_second)
        # The newest are last; the addresses idle for longest have a full bucket anyway.
        self._left[address] = (max(0.0, left - 1), now)
        while len(self._left) > ADDRESSES:
            self._left.popitem(last=False)
        if left < 1:
            raise TooMany("too many requests", retry_after=1)
