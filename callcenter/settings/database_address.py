"""Parses a database's address without revealing it: a password with an unescaped `@` or `:` lands in its other parts.

Parsers and resolvers quote the part that they do not understand ("invalid literal for int(): 's3cret@host:port'"), so
an address is judged here, before any of them, and a refusal carries nothing of it.
"""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_HOST: Final = re.compile(r"[A-Za-z0-9._:-]{0,253}")
_POSTGRESQL: Final = "postgresql+asyncpg"
_NAME: Final = re.compile(r"[^@:/?#]{1,63}")
_QUERY: Final = frozenset({"host", "port", "ssl", "target_session_attrs", "prepared_statement_cache_size"})
"""Options allowed after `?`; a password there would appear wherever SQLAlchemy prints the address."""


def read_address(address: str) -> URL | None:
    """Parse the address; None when it is not clearly one. The text is a secret and appears in no exception."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        return None
    if url.drivername == _POSTGRESQL and not _plain(url):
        return None
    return url


def _plain(url: URL) -> bool:
    hosts = url.query.get("host", ())
    sockets = (hosts,) if isinstance(hosts, str) else hosts
    return (
        _HOST.fullmatch(url.host or "") is not None
        and (url.port is None or 0 < url.port < 65536)
        and _NAME.fullmatch(url.database or "") is not None
        and set(url.query) <= _QUERY
        and all(socket.startswith("/") or _HOST.fullmatch(socket) for socket in sockets)
    )
