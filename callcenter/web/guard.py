"""Protects a password against guessing: attempts are counted by login and address together, by login, by address.

No one is locked out by another's attempts. A wrong attempt delays the next ones, most where login and address are
the same; a browser that has signed this person in before is counted separately and waits for no one else. Only too
many attempts waiting at once are refused. A delay raises an alarm, once per key and window.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import structlog
from typing_extensions import TypedDict

from callcenter.web.errors import TooManyLogins
from callcenter.web.ports import DeltaKind
from callcenter.web.throttle import Pace, Tries

WAITING: Final = 5
"""Attempts of one login from one address that may wait at once; a person has one."""
WAITING_ALL: Final = 200
BY_LOGIN: Final = Pace(30, 0.5, 4.0)
"""From all addresses together: a distributed attack; a colleague without a known browser waits this long at most."""
BY_ADDRESS: Final = Pace(100, 0.25, 2.0)
"""All users behind one address of an office or a proxy."""
Pause = Callable[[float], Awaitable[object]]
GUESSED: Final = "sign_in.guessed"
"""The type of the webhook; its `alarm` states what was guessed."""
GUARDED: Final = ("sign_in", "signature", "second_factor")
COUNTED_BY: Final = ("pair", "login", "address")

log = structlog.get_logger("callcenter.web")


class AlarmDelta(TypedDict):
    """An alarm: what is guarded, how the wrong attempts were counted, and how many there were."""

    alarm: str
    by: str
    login: str
    address: str
    tries: int


Alarm = Callable[[AlarmDelta], Awaitable[object]]
ALARM: Final = DeltaKind("alarm", AlarmDelta, "leaders")


async def no_alarm(_: AlarmDelta) -> None:
    """The default, which notifies no one: the log and the audit have the alarm anyway."""


class Guard:
    """`what` names what is guarded, for alarms; `pause` waits, by default on the loop's clock."""

    def __init__(self, what: str, free: int, pause: Pause = asyncio.sleep) -> None:
        self.alarm: Alarm = no_alarm
        self._what = what
        self._pause = pause
        self._paces: Mapping[str, Pace] = {"pair": Pace(free, 1.0, 4.0), "login": BY_LOGIN, "address": BY_ADDRESS}
        self._tries = Tries()
        self._waiting: Counter[str] = Counter()

    @asynccontextmanager
    async def trying(self, login: str, address: str, now: datetime, device: str | None = None) -> AsyncIterator[None]:
        """Wraps one attempt: waits first; an attempt without an error is not counted. Raises TooManyLogins."""
        keys = self._keys(login, address, device)
        # Counted before it is known to be wrong, so that a hundred at once do not all count as the first.
        before = {key: self._tries.add(key, now) for key in keys}
        await self._slow_down(f"{login} {address}", max(self._paces[keys[key]].delay(before[key]) for key in keys))
        for key, kind in keys.items():
            if before[key] == self._paces[kind].free:
                await self._raise_alarm(kind, login, address, before[key])
        yield
        for key, kind in keys.items():
            if kind == "pair":
                self._tries.clear([key])
            else:
                self._tries.take_back(key)

    def recall(self, login: str, address: str, at: datetime) -> None:
        """Count a wrong attempt from before a restart. A known browser was not delayed by others and is not now."""
        for key in self._keys(login, address, None):
            self._tries.add(key, at)

    def recall_right(self, login: str, address: str) -> None:
        """The same for an attempt that was right: as in `trying`, it ends the count of its pair."""
        self._tries.clear([f"pair {login} {address}"])

    def _keys(self, login: str, address: str, device: str | None) -> dict[str, str]:
        """The keys under which this attempt counts, with their kind."""
        if device is not None:
            return {f"device {device} {login}": "pair"}
        return {f"pair {login} {address}": "pair", f"login {login}": "login", f"address {address}": "address"}

    async def _slow_down(self, key: str, seconds: float) -> None:
        if seconds <= 0:
            return
        if self._waiting[key] >= WAITING or self._waiting.total() >= WAITING_ALL:
            raise TooManyLogins("too many tries at once; wait a little", retry_after=max(1, round(seconds)))
        self._waiting[key] += 1
        try:
            await self._pause(seconds)
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]

    async def _raise_alarm(self, kind: str, login: str, address: str, tries: int) -> None:
        facts: AlarmDelta = {
            "alarm": self._what,
            "by": kind,
            "login": login[:64],
            "address": address,
            "tries": tries,
        }
        log.warning("password_guessing", **facts)
        await self.alarm(facts)
