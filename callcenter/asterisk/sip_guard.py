"""Who tries telephones' secrets: refusals are counted by address, and above a rate the address is barred. Pure.

Asterisk reports refusals in AMI events of class `security` (main/security_events.c). The text in them is the
stranger's; only the event's name and the address that Asterisk itself saw are taken.
"""

from __future__ import annotations

import ipaddress
import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "ChallengeResponseFailed": "wrong_secret",
    "InvalidPassword": "wrong_secret",
    "InvalidAccountID": "unknown_account",
    "FailedACL": "wrong_network",
    "UnexpectedAddress": "wrong_network",
    "InvalidTransport": "wrong_network",
    "RequestBadFormat": "bad_request",
    "RequestNotAllowed": "bad_request",
    "RequestNotSupported": "bad_request",
}
_REMOTE: Final = re.compile(r"IPV[46]/(?:UDP|TCP|TLS|WS|WSS)/([0-9A-Fa-f.:]{2,45})/[0-9]{1,5}")
MOST_ADDRESSES: Final = 10_000
"""More than this many at once are not told apart: a flood from invented addresses must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Refusal:
    at: datetime
    kind: str
    address: str


def refusal(name: str, remote: str, at: datetime) -> Refusal | None:
    """The refusal that an event tells; None for any other event, and for one without an address."""
    fullmatch = _REMOTE.fullmatch(remote)
    if name not in KINDS or fullmatch is None:
        return None
    try:
        address = str(ipaddress.ip_address(fullmatch[1]))
    except ValueError:
        return None
    return Refusal(at, KINDS[name], address)


def places(names: Iterable[str]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """The networks among hosts, addresses and ranges; a host's name is none."""
    result = []
    for name in names:
        try:
            result.append(ipaddress.ip_network(name, strict=False))
        except ValueError:
            continue
    return tuple(result)


class Tally:
    """Refusals of the last `seconds` by address; `most` of them bar it for `bar`, addresses in `never` excepted.

    A sender's address of UDP may be invented, so carriers and known phones must stand in `never`: otherwise a stranger
    could have them barred.
    """

    def __init__(self, most: int, seconds: float, bar: timedelta, never: Iterable[str] = ()) -> None:
        self._most = most
        self._window = timedelta(seconds=seconds)
        self._bar = bar
        self._never = places(never)
        self._seen: dict[str, deque[datetime]] = {}
        self.counts = dict.fromkeys(KINDS.values(), 0)
        self.barred: dict[str, datetime] = {}
        """Until when each address is barred."""

    def take(self, seen: Refusal) -> bool:
        """Count a refusal; True when its address is barred by it."""
        self.counts[seen.kind] += 1
        if seen.address in self.barred or not self._most or self._spared(seen.address):
            return False
        if seen.address not in self._seen and len(self._seen) >= MOST_ADDRESSES:
            self._forget(seen.at)
            if len(self._seen) >= MOST_ADDRESSES:
                return False
        times = self._seen.setdefault(seen.address, deque(maxlen=self._most))
        times.append(seen.at)
        if len(times) < self._most or seen.at - times[0] > self._window:
            return False
        del self._seen[seen.address]
        self.barred[seen.address] = seen.at + self._bar
        return True

    def expire(self, now: datetime) -> bool:
        """Let go of bars whose time is over; True when there were any."""
        over = [address for address, until in self.barred.items() if until <= now]
        for address in over:
            del self.barred[address]
        self._forget(now)
        return bool(over)

    def _forget(self, now: datetime) -> None:
        old = [address for address, times in self._seen.items() if now - times[-1] > self._window]
        for address in old:
            del self._seen[address]

    def _spared(self, address: str) -> bool:
        parsed = ipaddress.ip_address(address)
        return any(parsed.version == network.version and parsed in network for network in self._never)
