"""Parses a prompt's text into parts: words, which are recorded, and slots, which are composed at playing time. Pure.

A slot is written `{name:kind}`, as in "您前面还有{ahead:count}位". The kinds are those of `values.KINDS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ivr.prompts.errors import BadPromptText
from ivr.prompts.values import KINDS

LONGEST_TEXT: Final = 500
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_SLOT: Final = re.compile(r"\{([a-z_]{1,40}):([a-z_]{1,20})\}")


@dataclass(frozen=True, slots=True)
class Words:
    """A part that is recorded; `sound` is the name of its recording."""

    sound: str
    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A part that is composed of a value."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Punctuation alone between two values: without a pause one runs into the other and neither is understood."""


Part = Words | Slot | Pause


def parse(name: str, text: str) -> tuple[Part, ...]:
    """The parts of a text. A text without slots is one recording of the prompt's own name, else `name-1`, `name-2`...

    Raises BadPromptText.
    """
    if not _NAME.fullmatch(name):
        raise BadPromptText("a prompt's name has lower-case letters, digits and _", prompt=name[:60])
    if len(text) > LONGEST_TEXT:
        raise BadPromptText("a prompt's text is too long", prompt=name, longest=LONGEST_TEXT)
    pieces = _SLOT.split(text)
    words, slots = pieces[0::3], list(zip(pieces[1::3], pieces[2::3], strict=True))
    if any("{" in word or "}" in word for word in words):
        raise BadPromptText("a placeholder looks like {ahead:count}", prompt=name)
    if unknown := [kind for _, kind in slots if kind not in KINDS]:
        raise BadPromptText("this kind of value cannot be read aloud", prompt=name, kind=unknown[0])
    parts: list[Part] = []
    spoken = 0
    for place, word in enumerate(words):
        if any(char.isalnum() for char in word):
            spoken += 1
            parts.append(Words(f"{name}-{spoken}" if slots else name, word.strip()))
        elif 0 < place < len(slots) and word.strip():
            parts.append(Pause())
        if place < len(slots):
            parts.append(Slot(*slots[place]))
    if not parts:
        raise BadPromptText("a prompt has a text", prompt=name)
    return tuple(parts)
