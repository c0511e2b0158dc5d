"""Determines a client's network address behind proxies. Pure.

The last entry of X-Forwarded-For is what the nearest proxy recorded; the client may have forged every entry before it.
So it is read from its end, and only as far as configured proxies wrote it.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def client_address(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """The requesting address: the peer, or the client that trusted proxies report.

    `forwarded` holds the X-Forwarded-For headers in order.
    """
    address = _plain(peer) or peer
    hops = [hop for header in forwarded for hop in header.split(",")]
    while hops and _trusted(address, proxies):
        before = _plain(hops.pop())
        if before is None:
            # An entry that is not an address hides the client; then the proxy itself is all that is known.
            break
        address = before
    return address


def _trusted(address: str, proxies: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed.version == network.version and parsed in network for network in proxies)


def _plain(text: str) -> str | None:
    """The canonical spelling of an address, without brackets and port; an IPv4-mapped IPv6 address becomes IPv4."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        parsed = ip_address(bare)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed)
