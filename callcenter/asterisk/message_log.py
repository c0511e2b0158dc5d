"""Masks telephone numbers and callers' names in Asterisk's own log with as many star characters. Pure, over bytes.

Asterisk writes a number at every level (a rejected extension, a failed account, a name that is not UTF-8), so no choice
of levels keeps them out. What fail2ban and the service's own blocking need stays: addresses, the kind of event, an
account that is an extension. A number of six digits or fewer is an extension or a service number (110, 12315, 95588)
and identifies no person.
"""

from __future__ import annotations

import re
from typing import Final

_DIGIT: Final = rb"(?:[0-9]|%3[0-9]|\xef\xbc[\x90-\x99])"
"""A digit, also percent-encoded in a URI (RFC 3986, 2.1) or full-width."""
_BETWEEN: Final = rb"(?:(?:[-() _]|%2[0-9dD])(?![0-9]{1,3}(?:\.[0-9]{1,3}){3}))?"
"""An IPv4 address after a space is no part of the number before it."""
_NUMBER: Final = re.compile(
    # The date of a SECURITY event (EventTV) and the ids of a channel and a call (C-0000001f) stay: they trace a line.
    rb"(?<![0-9])(?![0-9]{4}-[0-9]{2}-[0-9]{2}T)(?!1[0-9]{9}\.[0-9])(?!(?<=-)00[0-9a-f]{6}\b)"
    + _DIGIT
    + rb"(?:"
    + _BETWEEN
    + _DIGIT
    + rb"){6,}"
)
_NAME: Final = re.compile(
    # A caller ID that is not UTF-8 (res/res_pjsip.c), and the display name of a From header (pjsip_distributor.c).
    rb"(?<=CallerID Name ')[^\n]*?(?=' for number)|(?<= from ')\"[^\n]*\"(?= ?<sips?:)"
)


def masked(line: bytes) -> bytes:
    """Return the line, equally long, without numbers of seven or more digits and without a caller's name."""
    return _NAME.sub(_stars, _NUMBER.sub(_stars, line))


def _stars(match: re.Match[bytes]) -> bytes:
    return b"*" * len(match.group())
