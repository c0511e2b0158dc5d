"""Counts refused SIP requests by address and bars an address above a rate (password guessing). Pure.

Asterisk reports refusals in AMI events of class `security` (main/security_events.c). Their text is attacker-supplied;
only the event's name and the address that Asterisk itself saw are used.
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
"""The limit of addresses tracked at once: a flood from spoofed addresses must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Refusal:
    at: datetime
    kind: str
    address: str


def refusal(name: str, remote: str, at: datetime) -> Refusal | None:
    """Return the refusal in an event; None for any other event, and for one without an address."""
    match = _REMOTE.fullmatch(remote)
    if name not in KINDS or match is None:
        return None
    try:
        address = str(ipaddress.ip_address(match[1]))
    except ValueError:
        return None
    return Refusal(at, KINDS[name], address)


def places(names: Iterable[str]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Return the networks among hosts, addresses and ranges; host names are skipped."""
    positions = []
    for name in names:
        try:
            positions.append(ipaddress.ip_network(name, strict=False))
        except ValueError:
            continue
    return tuple(positions)


class Tally:
    """Counts refusals of the last `seconds` by address.

    `most` of them bar it for `bar`, except addresses in `never`.

    A UDP sender address may be spoofed, so carriers and known phones must be in `never`: otherwise an attacker could
    have them barred.
    """

    def __init__(self, most: int, seconds: float, bar: timedelta, never: Iterable[str] = ()) -> None:
        self._most = most
        self._window = timedelta(seconds=seconds)
        self._bar = bar
        self._never = places(never)
        self._seen: dict[str, deque[datetime]] = {}
        self.counts = dict.fromkeys(KINDS.values(), 0)
        self.barred: dict[str, datetime] = {}
        """When the bar of each address ends."""

    def take(self, seen: Refusal) -> bool:
        """Count a refusal; True when it bars its address."""
        self.counts[seen.kind] += 1
        if seen.address in self.barred or not self._most or self._spared(seen.address):
            return False
        if seen.address not in self._seen and len(self._seen) >= MOST_ADDRESSES:
            self._drop_old(seen.at)
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
        """Remove expired bars; True when there were any."""
        over = [address for address, until in self.barred.items() if until <= now]
        for address in over:
            del self.barred[address]
        self._drop_old(now)
        return bool(over)

    def _drop_old(self, now: datetime) -> None:
        old = [address for address, times in self._seen.items() if now - times[-1] > self._window]
        for address in old:
            del self._seen[address]

    def _spared(self, address: str) -> bool:
        parsed = ipaddress.ip_address(address)
        return any(parsed.version == network.version and parsed in network for network in self._never)
