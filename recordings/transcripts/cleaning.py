"""Removes what an engine invents: echoes of the hot words, loops, invisible characters. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from recordings.transcripts.model import Segment

LONGEST_SEGMENT = 4000
"""In characters; no one says more in one breath, and a server's answer must not fill the database."""
REPEATS = 4
_DRONE = re.compile(r"(.)\1{4,}", re.DOTALL)
_LOOP = re.compile(rf"(.{{2,40}}?)\1{{{REPEATS - 1},}}", re.DOTALL)


def clean_text(text: str) -> str:
    """Printable text on one line: an engine's or a server's output is untrusted."""
    characters = (" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    printable = "".join(char for char in characters if char == " " or _shows(char))
    return re.sub(" +", " ", printable).strip()[:LONGEST_SEGMENT]


def _shows(char: str) -> bool:
    return unicodedata.category(char)[0] != "C" and char != "\N{REPLACEMENT CHARACTER}"


def bare(text: str) -> str:
    """Letters, digits and characters only, case-folded: the form in which two texts are compared."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def is_echo(segment: Segment, hot_words: Sequence[str], sure: float) -> bool:
    """Whether a segment only repeats the hot words, as engines do on noise and silence.

    Two or more of them with nothing between is a list, which no one says; a single one may be real speech, and counts
    as an echo only when the engine's own confidence is low.
    """
    words = sorted({bare(word) for word in hot_words} - {""}, key=len, reverse=True)
    spoken = bare(segment.text)
    if not words or not spoken:
        return False
    repeated = re.findall("|".join(map(re.escape, words)), spoken)
    if "".join(repeated) != spoken:
        return False
    return len(repeated) > 1 or segment.confidence is None or segment.confidence < sure


def without_loop(text: str) -> str:
    """Keep once a piece repeated four times or more, or a character five times: the decoder looped."""
    return _LOOP.sub(r"\1", _DRONE.sub(r"\1", text))


def respelled(text: str, hot_words: Sequence[str]) -> str:
    """Correct words that nearly match a hot word to its spelling: one character in four may differ.

    Engines mishear names; with this a search for the name finds them. Words under four characters are left alone: with
    one of three changed they are too often a different word.
    """
    for word in hot_words:
        allowed = len(word) // 4
        if not allowed or not bare(word):
            continue
        at = 0
        while at + len(word) <= len(text):
            piece = text[at : at + len(word)]
            if 0 < _changed(piece, word) <= allowed and _is_word(text, at, len(word)):
                text = text[:at] + word + text[at + len(word) :]
                at += len(word)
            else:
                at += 1
    return text


def _changed(piece: str, word: str) -> int:
    """How many places differ; a piece with punctuation where the word has a letter is no mishearing of it."""
    # Character by character: folding a whole text may lengthen it (the German sharp s becomes two letters).
    pairs = [(char.casefold(), other.casefold()) for char, other in zip(piece, word, strict=True)]
    if any(char.isalnum() != other.isalnum() for char, other in pairs):
        return len(word)
    return sum(char != other for char, other in pairs)


def _is_word(text: str, at: int, length: int) -> bool:
    """In scripts with spaces only a whole word is replaced, never the middle of a longer one."""
    edges = [(at - 1, at), (at + length - 1, at + length)]
    return not any(
        0 <= place and other < len(text) and _spaced(text[place]) and _spaced(text[other]) for place, other in edges
    )


def _spaced(char: str) -> bool:
    return char.isascii() and char.isalnum()


def cleaned(segments: Iterable[Segment], hot_words: Sequence[str] = (), sure: float = 0.6) -> tuple[Segment, ...]:
    """The segments to keep: containing letters, no echo, no loop, in order of time."""
    plain = (replace(segment, text=without_loop(clean_text(segment.text))) for segment in segments)
    heard = [
        segment
        for segment in plain
        if bare(segment.text) and segment.end >= segment.start and not is_echo(segment, hot_words, sure)
    ]
    corrected = [replace(segment, text=respelled(segment.text, hot_words)) for segment in heard]
    return tuple(sorted(corrected, key=lambda segment: (segment.start, segment.end)))
