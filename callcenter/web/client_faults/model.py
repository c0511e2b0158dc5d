"""Removes what may be personal from a fault that a page reports. Pure."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Final

WINDOW: Final = timedelta(minutes=10)
MOST: Final = 30
"""Reports of one person within the window."""
MOST_KINDS: Final = 2_000
"""Distinct faults; further ones are counted without detail and page."""
DAYS: Final = 90
"""A fault that has not been seen for so long is deleted."""
_ADDRESS: Final = re.compile(r"\S*@\S*")
_QUERY: Final = re.compile(r"[?#]\S*")
_DIGITS: Final = re.compile(r"[0-9](?:[ .()/-]?[0-9]){4,}")
_FOREIGN: Final = re.compile(r"[^\x20-\x7e]+")
_SPACE: Final = re.compile(r"\s+")
_OPAQUE: Final = re.compile(r"[0-9]|^.{25,}$|[^A-Za-z0-9._-]")


class FaultKind(StrEnum):
    NO_SOUND = "no_sound"
    NO_MICROPHONE = "no_microphone"
    SOCKET_LOST = "socket_lost"
    SCRIPT_ERROR = "script_error"
    DEVICE_LOST = "device_lost"
    PHONE_LOST = "phone_lost"
    OTHER = "other"


def detail_of(text: str) -> str:
    """The detail without addresses, query strings, numbers of five digits and more, and anything but ASCII.

    Browsers word their errors in English; other letters are what people typed or are called.
    """
    plain = _QUERY.sub("?", _ADDRESS.sub("@", _FOREIGN.sub("*", _SPACE.sub(" ", text))))
    return _DIGITS.sub("#", plain).strip()


def page_of(path: str) -> str:
    """The path of a page as a template: a part that may be an id becomes `:id`."""
    parts = path.split("?")[0].split("#")[0].split("/")
    return "/".join(":id" if part and _OPAQUE.search(part) else part for part in parts)
