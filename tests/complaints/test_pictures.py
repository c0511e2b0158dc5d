"""Tests that a picture of a few kB that would make a browser allocate gigabytes is refused."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from callcenter.complaints.file_types import ENDINGS, media_type
from callcenter.complaints.pictures import too_large

KINDS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}


def picture(kind: str, size: tuple[int, int], **more: object) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, "white").save(held, KINDS[kind], **more)
    return held.getvalue()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_real_picture_is_taken(kind: str) -> None:
    data = picture(kind, (320, 200))
    assert media_type(data) == kind
    assert not too_large(data, kind)


def png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(60_000, 60_000), "image/png"),
        (b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(20), "image/gif"),
        (
            picture("image/jpeg", (64, 64)).replace(struct.pack(">HH", 64, 64), struct.pack(">HH", 65_000, 65_000), 1),
            "image/jpeg",
        ),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\xff\xff\xff\xff\xff\xff", "image/webp"),
        (b"RIFF\0\0\0\0WEBPVP8L" + bytes(4) + b"\x2f" + b"\xff\xff\xff\x0f", "image/webp"),
    ],
    ids=["png", "gif", "jpeg", "webp extended", "webp lossless"],
)
def test_a_picture_that_declares_too_many_pixels_is_refused(data: bytes, kind: str) -> None:
    assert media_type(data) == kind
    assert too_large(data, kind)


@pytest.mark.parametrize("size", [(7000, 9900), (10_000, 10_000)])
def test_a_scan_of_a3_is_taken(size: tuple[int, int]) -> None:
    assert not too_large(png(*size), "image/png")


@given(st.sampled_from(sorted(ENDINGS)), st.binary(max_size=200))
def test_any_bytes_get_an_answer(kind: str, data: bytes) -> None:
    assert too_large(data, kind) in (True, False)
