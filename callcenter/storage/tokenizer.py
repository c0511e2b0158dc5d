"""Tokenises text for search: words in spaced scripts, pairs of adjacent characters where no spaces are written. Pure.

Chinese has no spaces, and PostgreSQL and SQLite split it differently or not at all. So we split, the same for both:
`薯片受潮` is found by `薯片`, `片受`, `受潮` and `潮`. A query is split in the same way; a text with all its pieces
then checked for the words as they were written, because pieces may also be far apart.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

MOST_PIECES: Final = 50_000
"""Different pieces of one text; a tsvector holds a megabyte, more than any meaningful text has."""
MOST_WORDS: Final = 10
LONGEST_WORD: Final = 40
AROUND: Final = 30
"""Characters shown on each side of a place."""
_DENSE: Final = (
    (0x2E80, 0x2FDF),
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3040, 0x30FF),
    (0x3105, 0x312F),
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
"""Unicode blocks that are written without spaces: ideographs, kana, bopomofo."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`begins` makes it a prefix search."""

    text: str
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A search: `words` as the user wrote them, folded, and the pieces that an index knows."""

    words: tuple[str, ...]
    pieces: tuple[Piece, ...]

    def matches(self, text: str) -> bool:
        """Whether this folded text has every word as it was written."""
        return all(word in text for word in self.words)


def folded(text: str) -> str:
    """The text without differences of case and width, character by character, so that offsets stay valid."""
    return "".join(_fold(char) for char in text)


def _fold(char: str) -> str:
    plain = unicodedata.normalize("NFKC", char).lower()
    return plain if len(plain) == 1 else char.lower() if len(char.lower()) == 1 else char


def pieces_of(text: str) -> list[str]:
    """The distinct pieces that a text is found by, in order of occurrence, MOST_PIECES at most."""
    pieces: dict[str, None] = {}
    for run in _runs(folded(text)):
        for piece in _pairs(run) if _is_dense(run[0]) else (run[:LONGEST_WORD],):
            pieces[piece] = None
        if len(pieces) >= MOST_PIECES:
            break
    return list(pieces)[:MOST_PIECES]


def query_of(text: str) -> Query:
    """Parse a user's input; without a letter or digit there is nothing to search for, and no piece."""
    words = tuple(dict.fromkeys(folded(text).split()))[:MOST_WORDS]
    pieces = dict.fromkeys(piece for word in words for run in _runs(word) for piece in _asked(run))
    return Query(words, tuple(pieces))


def place_in(text: str, query: Query) -> int | None:
    """The offset of the query's first word in the text, in characters."""
    plain = folded(text)
    places = [at for word in query.words if (at := plain.find(word)) >= 0]
    return min(places, default=None)


def around(text: str, query: Query) -> str:
    """The text around the first match, to be shown in a list; its beginning if nothing matches."""
    at = place_in(text, query) or 0
    start, end = max(0, at - AROUND), min(len(text), at + len(max(query.words, key=len, default="")) + AROUND)
    return ("…" if start else "") + " ".join(text[start:end].split()) + ("…" if end < len(text) else "")


def _asked(run: str) -> Iterator[Piece]:
    if not _is_dense(run[0]):
        yield Piece(run[:LONGEST_WORD], begins=True)
    elif len(run) == 1:
        yield Piece(run, begins=True)
    else:
        yield from (Piece(first + second) for first, second in pairwise(run))


def _pairs(run: str) -> Iterator[str]:
    yield from (first + second for first, second in pairwise(run))
    yield run[-1]


def _runs(text: str) -> Iterator[str]:
    """Runs of letters and digits, each of one kind of script."""
    start, kind = 0, None
    for at, char in enumerate(text):
        now = _is_dense(char) if char.isalnum() else None
        if now is not kind:
            if kind is not None:
                yield text[start:at]
            start, kind = at, now
    if kind is not None:
        yield text[start:]


def _is_dense(char: str) -> bool:
    code = ord(char)
    return code >= _DENSE[0][0] and any(first <= code <= last for first, last in _DENSE)
