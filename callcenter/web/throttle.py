"""How often somebody may try: a sliding window per key, in memory and bounded. Pure; time is passed in."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from callcenter.web.errors import TooManyLogins


class Throttle:
    """At most `tries` per `window` and key; the keys used longest ago are forgotten above `keys`.

    Each process counts for itself: with several web processes the limit is that many times higher.
    """

    def __init__(self, tries: int, window: timedelta = timedelta(minutes=1), keys: int = 10_000) -> None:
        self._tries = tries
        self._window = window
        self._keys = keys
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()

    def check(self, key: str, now: datetime) -> None:
        """Count one try; raises TooManyLogins (with `retry_after` in seconds) when there were too many."""
        seen = self._seen.setdefault(key, deque(maxlen=self._tries))
        self._seen.move_to_end(key)
        while seen and now - seen[0] >= self._window:
            seen.popleft()
        if len(seen) >= self._tries:
            wait = self._window - (now - seen[0])
            raise TooManyLogins("too many tries; wait a little", retry_after=max(1, round(wait.total_seconds())))
        seen.append(now)
        while len(self._seen) > self._keys:
            self._seen.popitem(last=False)

    def forget(self, key: str) -> None:
        """A success clears the account's count."""
        self._seen.pop(key, None)
