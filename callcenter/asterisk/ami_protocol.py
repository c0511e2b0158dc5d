"""AMI without I/O: bytes in, whole messages out; actions in, bytes out.

A frame is decoded only when it is whole, so a Chinese name split across packets stays intact. Limits are Asterisk's
own: an input line of 1,023 bytes, 128 headers an action (asterisk-notes, 1.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from callcenter.errors import Invalid, Unavailable

FRAME_LIMIT: Final = 4 * 1024 * 1024
LINE_LIMIT: Final = 1023
HEADER_LIMIT: Final = 128
_END: Final = b"\r\n\r\n"


class BadAction(Invalid):
    """A header would change the meaning of the conversation: CR, LF, NUL, too long a line, too many lines."""

    code = "bad_ami_action"


class FrameTooLong(Unavailable):
    """The peer sends a frame without end; the connection is dropped, not the memory filled."""

    code = "ami_frame_too_long"


class Message:
    """One AMI message; its headers are parsed when first asked for. Keys are read case-insensitively."""

    __slots__ = ("_headers", "_text", "name")

    def __init__(self, text: str) -> None:
        self._text = text
        self._headers: dict[str, str | list[str]] | None = None
        self.name = text[7 : text.index("\r\n") if "\r\n" in text else len(text)] if text[:7] == "Event: " else ""

    @property
    def headers(self) -> dict[str, str | list[str]]:
        """Lower-case key -> value, or the list of values where the key came more than once."""
        if self._headers is None:
            self._headers = _headers(self._text)
            if not self.name:
                first = self._headers.get("event", "")
                self.name = first if isinstance(first, str) else first[0]
        return self._headers

    def get(self, key: str, default: str = "") -> str:
        value = self.headers.get(key.lower(), default)
        return value if isinstance(value, str) else value[0]

    def all(self, key: str) -> list[str]:
        value = self.headers.get(key.lower())
        return [] if value is None else [value] if isinstance(value, str) else list(value)

    def __repr__(self) -> str:
        return f"Message({self.name or self.get('Response')!r})"


def _headers(text: str) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    for line in text.split("\r\n"):
        key, colon, value = line.partition(":")
        if not colon:
            continue
        key = key.lower()
        if value[:1] == " ":
            value = value[1:]
        before = found.get(key)
        if before is None:
            found[key] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            found[key] = [before, value]
    return found


class FrameReader:
    """Cuts a byte stream into messages; keeps the unfinished rest for the next packet."""

    def __init__(self, limit: int = FRAME_LIMIT) -> None:
        self._rest = bytearray()
        self._limit = limit
        self.replaced = 0
        """How often a frame held bytes that are not UTF-8."""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes. Raises FrameTooLong."""
        if _END not in self._rest[-3:] + data:
            # Only the seam is searched again, so that a long frame in small packets does not cost its square.
            self._rest += data
            frames: list[bytes] = []
        else:
            frames = bytes(self._rest + data).split(_END)
            self._rest = bytearray(frames.pop())
        if len(self._rest) > self._limit or any(len(frame) > self._limit for frame in frames):
            raise FrameTooLong("an AMI frame is longer than it may be", limit=self._limit)
        return [Message(self._text(frame)) for frame in frames if frame]

    @property
    def cut(self) -> bool:
        """Whether a frame is unfinished; at the end of the connection that frame is lost."""
        return bool(self._rest.strip())

    def _text(self, frame: bytes) -> str:
        try:
            return frame.decode()
        except UnicodeDecodeError:
            self.replaced += 1
            return frame.decode(errors="replace")


def encode(action: str, headers: Sequence[tuple[str, str]], action_id: str) -> bytes:
    """The bytes of one action. Raises BadAction for anything that could begin another header or action."""
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
