"""Words as both databases index them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_LAST_PLAIN: Final = 0x9FCB
"""FTS5's tokenizer tables end with Unicode 6.1; later characters would be treated as punctuation."""


def joined(pieces: Iterable[str]) -> str:
    return " ".join(map(spelled, pieces))


def spelled(piece: str) -> str:
    """Letters for the characters that FTS5's tokenizer does not know; rare names contain them."""
    if piece.isascii():
        return piece
    return "".join(char if ord(char) <= _LAST_PLAIN else f"x{ord(char):06x}" for char in piece)
