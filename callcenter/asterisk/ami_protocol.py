"""Parses and encodes AMI without I/O: bytes in, complete messages out; actions in, bytes out.

A frame is decoded only when complete, so a Chinese name split across packets stays intact. Limits are Asterisk's own:
an input line of 1,023 bytes, 128 headers per action (main/manager.c: inbuf; AST_MAX_MANHEADERS).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from callcenter.errors import Invalid, Unavailable

FRAME_LIMIT: Final = 4 * 1024 * 1024
LINE_LIMIT: Final = 1023
HEADER_LIMIT: Final = 128
_END: Final = b"\r\n\r\n"


class BadAction(Invalid):
    """A header would corrupt the protocol stream: CR, LF, NUL, line too long, too many lines."""

    code = "bad_ami_action"


class FrameTooLong(Unavailable):
    """The peer sends an endless frame; the connection is dropped to protect memory."""

    code = "ami_frame_too_long"


@lru_cache(maxsize=1024)
def _name(head: bytes) -> str:
    """Return the event named in the first line, empty for an answer. Later lines may contain caller-supplied text."""
    key, _, value = head.partition(b":")
    return _text(value).removeprefix(" ") if key.lower() == b"event" else ""


@lru_cache(maxsize=1024)
def _needles(key: str) -> tuple[bytes, int, bytes]:
    """Return the search patterns: as given with its length, and in lower case."""
    exact = f"\r\n{key}: ".encode()
    return exact, len(exact), exact[:-1].lower()


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode(errors="replace")


class Message:
    """One AMI message. Keys are case-insensitive; a header is looked up only on request.

    Most events are read for one header or none, so the bytes are searched and only the requested values are decoded. A
    frame is complete before it becomes a message, so no character is ever split.
    """

    __slots__ = ("_lower", "_raw", "name")

    def __init__(self, frame: bytes) -> None:
        self._raw = frame
        self._lower = b""
        end = frame.find(b"\r\n")
        self.name = _name(frame[:end] if end >= 0 else frame)

    @property
    def raw(self) -> bytes:
        """The frame as received, without its terminator."""
        return self._raw

    @property
    def headers(self) -> dict[str, str | list[str]]:
        """Lower-case key -> value, or the list of values where the key occurs more than once."""
        return _headers(_text(self._raw))

    def get(self, key: str, default: str = "") -> str:
        """Return the first value of this header, or `default`; an exact-case match takes precedence."""
        exact, length, lower = _needles(key)
        raw = self._raw
        start = raw.find(exact)
        if start >= 0:
            start += length
            end = raw.find(b"\r\n", start)
            return _text(raw[start:end] if end >= 0 else raw[start:])
        start = self._lowered().find(lower)
        return default if start < 0 else self._value(start + length - 1)

    def all(self, key: str) -> list[str]:
        """Return every value of this header in order of arrival."""
        _, length, lower = _needles(key)
        result = []
        low = self._lowered()
        start = low.find(lower)
        while start >= 0:
            result.append(self._value(start + length - 1))
            start = low.find(lower, start + length - 1)
        return result

    def _lowered(self) -> bytes:
        """The bytes with ASCII letters lowered, after a line break so that the first header is found like any other."""
        self._lower = self._lower or b"\r\n" + self._raw.lower()
        return self._lower

    def _value(self, start: int) -> str:
        """Return the value that starts where the lowered bytes have its colon behind them."""
        raw = self._raw
        start -= 2
        if raw[start : start + 1] == b" ":
            start += 1
        end = raw.find(b"\r\n", start)
        return _text(raw[start:end] if end >= 0 else raw[start:])

    def __repr__(self) -> str:
        return f"Message({self.name or self.get('Response')!r})"


def _headers(text: str) -> dict[str, str | list[str]]:
    headers: dict[str, str | list[str]] = {}
    for line in text.split("\r\n"):
        key, colon, value = line.partition(":")
        if not colon:
            continue
        key = "".join(sign.lower() if sign.isascii() else sign for sign in key)
        value = value.removeprefix(" ")
        before = headers.get(key)
        if before is None:
            headers[key] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            headers[key] = [before, value]
    return headers


class FrameReader:
    """Splits a byte stream into messages; keeps the incomplete rest for the next packet."""

    def __init__(self, limit: int = FRAME_LIMIT) -> None:
        self._rest = bytearray()
        self._limit = limit
        self.replaced = 0
        """Count of frames that held bytes that are not UTF-8."""

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that `data` completes. Raises FrameTooLong."""
        if _END not in self._rest[-3:] + data:
            # Only the seam is searched again, so that a long frame in small packets does not cost quadratic time.
            self._rest += data
            frames: list[bytes] = []
        else:
            data = bytes(self._rest) + data if self._rest else data
            frames = data.split(_END)
            self._rest = bytearray(frames.pop())
        if len(self._rest) > self._limit or (frames and len(frames[0]) + len(data) > self._limit < _longest(frames)):
            raise FrameTooLong("an AMI frame is longer than it may be", limit=self._limit)
        if frames and not _is_utf8(data):
            # A packet boundary may split a character, so only complete frames are validated, and only now.
            self.replaced += sum(not _is_utf8(frame) for frame in frames)
        return [Message(frame) for frame in frames if frame]

    @property
    def cut(self) -> bool:
        """Whether a frame is incomplete; it is lost when the connection ends."""
        return bool(self._rest.strip())


def _is_utf8(frame: bytes) -> bool:
    if frame.isascii():
        return True
    try:
        frame.decode()
    except UnicodeDecodeError:
        return False
    return True


def _longest(frames: Sequence[bytes]) -> int:
    return max(map(len, frames))


def encode(action: str, headers: Sequence[tuple[str, str]], action_id: str) -> bytes:
    """Encode one action as bytes. Raises BadAction for anything that could begin another header or action."""
    lines = [("Action", action), ("ActionID", action_id), *headers]
    if len(lines) > HEADER_LIMIT:
        raise BadAction("an action has too many headers", limit=HEADER_LIMIT)
    out = bytearray()
    for key, value in lines:
        line = f"{key}: {value}"
        if any(sign in line for sign in "\r\n\0") or ":" in key or not key:
            raise BadAction("a header holds a line break, a NUL or no name", action=action)
        raw = line.encode()
        if len(raw) > LINE_LIMIT:
            raise BadAction("a header line is too long for Asterisk", action=action, limit=LINE_LIMIT)
        out += raw + b"\r\n"
    return bytes(out + b"\r\n")
