"""Defines phrases, and reads those that a new centre starts with (phrases.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final

from callcenter.calls.phrases.errors import BadPhrases

MOST_PHRASES: Final = 300
LONGEST: Final = 1000
_KEY: Final = re.compile(r"\w{1,20}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """`key` is what an agent types after two colons; `texts` by language."""

    key: str
    texts: Mapping[str, str] = field(default_factory=dict)


def check_phrases(phrases: Sequence[Phrase]) -> None:
    """Raises BadPhrases: keys are unique and typed without a space, texts are not empty."""
    if len({phrase.key for phrase in phrases}) < len(phrases):
        raise BadPhrases("a key is used twice", field="key")
    for phrase in phrases:
        if not _KEY.fullmatch(phrase.key):
            raise BadPhrases("a key is 1 to 20 letters, digits and _", field="key")
        if not phrase.texts or not all(text.strip() for text in phrase.texts.values()):
            raise BadPhrases("each phrase has a text", field="texts")


@cache
def standard_phrases() -> tuple[Phrase, ...]:
    source = files("callcenter.calls").joinpath("phrases", "phrases.toml").read_text("utf-8")
    phrases = tuple(Phrase(each["key"], each["texts"]) for each in tomllib.loads(source)["phrases"])
    check_phrases(phrases)
    return phrases
