"""Reads a text file that is named on the command line."""

from __future__ import annotations

from pathlib import Path

import typer


def text_of(file: Path) -> str:
    """The text, without a byte order mark. Raises BadParameter for a file in another encoding, such as GBK."""
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{file} is not UTF-8; save it as UTF-8") from None
