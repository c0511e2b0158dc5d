"""Detects a file's type from its first bytes; its name and the browser's content type are not trusted. Pure."""

from __future__ import annotations

from typing import Final

PDF: Final = "application/pdf"
MAGIC: Final = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"%PDF-", 0, PDF),
    (b"ftypheic", 4, "image/heic"),
)
ENDINGS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/heic": "heic",
    PDF: "pdf",
}


def media_type(data: bytes) -> str | None:
    """Returns the type of a photo or scan; None for anything else, which is rejected."""
    return next((kind for magic, at, kind in MAGIC if data[at : at + len(magic)] == magic), None)


def safe_title(name: str) -> str:
    """Turns a file name into a title: no paths, no control characters, limited length."""
    last = name.replace("\\", "/").rpartition("/")[2]
    printable = "".join(sign if sign.isprintable() else " " for sign in last).strip(" .")
    return printable[:120] or "file"
