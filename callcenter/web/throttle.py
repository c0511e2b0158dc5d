"""Counts wrong sign-in and signature attempts in a sliding window and computes the delay of the next ones. Pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Pace:
    """How wrong attempts delay: `free` of them do not; then the wait doubles from `first` to `most` seconds."""

    free: int
    first: float
    most: float

    def delay(self, tries: int) -> float:
        """The wait before the next attempt after this many wrong ones."""
        if tries < self.free:
            return 0.0
        # The exponent is bounded, so that a count of thousands does not overflow.
        return min(self.first * 2.0 ** min(tries - self.free, 16), self.most)


class Tries:
    """Attempts by key within the window; above `keys` the least recently used keys are dropped.

    Each process counts separately: with several web processes the limits are that many times higher.
    """

    def __init__(self, window: timedelta = WINDOW, keys: int = 10_000, most: int = 10_000) -> None:
        self._window = window
        self._keys = keys
        self._most = most
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()

    def add(self, key: str, now: datetime) -> int:
        """Count one attempt; returns how many there were before it."""
        seen = self._seen.setdefault(key, deque(maxlen=self._most))
        self._seen.move_to_end(key)
        while seen and now - seen[0] >= self._window:
            seen.popleft()
        before = len(seen)
        seen.append(now)
        while len(self._seen) > self._keys:
            self._seen.popitem(last=False)
        return before

    def count(self, key: str, now: datetime) -> int:
        """How many attempts are within the window."""
        return sum(1 for at in self._seen.get(key, ()) if now - at < self._window)

    def take_back(self, key: str) -> None:
        """Uncount the newest attempt, which turned out to be correct."""
        seen = self._seen.get(key)
        if seen:
            seen.pop()

    def clear(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._seen.pop(key, None)
