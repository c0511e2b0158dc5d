"""Loads word lists (phrases by kind, per language or dialect, versioned) and finds their phrases in a text. Pure.

A list is a TOML file; a dialect `extends` its language and adds to it. A phrase may have exceptions: words that contain
it and mean something else (请 in 请假).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import Any

from callcenter.errors import Invalid


class Kind(StrEnum):
    NAME = "name"
    PLEASE = "please"
    POLITE_YOU = "polite_you"
    GOODBYE = "goodbye"
    APOLOGY = "apology"
    COMPLAINT = "complaint"
    """Phrases in the caller's words that make C3 apply. The caller is never judged."""
    CURT = "curt"
    SHIRKING = "shirking"
    BLAMING = "blaming"


class BadWordList(Invalid):
    code = "bad_word_list"


@dataclass(frozen=True, slots=True)
class Match:
    """`at` and `end` are positions in the searched text; `phrase` is the list's own entry."""

    phrase: str
    at: int
    end: int


@dataclass(frozen=True, slots=True)
class WordList:
    """`version` names the list and its date; every flag based on the list records it."""

    name: str
    version: str
    spaced: bool
    """Whether words are separated by spaces (English); otherwise a phrase may begin anywhere (Chinese)."""
    phrases: Mapping[Kind, tuple[str, ...]]
    unless: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)
    patterns: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)

    def find(self, kind: Kind, text: str) -> list[Match]:
        """Where phrases of a kind occur in a text, except inside an exception; ordered by position."""
        folded = fold(text, spaced=self.spaced)
        barred = [match.span() for phrase in self.unless.get(kind, ()) for match in self._search(phrase, folded)]
        matches = [
            Match(phrase, match.start(), match.end())
            for phrase in self.phrases.get(kind, ())
            for match in self._search(phrase, folded)
        ]
        matches += [
            Match(match.group(), match.start(), match.end())
            for pattern in self.patterns.get(kind, ())
            for match in re.finditer(pattern, folded)
        ]
        free = [match for match in matches if not any(start <= match.at and match.end <= end for start, end in barred)]
        # A phrase within a longer match is the same words and counts once.
        whole = [match for match in free if not any(_within(match, other) for other in free)]
        return sorted(set(whole), key=lambda match: (match.at, match.phrase))

    def has(self, kind: Kind, text: str) -> bool:
        return bool(self.find(kind, text))

    def _search(self, phrase: str, folded: str) -> list[re.Match[str]]:
        words = re.escape(fold(phrase, spaced=self.spaced))
        return list(re.finditer(rf"\b{words}\b" if self.spaced else words, folded))


def _within(match: Match, other: Match) -> bool:
    return other.at <= match.at and match.end <= other.end and (match.at, match.end) != (other.at, other.end)


def fold(text: str, *, spaced: bool) -> str:
    """Lower case, one form of each character, no punctuation; in Chinese no spaces either."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    if spaced:
        return re.sub(r"[^\w' ]+|\s+", " ", folded).strip()
    return "".join(char for char in folded if char.isalnum())


def names_company(text: str, names: Sequence[str], *, spaced: bool) -> bool:
    """Whether one of the company's names is spoken; one character in four may be misheard."""
    heard = fold(text, spaced=spaced).replace(" ", "")
    folded_names = [fold(name, spaced=spaced).replace(" ", "") for name in names]
    return any(name and _nearly_in(name, heard) for name in folded_names)


def _nearly_in(name: str, heard: str) -> bool:
    """Whether `name` occurs in `heard` with at most len/4 characters changed, missing or added (Sellers 1980)."""
    allowed = len(name) // 4
    row = list(range(len(name) + 1))
    if row[-1] <= allowed:
        return True
    for char in heard:
        last, row[0] = row[0], 0
        for place, letter in enumerate(name, 1):
            last, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, last + (letter != char))
        if row[-1] <= allowed:
            return True
    return False


def word_list(text: str, base: WordList | None = None) -> WordList:
    """Read a list from TOML, over the list that it extends. Raises BadWordList."""
    try:
        document = tomllib.loads(text)
        own = {Kind(name): table for name, table in document.get("phrases", {}).items()}
        patterns = _table(base.patterns if base else {}, own, "patterns")
        for pattern in (pattern for several in patterns.values() for pattern in several):
            re.compile(pattern)
        return WordList(
            str(document["name"]),
            f"{document['name']} {document['version']}" + (f" + {base.version}" if base else ""),
            base.spaced if base else bool(document["spaced"]),
            _table(base.phrases if base else {}, own, "words"),
            _table(base.unless if base else {}, own, "unless"),
            patterns,
        )
    except (tomllib.TOMLDecodeError, KeyError, ValueError, re.error) as error:
        raise BadWordList(f"not a word list: {error}") from error


def _table(base: Mapping[Kind, tuple[str, ...]], own: Mapping[Kind, Any], name: str) -> dict[Kind, tuple[str, ...]]:
    return {kind: (*base.get(kind, ()), *(str(phrase) for phrase in own.get(kind, {}).get(name, ()))) for kind in Kind}


def load(name: str) -> WordList:
    """Load one of the centre's lists by name, such as zh-CN-hunan. Raises BadWordList."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,40}", name):
        raise BadWordList(f"no word list is called {name[:40]!r}", name=name[:40])
    path = files("recordings.courtesy") / "lists" / f"{name}.toml"
    if not path.is_file():
        raise BadWordList(f"no word list is called {name!r}", name=name)
    text = path.read_text(encoding="utf-8")
    extends = tomllib.loads(text).get("extends")
    return word_list(text, load(extends) if extends else None)
