"""Classifies network addresses as external: a webhook must not reach the service's own network (SSRF).

An address is judged as the client interprets it, after IDNA, full-width and circled digits, and every spelling of IPv4
addresses; IPv6 by its embedded IPv4 address. What is not certainly external counts as internal.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Final

from yarl import URL

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052: the IPv4 address is the last 32 bits; the local prefix of RFC 8215 is never outside."""
UNICAST: Final = ipaddress.IPv6Network("2000::/3")
RELAY: Final = ipaddress.IPv4Network("192.88.99.0/24")
"""6to4 relays, deprecated by RFC 7526; they lead to the nearest relay."""
ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
"""RFC 5214: the interface identifier that carries an IPv4 address."""
HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
HOME_NAMES: Final = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".home.arpa")
"""Names that no public DNS has (RFC 6761, 6762, 8375, and ICANN's reserved .internal)."""


def is_outside(address: str) -> bool:
    """Whether an address is on the public network; raises ValueError for anything that is not an address."""
    return _outside(ipaddress.ip_address(address.partition("%")[0]))


def _outside(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        special = address.is_multicast or address.is_reserved or address.is_unspecified or address in RELAY
        return address.is_global and not special
    inner = _embedded(address)
    if inner is not None:
        return _outside(inner)
    return address.is_global and address in UNICAST


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address to which an IPv6 address leads; for Teredo its client, which the relay talks to."""
    low = int(address) & 0xFFFF_FFFF
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return ipaddress.IPv4Address(low)
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if (int(address) >> 32) & 0xFFFF_FFFF in ISATAP:
        return ipaddress.IPv4Address(low)
    return None


def host_of(url: str) -> str:
    """The host of a URL as the client will resolve it; raises ValueError for what the client cannot parse."""
    host = URL(url).raw_host
    bare = (host or "").rstrip(".").casefold()
    if not (HOST.fullmatch(bare) or ":" in bare):
        raise ValueError("an address without a host that can be asked for")
    return bare


def literal(host: str) -> Address | None:
    """The address that a host literally is, without a look-up; None for a name.

    The C library also accepts 2130706433, 0x7f.1, 0177.0.0.1 and 127.1 as addresses (inet_aton, POSIX).
    """
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        pass
    if not any(char.isalpha() and char not in "abcdefx" for char in host):
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except (OSError, ValueError):
            return None
    return None


def may_be_outside(host: str) -> bool:
    """Whether a host may be external, judged by its text alone; names are resolved separately."""
    address = literal(host)
    if address is not None:
        return _outside(address)
    return "." in host and not f".{host}".endswith(HOME_NAMES)
