"""Wrong tries at signing in and signing: counted in a sliding window, and how they slow down the next ones. Pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Pace:
    """How wrong tries slow down: `free` of them do not; then the wait doubles from `first` to `most` seconds."""

    free: int
    first: float
    most: float

    def delay(self, tries: int) -> float:
        """The wait before the next try after so many wrong ones."""
        if tries < self.free:
            return 0.0
        # The exponent is bounded, so that a count of thousands stays a small number.
        return min(self.first * 2.0 ** min(tries - self.free, 16), self.most)


class Tries:
    """Tries by key within the window; the keys used longest ago are forgotten above `keys`.

    Each process counts for itself: with several web processes the numbers are that many times higher.
    """

    def __init__(self, window: timedelta = WINDOW, keys: int = 10_000, most: int = 10_000) -> None:
        self._window = window
        self._keys = keys
        self._most = most
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()

    def add(self, key: str, now: datetime) -> int:
        """Count one try; returns how many there were before it."""
        seen = self._seen.setdefault(key, deque(maxlen=self._most))
        self._seen.move_to_end(key)
        while seen and now - seen[0] >= self._window:
            seen.popleft()
        before = len(seen)
        seen.append(now)
        while len(self._seen) > self._keys:
            self._seen.popitem(last=False)
        return before

    def take_back(self, key: str) -> None:
        """The newest try was right after all."""
        seen = self._seen.get(key)
        if seen:
            seen.pop()

    def forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._seen.pop(key, None)
