"""Derives the short-lived secret of a phone in a page, and the credentials of the TURN servers. Pure.

The secret of the account in Asterisk never leaves the service: the proxy checks a page's digest against the short-lived
secret and answers Asterisk's challenge itself (proxy.py). So a new secret at each sign-in costs no reload of Asterisk.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

PERIOD_SECONDS: Final = 600
LONGEST_CALL: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SessionSecret:
    """`text` is accepted until `expires_at`, on the sockets of the session that asked for it."""

    text: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TurnCredentials:
    urls: tuple[str, ...]
    username: str
    credential: str = field(repr=False)
    expires_at: datetime


def secret_at(key: bytes, session: str, phone: str, at: datetime) -> SessionSecret:
    """The secret of this instant; `session` is the hash of the session's token."""
    period = _period(at)
    end = datetime.fromtimestamp((period + 2) * PERIOD_SECONDS, UTC)
    return SessionSecret(_text(key, session, phone, period), end)


def accepted(key: bytes, session: str, phone: str, at: datetime, *, in_dialog: bool) -> Iterator[str]:
    """The secrets that are accepted now, newest first.

    Outside a dialog the last one is accepted as well, so each lives for 10 to 20 minutes. Inside a dialog (hold,
    transfer, hanging up) those of the longest call are: a call is not cut because its page was slow to renew.
    """
    now, first = _period(at), _period(at - LONGEST_CALL)
    last = first if in_dialog else now - 1
    return (_text(key, session, phone, period) for period in range(now, last - 1, -1))


def turn_credentials(secret: str, urls: tuple[str, ...], phone: str, expires_at: datetime) -> TurnCredentials:
    """Time-limited credentials as TURN servers compute them (draft-uberti-behave-turn-rest-00, 2.2; coturn)."""
    username = f"{int(expires_at.timestamp())}:{phone}"
    mac = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    return TurnCredentials(urls, username, base64.b64encode(mac).decode(), expires_at)


def _period(at: datetime) -> int:
    return int(at.timestamp()) // PERIOD_SECONDS


def _text(key: bytes, session: str, phone: str, period: int) -> str:
    mac = hmac.digest(key, f"{session}\n{phone}\n{period}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac[:18]).decode()
