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
_LOOP = re.compile(rf"(.{{2,40}}?)\1{{{REPEATS - 1},}}", re.DOTALL)


def clean_text(text: str) -> str:
    """Printable text on one line: what an engine or a server sends is not trusted to be."""
    kept = (" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    printable = "".join(char for char in kept if char == " " or unicodedata.category(char)[0] != "C")
    return re.sub(" +", " ", printable).strip()[:LONGEST_SEGMENT]


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
    found = re.findall("|".join(map(re.escape, words)), said)
    if "".join(found) != said:
        return False
    return len(found) > 1 or segment.confidence is None or segment.confidence < sure


def without_loop(text: str) -> str:
    """A piece that is repeated four times or more is kept once: a decoder that went round in circles."""
    return _LOOP.sub(r"\1", text)


def cleaned(segments: Iterable[Segment], hot_words: Sequence[str] = (), sure: float = 0.6) -> tuple[Segment, ...]:
    """The segments worth keeping: some letters in them, no echo, no loop, in order of time."""
    found = (replace(one, text=without_loop(clean_text(one.text))) for one in segments)
    kept = [one for one in found if bare(one.text) and one.end >= one.start and not is_echo(one, hot_words, sure)]
    return tuple(sorted(kept, key=lambda one: (one.start, one.end)))
