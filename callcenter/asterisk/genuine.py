"""Checks whether an event has the form that Asterisk itself writes. Pure.

Asterisk 22 writes a telephone number unescaped, including line ends (main/manager_channels.c), so a caller could add
headers to an event, or a whole event. Forgery is detectable: a genuine event begins with Privilege and Timestamp
(`timestampevents=yes`), repeats no name, and describes a channel by the same headers in the same order, the identifiers
last. An added header is in the middle of those or duplicates a name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from callcenter.asterisk.ami_protocol import Message

_HEAD: Final = re.compile(rb"Event: [A-Za-z]+\r\nPrivilege: [a-z,<>]+\r\nTimestamp: [0-9]{1,12}\.[0-9]{1,9}(?:\r\n|\Z)")
_HEADER: Final = rb"[A-Za-z][A-Za-z0-9_-]*:(?: [^\r\n]*)?"
_HEADERS: Final = re.compile(_HEADER + rb"(?:\r\n" + _HEADER + rb")*")
"""One match for a frame: an event has 25 headers, and a busy floor 1,000 events a second."""
_CHANNEL: Final = tuple(
    name.encode()
    for name in (
        "Channel ChannelState ChannelStateDesc CallerIDNum CallerIDName ConnectedLineNum ConnectedLineName Language "
        "AccountCode Context Exten Priority Uniqueid Linkedid"
    ).split()
)
_NUMBER: Final = _CHANNEL.index(b"CallerIDNum")


def genuine(message: Message) -> bool:
    """Whether the event is as Asterisk writes it; anything else is ignored."""
    return _HEAD.match(message.raw) is not None and consistent(message)


def consistent(message: Message) -> bool:
    """Whether no header was added: for list items, which have neither Privilege nor Timestamp."""
    raw = message.raw
    if _HEADERS.fullmatch(raw) is None:
        return False
    return _sound(tuple([line[: line.index(b":")] for line in raw.split(b"\r\n")]))


@lru_cache(maxsize=512)
def _sound(names: tuple[bytes, ...]) -> bool:
    """Whether no name comes twice and each channel's headers are together; Asterisk's own events have few forms."""
    if len({name.lower() for name in names}) != len(names):
        return False
    return all(_whole(names, place) for place, name in enumerate(names) if name.endswith(b"CallerIDNum"))


def _whole(names: tuple[bytes, ...], place: int) -> bool:
    """Whether the headers around a number are those of one channel. A queue's entry has a number without a channel."""
    prefix = names[place].removesuffix(b"CallerIDNum")
    if prefix + b"ChannelState" not in names:
        return prefix == b""
    start = place - _NUMBER
    return start >= 0 and names[start : start + len(_CHANNEL)] == tuple(prefix + name for name in _CHANNEL)
