"""Reads a picture's size from its header alone: a file of a few kB may make a browser allocate gigabytes. Pure.

PNG (ISO/IEC 15948, 11.2.2), JPEG (ITU-T T.81, B.2.2), GIF (GIF89a, 18), WebP (RFC 9649).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

MOST_PIXELS: Final = 100_000_000
"""A camera has 50 million pixels, a scan of A3 at 600 dpi 70 million."""
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})

Size = tuple[int, int]


def too_large(data: bytes, kind: str) -> bool:
    """Whether the picture claims more pixels than the limit; one whose size is not found cannot be drawn."""
    reader = _READERS.get(kind)
    if reader is None:
        return False
    try:
        width, height = reader(data)
    except (IndexError, ValueError):
        return False
    return width * height > MOST_PIXELS


def _big(data: bytes, at: int, size: int) -> int:
    return _number(data, at, size, big=True)


def _little(data: bytes, at: int, size: int) -> int:
    return _number(data, at, size, big=False)


def _number(data: bytes, at: int, size: int, *, big: bool) -> int:
    if at + size > len(data):
        raise IndexError(at)
    return int.from_bytes(data[at : at + size], "big" if big else "little")


def _png(data: bytes) -> Size:
    if data[12:16] != b"IHDR":
        raise ValueError("no IHDR")
    return _big(data, 16, 4), _big(data, 20, 4)


def _gif(data: bytes) -> Size:
    return _little(data, 6, 2), _little(data, 8, 2)


def _jpeg(data: bytes) -> Size:
    at = 2
    while True:
        if _big(data, at, 1) != 0xFF:
            raise ValueError("no marker")
        marker = _big(data, at + 1, 1)
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES:
            return _big(data, at + 7, 2), _big(data, at + 5, 2)
        elif marker in (0xD9, 0xDA):
            raise ValueError("no frame before the picture")
        else:
            at += 2 + max(2, _big(data, at + 2, 2))


def _webp(data: bytes) -> Size:
    match data[12:16]:
        case b"VP8X":
            return _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
        case b"VP8L":
            bits = _little(data, 21, 4)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
        case _:
            raise ValueError("no WebP chunk")


_READERS: Final[Mapping[str, Callable[[bytes], Size]]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
}
