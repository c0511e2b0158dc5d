"""What a PDF holds beside pages: actions, files, media, forms that send, oversized pictures. Pure, over bytes.

It reads a file as PDFium writes it again: object streams are unpacked, names have no escapes, and the cross-reference
table (ISO 32000-1, 7.5.4) gives the place of each object; so each is read from its beginning to its stream, and what a
stream contains is never taken for an object. A file as it came is not searched: it can hide any name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

ACTIVE: Final[Mapping[bytes, str]] = {
    b"JavaScript": "javascript",
    b"JS": "javascript",
    b"Launch": "launch",
    b"EmbeddedFile": "files",
    b"EmbeddedFiles": "files",
    b"FileAttachment": "files",
    b"GoToE": "files",
    b"SubmitForm": "sends",
    b"ImportData": "sends",
    b"XFA": "sends",
    b"RichMedia": "media",
    b"Rendition": "media",
    b"Movie": "media",
    b"Sound": "media",
    b"Screen": "media",
    b"3D": "media",
}
"""Names of ISO 32000-1, 12.6.4 (actions), 7.11 (files), 12.7.5 (forms) and 13 (media), and their meanings."""
_AT_KEY: Final = frozenset({b"JavaScript", b"JS", b"EmbeddedFiles", b"XFA"})
_AFTER: Final = frozenset({b"S", b"Type", b"Subtype"})
_TOKEN: Final = re.compile(
    rb"\s+|%[^\r\n]*|<<|>>|<[0-9A-Fa-f\s]*>|/[^\s\0()<>\[\]{}/%]*|[\[\]{}<>)]|[^\s\0()<>\[\]{}/%]+|\0|\("
)
_IN_STRING: Final = re.compile(rb"\\.|[()]", re.DOTALL)
_XREF: Final = re.compile(rb"startxref\s+([0-9]{1,12})\s+%%EOF\s*\Z")
_SECTION: Final = re.compile(rb"([0-9]{1,10}) ([0-9]{1,10})\s+")
_ENTRY: Final = re.compile(rb"([0-9]{10}) [0-9]{5} ([nf])\s+")


class Unwritten(ValueError):
    """Not a file as PDFium writes it."""


@dataclass(frozen=True, slots=True)
class Content:
    """`active` are the kinds of active content, in order; `pixels` is the largest picture's claim."""

    active: tuple[str, ...]
    pixels: int


def content_of(written: bytes) -> Content:
    """Raises Unwritten."""
    kinds: set[str] = set()
    pixels = 0
    for at in (*_offsets(written), _trailer(written)):
        before = b""
        width = height = 0
        picture = False
        for token in _tokens(written, at):
            name, last = token.removeprefix(b"/"), before.removeprefix(b"/")
            is_name = token.startswith(b"/")
            if is_name and name in ACTIVE and (name in _AT_KEY or last in _AFTER):
                kinds.add(ACTIVE[name])
            picture |= is_name and name == b"Image" and last == b"Subtype"
            width = _number(token) if before == b"/Width" else width
            height = _number(token) if before == b"/Height" else height
            before = token
        pixels = max(pixels, width * height if picture else 0)
    return Content(tuple(sorted(kinds)), pixels)


def _number(token: bytes) -> int:
    return int(token) if token.isdigit() and len(token) < 12 else 0


def _trailer(written: bytes) -> int:
    at = written.rfind(b"trailer")
    if at < 0:
        raise Unwritten("no trailer")
    return at


def _offsets(written: bytes) -> Iterator[int]:
    """The places of all objects in use, from the cross-reference table."""
    match = _XREF.search(written, max(0, len(written) - 64))
    if match is None or not written.startswith(b"xref", int(match[1])):
        raise Unwritten("no cross-reference table at the end")
    at = int(match[1]) + 4
    while written[at : at + 1].isspace():
        at += 1
    while section := _SECTION.match(written, at):
        at = section.end()
        for _ in range(int(section[2])):
            entry = _ENTRY.match(written, at)
            if entry is None:
                raise Unwritten("a damaged cross-reference table")
            at = entry.end()
            if entry[2] == b"n":
                yield int(entry[1])
    if not written.startswith(b"trailer", at):
        raise Unwritten("a cross-reference table without end")


def _tokens(written: bytes, at: int) -> Iterator[bytes]:
    """The names, numbers and words of one object, without strings, up to its stream or its end."""
    while match := _TOKEN.match(written, at):
        token, at = match.group(), match.end()
        if token == b"(":
            at = _after_string(written, at)
        elif token in (b"stream", b"endobj", b"startxref"):
            return
        elif not token.isspace() and not token.startswith(b"%"):
            yield token


def _after_string(written: bytes, at: int) -> int:
    depth = 1
    while depth:
        match = _IN_STRING.search(written, at)
        if match is None:
            raise Unwritten("a string without end")
        at = match.end()
        depth += {b"(": 1, b")": -1}.get(match.group(), 0)
    return at
