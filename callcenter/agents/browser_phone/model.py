"""Checks what a page may send to Asterisk: SIP of its own phone only. Pure."""

from __future__ import annotations

import re
from typing import Final

LARGEST: Final = 64 * 1024
_REQUEST: Final = re.compile(r"[A-Z]{2,20} sips?:[^ \r\n]{1,500} SIP/2\.0\r\n")
_RESPONSE: Final = re.compile(r"SIP/2\.0 [1-6][0-9]{2} ")
_LENGTH: Final = re.compile(r"^(?:Content-Length|l)[ \t]*:[ \t]*([0-9]{1,6})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_FROM: Final = re.compile(r"^(?:From|f)[ \t]*:[^\r\n]*?<?sips?:([^@;>\s]{1,80})@", re.IGNORECASE | re.MULTILINE)


def is_own(frame: str, phone: str) -> bool:
    """Whether a frame is one SIP message of this phone (RFC 7118, 4.2: one message in each frame), or a keep-alive.

    A request names its sender in From (RFC 3261, 8.1.1.3; compact form f). A page that is signed in must not try
    another phone's password. A request inside a dialog that the other side began has our address in From as well.
    """
    if not frame.strip("\r\n"):
        return True
    head, _, body = frame.partition("\r\n\r\n")
    # On a stream Asterisk reads a further message behind the body (pjsip_tpmgr_receive_packet).
    lengths = _LENGTH.findall(head)
    if [int(length) for length in lengths] != [len(body.encode())] and (lengths or body):
        return False
    if _RESPONSE.match(frame):
        return True
    return bool(_REQUEST.match(frame)) and _FROM.findall(head) == [phone]
