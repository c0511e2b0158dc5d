"""What an engine invents is taken out of what it heard: echoes of the hot words, loops, characters that hide. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from recordings.transcripts.model import Segment

LONGEST_SEGMENT = 4000
"""Characters; nobody says more in one breath, and a server's answer must not fill the database."""
REPEATS = 4
_DRONE = re.compile(r"(.)\1{4,}", re.DOTALL)
_LOOP = re.compile(rf"(.{{2,40}}?)\1{{{REPEATS - 1},}}", re.DOTALL)


def clean_text(text: str) -> str:
    """Printable text on one line: what an engine or a server sends is not trusted to be."""
    kept = (" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    printable = "".join(char for char in kept if char == " " or _shows(char))
    return re.sub(" +", " ", printable).strip()[:LONGEST_SEGMENT]


def _shows(char: str) -> bool:
    return unicodedata.category(char)[0] != "C" and char != "\N{REPLACEMENT CHARACTER}"


def bare(text: str) -> str:
    """Letters, digits and characters only, folded: two texts that sound alike are compared by it."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def is_echo(segment: Segment, hot_words: Sequence[str], sure: float) -> bool:
    """Whether a segment is only the hot words given back, as engines do on noise and silence.

    Two or more of them with nothing between is a list, which nobody says; a single one may well be said, and
    is an echo only where the engine itself was not sure.
    """
    words = sorted({bare(word) for word in hot_words} - {""}, key=len, reverse=True)
    said = bare(segment.text)
    if not words or not said:
        return False
    findall = re.findall("|".join(map(re.escape, words)), said)
    if "".join(findall) != said:
        return False
    return len(findall) > 1 or segment.confidence is None or segment.confidence < sure


def without_loop(text: str) -> str:
    """A piece repeated four times or more, a character five times, is kept once: the decoder ran in circles."""
    return _LOOP.sub(r"\1", _DRONE.sub(r"\1", text))


def respelled(text: str, hot_words: Sequence[str]) -> str:
    """Words that are nearly a hot word, spelled like it: one character in four may be another one.

    Engines mishear names; whoever searches for one finds it then. Words under four characters are left alone,
    for with one of three changed they are too often another word.
    """
    for word in hot_words:
        allowed = len(word) // 4
        if not allowed or not bare(word):
            continue
        at = 0
        while at + len(word) <= len(text):
            piece = text[at : at + len(word)]
            if 0 < _changed(piece, word) <= allowed and _whole(text, at, len(word)):
                text = text[:at] + word + text[at + len(word) :]
                at += len(word)
            else:
                at += 1
    return text


def _changed(piece: str, word: str) -> int:
    """Places that differ; a piece with punctuation where the word has a letter is no mishearing of it."""
    # Sign by sign: folded as a whole, a text may grow (the German sharp s becomes two letters).
    pairs = [(entry.casefold(), other.casefold()) for entry, other in zip(piece, word, strict=True)]
    if any(entry.isalnum() != other.isalnum() for entry, other in pairs):
        return len(word)
    return sum(entry != other for entry, other in pairs)


def _whole(text: str, at: int, length: int) -> bool:
    """In scripts with spaces a word is replaced as a whole, not the middle of a longer one."""
    edges = [(at - 1, at), (at + length - 1, at + length)]
    return not any(
        0 <= entry and other < len(text) and _spaced(text[entry]) and _spaced(text[other]) for entry, other in edges
    )


def _spaced(char: str) -> bool:
    return char.isascii() and char.isalnum()


def cleaned(segments: Iterable[Segment], hot_words: Sequence[str] = (), sure: float = 0.6) -> tuple[Segment, ...]:
    """The segments worth keeping: some letters in them, no echo, no loop, in order of time."""
    result = (replace(segment, text=without_loop(clean_text(segment.text))) for segment in segments)
    heard = [
        entry
        for entry in result
        if bare(entry.text) and entry.end >= entry.start and not is_echo(entry, hot_words, sure)
    ]
    kept = [replace(entry, text=respelled(entry.text, hot_words)) for entry in heard]
    return tuple(sorted(kept, key=lambda entry: (entry.start, entry.end)))
