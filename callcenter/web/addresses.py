"""The network address of a client behind proxies. Pure.

X-Forwarded-For is what its last writer says; every entry before that is what the client may have made up. So it is read
from its end, and only as far as configured proxies wrote it.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def client_address(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """The address that asks: the peer, or what trusted proxies say about who asked them.

    `forwarded` are the X-Forwarded-For headers in their order.
    """
    address = _plain(peer) or peer
    hops = [hop for header in forwarded for hop in header.split(",")]
    while hops and _trusted(address, proxies):
        before = _plain(hops.pop())
        if before is None:
            # A proxy that writes what is no address hides its client; then the proxy itself is all that is known.
            break
        address = before
    return address


def _trusted(address: str, proxies: Sequence[Network]) -> bool:
    try:
        result = ip_address(address)
    except ValueError:
        return False
    return any(result.version == network.version and result in network for network in proxies)


def _plain(text: str) -> str | None:
    """One spelling of an address, without brackets and port; an IPv4 address inside of IPv6 is that IPv4 address."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        result = ip_address(bare)
    except ValueError:
        return None
    if isinstance(result, IPv6Address) and result.ipv4_mapped is not None:
        return str(result.ipv4_mapped)
    return str(result)
